"""Telling a full disk from other failures."""

import contextlib
import errno
import shutil
import sqlite3
from pathlib import Path

FULL = "The disk is full: there is no room for what the run writes."
LEAST_BYTES = 512 << 10
"""With less than this a run cannot go on."""
_SIGNS = (f"[Errno {errno.ENOSPC}]", "No space left on device", "database or disk is full")


def is_full(folder: Path) -> bool:
    """Whether there is no room left where a folder is."""
    try:
        return shutil.disk_usage(folder).free < LEAST_BYTES
    except OSError:
        return False


def tells_of_full_disk(text: str) -> bool:
    """Whether a message says that there was no room left."""
    return any(sign in text for sign in _SIGNS)


def is_for_want_of_space(error: BaseException | None) -> bool:
    """Whether an error, or what caused it, is that there was no room left."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
            return True
        if isinstance(error, sqlite3.Error) and tells_of_full_disk(str(error)):
            return True
        error = error.__cause__ or error.__context__
    return False


class Reserve:
    """Room that is given back when the disk is full, so that a run can still note its end.

    Args:
        folder: Where to.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / ".reserve"
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            self._path.write_bytes(bytes(LEAST_BYTES // 2))

    def give_back(self) -> None:
        """Free the room."""
        self._path.unlink(missing_ok=True)
