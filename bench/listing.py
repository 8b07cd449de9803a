"""Measures the first page of a large bucket: `python -m bench.listing [objects]`.

At an S3 endpoint against the raw client on the same server in turns, and in a folder against
reading the folder once. The memory is what the process grew by at its peak while it paged through.
The target is at most 1.2 times the raw client's time for the first page.
"""

import io
import itertools
import os
import resource
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from backends.store_folder import FolderStore
from backends.store_s3 import S3Store
from backends.store_s3_client import connect
from core.objects import ObjectStore
from tests.minio_server import any_server, server_in_words

OBJECTS = 100_000
PAGE = 1_000
ROUNDS = 9
TARGET = 1.2
FOLDERS = 100


def fill_server(client: object, objects: int) -> None:
    """Store many small objects: as archives that the server unpacks, or one by one."""
    names = [_key(number, objects) for number in range(objects)]
    for some in _batched(names, 5_000):
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for name in some:
                entry = tarfile.TarInfo(name)
                entry.size = 8
                tar.addfile(entry, io.BytesIO(b"content\n"))
        content = archive.getvalue()
        client.put_object(  # type: ignore[attr-defined]  # a minio client
            "listing",
            "archive.tar",
            io.BytesIO(content),
            len(content),
            metadata={"X-Amz-Meta-Snowball-Auto-Extract": "true"},
        )


def fill_folder(root: Path, objects: int) -> None:
    """Write as many small files."""
    for number in range(objects):
        path = root / "listing" / _key(number, objects)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"content\n")


def in_turns(cases: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the median seconds of each, measured in turns."""
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for round_ in range(ROUNDS + 1):
        for name, case in cases.items():
            began = time.perf_counter()
            case()
            if round_:
                seconds[name].append(time.perf_counter() - began)
    return {name: statistics.median(values) for name, values in seconds.items()}


def page_through(store: ObjectStore, pages: int) -> int:
    """Read page after page and return how many objects came."""
    count, cursor = 0, ""
    for _ in range(pages):
        page = store.list("listing", limit=PAGE, cursor=cursor)
        count += len(page)
        cursor = page.cursor
        if not page.has_more:
            break
    return count


def grown_mebibytes(work: str) -> float:
    """Return by how much a process of its own grows at its peak while it works."""
    program = (
        "import resource\n"
        "from pathlib import Path\n"
        "from bench.listing import page_through\n"
        f"{work}\n"
        "store.list('listing', limit=1)\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "page_through(store, 20)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    return int(done.stdout) / 1024


def main() -> int:
    """Print times, ratios and memory; 1 if the first page takes longer than it may."""
    objects = int(sys.argv[1]) if len(sys.argv) > 1 else OBJECTS
    with tempfile.TemporaryDirectory() as folder, any_server() as settings:
        print(server_in_words().replace("live tests", "this measurement"))
        client = connect(settings)
        client.make_bucket("listing")
        fill_server(client, objects)
        store = S3Store(settings, Path(folder, "transfers"))
        medians = in_turns(
            {
                "raw client": lambda: list(
                    itertools.islice(client.list_objects("listing", recursive=True), PAGE)
                ),
                "S3 store": lambda: store.list("listing", limit=50),
            }
        )
        raw, ours = medians.values()
        for name, value in medians.items():
            print(f"{name:<11} first page of {objects:,} objects: {value * 1000:6.1f} ms")
        print(f"ratio {ours / raw:.2f} (target: at most {TARGET:g})")
        here = FolderStore(Path(folder, "objects"))
        fill_folder(here.root, objects)
        here.list("listing", limit=50)
        medians = in_turns(
            {
                "walk": lambda: sum(len(files) for _, _, files in os.walk(here.root / "listing")),
                "folder store": lambda: here.list("listing", limit=50),
            }
        )
        walk, folder_page = medians.values()
        print(
            f"folder store first page: {folder_page * 1000:.0f} ms, with an exact total;"
            f" reading the folder once takes {walk * 1000:.0f} ms"
        )
        grown = grown_mebibytes(
            "from backends.store_folder import FolderStore\n"
            f"store = FolderStore(Path({str(here.root)!r}))"
        )
        print(f"20 pages of {PAGE:,} from the folder: {grown:.0f} MiB more memory at the peak")
        key, secret = (settings.access_key, settings.secret_key)
        grown = grown_mebibytes(
            "from backends.store_s3 import S3Store\n"
            "from core.services import S3Settings\n"
            f"store = S3Store(S3Settings(kind='s3', endpoint={settings.endpoint!r},"
            f" access_key={key.get_secret_value()!r}, secret_key={secret.get_secret_value()!r}),"
            f" Path({folder!r}))"
        )
        print(f"20 pages of {PAGE:,} from the S3 store: {grown:.0f} MiB more memory at the peak")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"(this process: {peak} MiB)")
    return int(ours / raw > TARGET)


def _key(number: int, objects: int) -> str:
    each = max(1, objects // FOLDERS)
    return f"part-{number // each:03}/file-{number % each:05}.csv"


def _batched(names: list[str], size: int) -> list[list[str]]:
    return [names[start : start + size] for start in range(0, len(names), size)]


if __name__ == "__main__":
    sys.exit(main())
