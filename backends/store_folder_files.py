"""How the folder store touches files: whole or not at all, without links, errors in words."""

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from backends.store_names import check_key
from core.errors import RequestError, UnavailableError

BLOCK_BYTES = 1 << 20

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file would be too large",
    errno.EROFS: "the disk is read-only",
    errno.EACCES: "permission is denied",
    errno.EPERM: "permission is denied",
}


@contextlib.contextmanager
def explained(what: str) -> Iterator[None]:
    """Say what could not be reached and why, where a disk refuses."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, error.strerror or "the disk does not answer")
        raise UnavailableError(
            f"Could not reach {what}: {reason}.", hint="Look at the disk that holds the objects."
        ) from error


def inside(root: Path, bucket: str, key: str) -> Path:
    """Return the path of a key, once it is sure that it stays inside its bucket.

    Raises:
        RequestError: The key cannot be one, or leads out through a link.
    """
    check_key(key)
    path = root / bucket
    for part in ("", *key.split("/")):
        path = path / part
        if path.is_symlink():
            raise RequestError(
                f"{bucket}/{key} leads through a link out of its bucket.",
                hint="Use a key without links in its path.",
            )
    return path


def keep(path: Path, place: Path) -> None:
    """Give a file a second place, so that a new one can be renamed over the first."""
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, place, follow_symlinks=False)
    except FileNotFoundError:
        raise
    except OSError:
        # Not every file system knows hard links.
        _copy(path, place)


def _copy(path: Path, place: Path) -> None:
    with open(path, "rb", opener=without_links) as source, place.open("xb") as target:
        while block := source.read(BLOCK_BYTES):
            target.write(block)
        target.flush()
        os.fsync(target.fileno())


def file_at(path: Path) -> os.stat_result | None:
    """Describe a file, unless somebody deleted it a moment ago."""
    try:
        return os.lstat(path)
    except FileNotFoundError:
        return None


def without_links(path: str, flags: int) -> int:
    """Open a file, but no symbolic link."""
    return os.open(path, flags | os.O_NOFOLLOW)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal text."""
    with open(path, "rb", opener=without_links) as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    """Make a rename in a folder outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def drop_empty(folder: Path, top: Path) -> None:
    """Remove a folder and those above it, up to another one, as long as they are empty."""
    while folder != top:
        try:
            folder.rmdir()
        except OSError:
            # Something else still lives there: this folder and those above it stay.
            return
        folder = folder.parent


def make_way(path: Path, reference: str) -> None:
    """Make the folders of an object's file, unless an object is in the way.

    Raises:
        RequestError: A part of the path is an object, or the path is a folder of some.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise RequestError(
            f"{reference} cannot be stored: a part of its path is an object itself.",
            hint="Choose another key.",
        ) from error
    if path.is_dir():
        raise RequestError(
            f"{reference} cannot be stored: there are objects below that key.",
            hint="Choose another key.",
        )
