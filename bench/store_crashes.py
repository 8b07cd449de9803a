"""Kills uploads in the middle: `python -m bench.store_crashes [uploads]`.

A process stores one object again and again, small and large, each time with content, type and tags
that belong together; it is killed with `kill -9` after a random moment. What is there afterwards
must be one of the objects that were stored, whole: never a mix, never a half, never nothing.
"""

import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from random import Random

from backends.stores import open_store
from core.objects import ObjectStore
from core.services import FolderSettings, StoreSettings
from tests.minio_server import any_server, server_in_words

UPLOADS = 50
SEED = 7
SMALL_BYTES = 200_000
LARGE_BYTES = 33 << 20
"""Three parts of an upload at an S3 endpoint."""
LONGEST_LIFE_SECONDS = 0.4
KEY = ("crashes", "folder/object.bin")
LETTERS = b"abcdefgh"


def store_again_and_again(settings: StoreSettings, home: Path, size: int, started: Path) -> None:
    """Store one letter after the other until somebody ends it."""
    store = open_store(settings, home)
    while True:
        for letter in LETTERS:
            _put(store, letter, size)
            started.touch()


def outcome(store: ObjectStore) -> str:
    """Return what an object is after a crash: `whole`, or what is wrong with it."""
    found = store.stat(*KEY)
    content = store.read(*KEY)
    letter = content[:1]
    if len(content) != found.bytes or content != letter * len(content):
        return "mixed content"
    if len(content) not in {SMALL_BYTES, LARGE_BYTES}:
        return "half an object"
    expected = (f"text/x-{letter.decode()}", {"letter": letter.decode()})
    return "whole" if (found.content_type, found.tags) == expected else "tags of another content"


def crash(settings: StoreSettings, home: Path, uploads: int, random: Random) -> Counter[str]:
    """Kill as many uploads and count what came of them."""
    counted: Counter[str] = Counter()
    # Forking a process that imported everything lets it be killed at its work, not at its start.
    context = multiprocessing.get_context("fork")
    for number in range(uploads):
        _put(open_store(settings, home), LETTERS[number % 8], SMALL_BYTES)
        started = home / f"started-{number}"
        size = LARGE_BYTES if number % 2 else SMALL_BYTES
        process = context.Process(
            target=store_again_and_again, args=(settings, home, size, started), daemon=True
        )
        process.start()
        deadline = time.monotonic() + 30
        while number % 3 and not started.exists() and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(random.random() * LONGEST_LIFE_SECONDS)
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        store = open_store(settings, home)
        counted[outcome(store)] += 1
        listed = [item.key for item in store.list(KEY[0])]
        if listed != [KEY[1]]:
            counted[f"listed as {listed}"] += 1
    return counted


def _put(store: ObjectStore, letter: int, size: int) -> None:
    name = chr(letter)
    store.put(*KEY, bytes([letter]) * size, content_type=f"text/x-{name}", tags={"letter": name})


def main() -> int:
    """Print what came of the uploads in a folder and at an S3 endpoint; 1 if any was not whole."""
    uploads = int(sys.argv[1]) if len(sys.argv) > 1 else UPLOADS
    failed = False
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        places: dict[str, StoreSettings] = {
            "folder": FolderSettings(),
            "S3": stack.enter_context(any_server()),
        }
        print(server_in_words().replace("live tests", "this measurement"))
        for name, settings in places.items():
            home = Path(folder, name)
            home.mkdir()
            counted = crash(settings, home, uploads, Random(SEED))
            said = ", ".join(f"{count} {what}" for what, count in counted.most_common())
            print(f"{name:<7} {uploads} uploads killed: {said} (target: {uploads} whole)")
            failed = failed or counted != Counter({"whole": uploads})
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
