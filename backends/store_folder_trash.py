"""The trash of the folder store: files that were moved aside and can be brought back."""

import contextlib
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from backends.store_folder_files import drop_empty, file_at, sha256_of
from backends.store_folder_index import Entry, FolderIndex, IndexChange, Kept, described
from backends.store_names import content_type_of
from core.errors import RequestError, not_found
from core.objects import StoredObject, TrashedObject


def throw_away(
    root: Path,
    beside: Path,
    index: FolderIndex,
    bucket: str,
    entries: Mapping[str, Entry | None],
) -> None:
    """Move objects of a bucket to the trash.

    Where they will be is noted first: a process that ends between the two steps leaves an object
    in its bucket or one in the trash, never one that nobody knows of.

    Args:
        root: Folder that holds the buckets.
        beside: Folder for what is no object.
        index: What is known of the files.
        bucket: Where they are.
        entries: The objects by key.

    Raises:
        FileNotFoundError: The only one is not there any more.
    """
    now = datetime.now(UTC)
    thrown = [
        Kept(place=uuid.uuid4().hex[:12], bucket=bucket, key=key, entry=entry, deleted_at=now)
        for key, entry in entries.items()
    ]
    with index.changing() as change:
        change.announce_trash(thrown)
    with index.changing() as change:
        _folder(beside).mkdir(parents=True, exist_ok=True)
        moved = []
        for kept in thrown:
            path = root / bucket / kept.key
            try:
                os.replace(path, _folder(beside) / kept.place)
            except FileNotFoundError:
                if len(thrown) == 1:
                    raise
                continue
            moved.append(kept)
            drop_empty(path.parent, root / bucket)
        change.throw_away(moved)


def listed(beside: Path, index: FolderIndex) -> Sequence[TrashedObject]:
    """Return what is in the trash, the latest deleted first."""
    found = []
    for kept in index.trash():
        entry = _entry(beside, kept)
        if entry is not None and kept.deleted_at is not None:
            found.append(
                TrashedObject(
                    object=described(kept.bucket, kept.key, entry),
                    deleted_at=kept.deleted_at,
                    place=kept.place,
                )
            )
    return found


def found(beside: Path, index: FolderIndex, place: str) -> Kept:
    """Find something in the trash by its place, or by the key it had.

    Raises:
        NotFoundError: Nothing of that name is there.
    """
    there = [kept for kept in index.trash() if file_at(_folder(beside) / kept.place) is not None]
    for kept in there:
        if place in {kept.place, f"{kept.bucket}/{kept.key}"}:
            return replace(kept, entry=_entry(beside, kept))
    raise not_found("object in the trash", place, [f"{one.bucket}/{one.key}" for one in there])


def bring_back(beside: Path, change: IndexChange, kept: Kept, path: Path) -> StoredObject:
    """Move something from the trash to its key.

    Raises:
        RequestError: There is an object of that key again.
    """
    if file_at(path) is not None or kept.entry is None:
        raise RequestError(
            f"There is another object {kept.bucket}/{kept.key} now.",
            hint="Copy that one to another key and delete it first.",
        )
    os.replace(_folder(beside) / kept.place, path)
    change.bring_back(kept, kept.entry)
    return described(kept.bucket, kept.key, kept.entry)


def empty(beside: Path, index: FolderIndex, change: IndexChange) -> int:
    """Remove what is in the trash for good; return how many objects that were."""
    thrown = [kept for kept in index.trash() if file_at(_folder(beside) / kept.place)]
    needed = change.forget_trash()
    _clear(_folder(beside), set())
    _clear(beside / "versions", needed)
    return len(thrown)


def remove_folder(folder: Path) -> None:
    """Remove the folder of a bucket that holds no objects any more.

    Raises:
        RequestError: Something came into it meanwhile.
    """
    for here, folders, files in os.walk(folder, topdown=False):
        for name in (*folders, *files):
            path = Path(here, name)
            # A link is no object; what it points to is not touched.
            if path.is_symlink():
                path.unlink()
            elif path.is_dir():
                with contextlib.suppress(OSError):
                    path.rmdir()
    try:
        folder.rmdir()
    except OSError as error:
        raise RequestError(
            f"The bucket {folder.name} is not empty.", hint=f"Look at what is in {folder}."
        ) from error


def _entry(beside: Path, kept: Kept) -> Entry | None:
    """Return what is known of a file in the trash; nothing if it never came there."""
    path = _folder(beside) / kept.place
    file = file_at(path)
    if file is None:
        return None
    if kept.entry is not None and kept.entry.describes(file):
        return kept.entry
    tags = {} if kept.entry is None else kept.entry.tags
    return Entry.of_file(file, sha256_of(path), content_type_of(kept.key), tags)


def _clear(folder: Path, needed: set[str]) -> None:
    if folder.is_dir():
        for path in folder.iterdir():
            if path.name not in needed:
                path.unlink(missing_ok=True)


def _folder(beside: Path) -> Path:
    return beside / "trash"
