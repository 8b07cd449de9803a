"""Clearing away what ended runs left behind and nobody will use."""

import contextlib
import os
import shutil
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

KEPT_DAYS = 7
"""How long the tasks' files of a run, staged inputs and cached results are kept unused; as long, a
retry can reuse what succeeded."""
KEPT_BYTES = 20 << 30
"""Above this, older files go before their time, but never those of the last day."""
LEAST_SECONDS = 24 * 3600
PAUSE_SECONDS = 3600
"""How long after a sweep the next one may be."""


def mark_used(path: Path) -> None:
    """Note that a file below a run's folder is in use again, so that the folder is kept."""
    for folder in path.parents:
        if folder.parent.name == "work":
            with contextlib.suppress(OSError):
                os.utime(folder)
            return


def sweep(home: Path, open_runs: Collection[str], code: str) -> None:
    """Remove files that were not used for a while.

    Args:
        home: Where runs keep their files.
        open_runs: Runs that have not ended; nothing is removed that is younger than they may be.
        code: The part of the cache that is valid now.
    """
    stamp = home / ".swept"
    if _age(stamp) < PAUSE_SECONDS:
        return
    with contextlib.suppress(Timeout), FileLock(home / ".sweeping", timeout=0):
        stamp.touch()
        # What is staged or cached may be in use by a run that has been at work for long.
        busy = bool(open_runs)
        unused = KEPT_DAYS * 24 * 3600 * (2 if busy else 1)
        candidates = [
            *(run for run in _folders(home / "work") if run.name not in open_runs),
            *_folders(home / "staging"),
            *(part for part in _folders(home / "cache") if part.name != code),
        ]
        aged = sorted(((_age(folder), folder) for folder in candidates), reverse=True)
        total = sum(_bytes(folder) for _, folder in aged)
        for age, folder in aged:
            if age > unused or (total > KEPT_BYTES and age > LEAST_SECONDS and not busy):
                total -= _bytes(folder)
                shutil.rmtree(folder, ignore_errors=True)
        _drop_old_files(home / "cache" / code, unused)
        _drop_old_files(home / "staging", LEAST_SECONDS)


def _drop_old_files(folder: Path, seconds: float) -> None:
    for path in folder.glob("*"):
        if path.is_file() and _age(path) > seconds:
            path.unlink(missing_ok=True)


def _folders(folder: Path) -> Iterator[Path]:
    return (path for path in folder.glob("*") if path.is_dir() and not path.is_symlink())


def _age(path: Path) -> float:
    """Return how many seconds ago a path was used; endless if it is not there."""
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return float("inf")


def _bytes(folder: Path) -> int:
    size = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            size += path.lstat().st_size
    return size
