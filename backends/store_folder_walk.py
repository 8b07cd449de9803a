"""Walks the files of a bucket's folder: all of them, or in the order of their keys."""

import heapq
import os
from collections.abc import Iterator
from pathlib import Path

from backends.store_folder_files import file_at
from backends.store_folder_index import moment
from core.objects import Bucket

FIRST_BATCH = 1_024
LATER_BATCH = 16_384
"""Names of one folder that are held at a time; the first page of a list needs no more."""


def keys(folder: Path, prefix: str = "", below: str = "") -> Iterator[str]:
    """Yield the keys below a bucket's folder as they come, entering only what fits the prefix."""
    for name in _names(folder / below):
        key = f"{below}{name}"
        if not _can_hold(key, prefix, ""):
            continue
        if name.endswith("/"):
            yield from keys(folder, prefix, key)
        else:
            yield key


def keys_in_order(folder: Path, prefix: str = "", after: str = "") -> Iterator[str]:
    """Yield the keys below a prefix and behind another key, smallest first.

    However many files a folder holds, only a bounded number of their names is kept: a batch is
    taken from a pass over the folder, and the next from another pass.
    """
    return _ordered(folder, "", prefix, after)


def folders(root: Path) -> Iterator[str]:
    """Yield the names of the folders right below one; links are none."""
    with os.scandir(root) as entries:
        yield from (entry.name for entry in entries if entry.is_dir(follow_symlinks=False))


def counted(folder: Path) -> Bucket:
    """Return a bucket with what is in its folder."""
    objects = size = newest_ns = 0
    for key in keys(folder):
        file = file_at(folder / key)
        if file is not None:
            objects, size = objects + 1, size + file.st_size
            newest_ns = max(newest_ns, file.st_mtime_ns)
    newest = moment(newest_ns) if objects else None
    return Bucket(name=folder.name, objects=objects, bytes=size, newest=newest)


def _ordered(folder: Path, below: str, prefix: str, after: str) -> Iterator[str]:
    last, size = "", FIRST_BATCH
    while True:
        batch = heapq.nsmallest(
            size,
            (
                name
                for name in _names(folder / below)
                if name > last and _can_hold(f"{below}{name}", prefix, after)
            ),
        )
        for name in batch:
            key = f"{below}{name}"
            if name.endswith("/"):
                yield from _ordered(folder, key, prefix, after)
            else:
                yield key
        if len(batch) < size:
            return
        last, size = batch[-1], LATER_BATCH


def _names(folder: Path) -> Iterator[str]:
    """Yield the names in a folder, those of folders with a slash, as keys are sorted."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                # A name that is no text, or holds control characters, cannot be a key.
                if not entry.name.isprintable():
                    continue
                if entry.is_file(follow_symlinks=False):
                    yield entry.name
                elif entry.is_dir(follow_symlinks=False):
                    yield f"{entry.name}/"
    except FileNotFoundError:
        return


def _can_hold(key: str, prefix: str, after: str) -> bool:
    """Whether a key, or one below a folder, lies below the prefix and behind `after`."""
    if key.endswith("/"):
        fits = key.startswith(prefix) or prefix.startswith(key)
        return fits and (key > after or after.startswith(key))
    return key.startswith(prefix) and key > after
