"""Measures large transfers beside the raw client: `python -m bench.transfers [mebibytes]`.

Up and down at an S3 endpoint against the raw client on the same server in turns, and into and out
of a folder against a plain copy. The target is at least 0.95 times the raw client's speed.
"""

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from backends.store_folder import FolderStore
from backends.store_s3 import S3Store
from backends.store_s3_client import connect
from tests.minio_server import any_server, server_in_words

MEBIBYTES = 256
ROUNDS = 5
TARGET = 0.95


def in_turns(
    cases: dict[str, Callable[[], object]], clear: Callable[[], None]
) -> dict[str, list[float]]:
    """Return the seconds of each, measured in turns after a first round that warms up."""
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for round_ in range(ROUNDS + 1):
        # Whoever comes second would profit from what the first left in the caches, or pay for it.
        order = list(cases.items())[:: 1 if round_ % 2 else -1]
        for name, case in order:
            clear()
            began = time.perf_counter()
            case()
            if round_:
                seconds[name].append(time.perf_counter() - began)
    return seconds


def report(what: str, seconds: dict[str, list[float]], size: int) -> float:
    """Print both speeds and return the ratio of ours to the reference.

    On a busy machine the medians wander; the fastest rounds are those that were disturbed least.
    """
    (reference, theirs), (own, mine) = seconds.items()
    slow, ours = statistics.median(theirs), statistics.median(mine)
    ratio = slow / ours
    mebibytes = size / (1 << 20)
    print(
        f"{what:<22} {own}: {mebibytes / ours:5.0f} MiB/s, {reference}: {mebibytes / slow:5.0f}"
        f" MiB/s, speed ratio {ratio:.2f}; of the fastest rounds {min(theirs) / min(mine):.2f}"
    )
    return ratio


def main() -> int:
    """Print speeds and ratios; 1 if the S3 store is slower than it may be."""
    mebibytes = int(sys.argv[1]) if len(sys.argv) > 1 else MEBIBYTES
    with tempfile.TemporaryDirectory() as folder, any_server() as settings:
        print(server_in_words().replace("live tests", "this measurement"))
        source, target = Path(folder, "source"), Path(folder, "target")
        with source.open("wb") as file:
            for _ in range(mebibytes):
                file.write(os.urandom(1 << 20))
        size = source.stat().st_size
        client = connect(settings)
        client.make_bucket("transfers")
        store = S3Store(settings, Path(folder, "transfers"))

        def clear() -> None:
            target.unlink(missing_ok=True)
            for one in list(client.list_objects("transfers")):
                if one.object_name != "kept":
                    client.remove_object("transfers", one.object_name)

        up = report(
            "up, S3",
            in_turns(
                {
                    "raw client": lambda: client.fput_object("transfers", "raw", str(source)),
                    "store": lambda: store.put("transfers", "ours", source),
                },
                clear,
            ),
            size,
        )
        client.fput_object("transfers", "kept", str(source))
        down = report(
            "down, S3",
            in_turns(
                {
                    "raw client": lambda: client.fget_object("transfers", "kept", str(target)),
                    "store": lambda: store.download("transfers", "kept", target),
                },
                clear,
            ),
            size,
        )
        print(f"target: at least {TARGET:g} times the raw client's speed")
        here = FolderStore(Path(folder, "objects"))
        here.put("transfers", "kept", source)

        def clear_folder() -> None:
            target.unlink(missing_ok=True)
            if (here.root / "transfers" / "ours").exists():
                here.delete("transfers", "ours")
                here.empty_trash()

        report(
            "into a folder, synced",
            in_turns(
                {
                    "plain copy and sync": lambda: _copy_and_sync(source, target),
                    "store": lambda: here.put("transfers", "ours", source),
                },
                clear_folder,
            ),
            size,
        )
        report(
            "out of a folder",
            in_turns(
                {
                    "plain copy": lambda: shutil.copyfile(source, target),
                    "store": lambda: here.download("transfers", "kept", target),
                },
                clear_folder,
            ),
            size,
        )
    return int(min(up, down) < TARGET)


def _copy_and_sync(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    with target.open("rb") as file:
        os.fsync(file.fileno())


if __name__ == "__main__":
    sys.exit(main())
