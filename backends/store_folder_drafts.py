"""Content on its way into the folder store: written beside the buckets, with what it will be."""

import contextlib
import hashlib
import os
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from backends.store_folder_files import BLOCK_BYTES, file_at
from backends.store_folder_index import Entry, IndexChange
from core.errors import RequestError
from core.objects import Progress

UNFINISHED_FOR = timedelta(days=1)
"""After this, a draft belongs to a process that has ended."""
_TOLD = ".json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What a draft is about to become."""

    bucket: str
    key: str
    entry: Entry


_ANNOUNCED = TypeAdapter(Announced)


class Drafts:
    """Drafts, each with a note of what it becomes.

    A file and its entry in the index cannot change in one step. A process that ends between the
    two leaves a new file with an old entry; its tags and its type are found in the note.

    Args:
        folder: Where they are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextlib.contextmanager
    def written(
        self, data: bytes | Path, progress: Progress | None = None
    ) -> Iterator[tuple[Path, str]]:
        """Write content to a draft and hand it over with its SHA-256; gone afterwards."""
        draft = self._folder / uuid.uuid4().hex
        size = len(data) if isinstance(data, bytes) else _size_of(data)
        self._folder.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        written = 0
        try:
            with draft.open("xb") as target:
                for block in _blocks(data):
                    digest.update(block)
                    target.write(block)
                    written += len(block)
                    if progress is not None:
                        progress(written, max(size, written))
                target.flush()
                os.fsync(target.fileno())
            yield draft, digest.hexdigest()
        finally:
            draft.unlink(missing_ok=True)
            draft.with_suffix(_TOLD).unlink(missing_ok=True)

    def announce(self, draft: Path, bucket: str, key: str, entry: Entry) -> None:
        """Note what a draft is about to become."""
        told = Announced(bucket=bucket, key=key, entry=entry)
        draft.with_suffix(_TOLD).write_bytes(_ANNOUNCED.dump_json(told))

    def announced(self, bucket: str, key: str) -> Sequence[Entry]:
        """Return what was about to be stored under a key."""
        return [told.entry for _, told in self._told() if (told.bucket, told.key) == (bucket, key)]

    def clear(self, change: IndexChange, root: Path) -> None:
        """Remove what ended processes left, once the index knows what is in place."""
        for path, told in list(self._told()):
            file = file_at(root / told.bucket / told.key)
            if _is_old(path):
                if file is not None and told.entry.describes(file):
                    change.remember(told.bucket, told.key, told.entry)
                path.unlink(missing_ok=True)
        for path in self._folder.glob("*"):
            if _is_old(path):
                path.unlink(missing_ok=True)

    def _told(self) -> Iterator[tuple[Path, Announced]]:
        for path in self._folder.glob(f"*{_TOLD}"):
            # Another process may be writing it, or be done with it.
            with contextlib.suppress(FileNotFoundError, ValidationError):
                yield path, _ANNOUNCED.validate_json(path.read_bytes())


def _is_old(path: Path) -> bool:
    file = file_at(path)
    oldest = (datetime.now(UTC) - UNFINISHED_FOR).timestamp()
    return file is not None and file.st_mtime < oldest


def _size_of(path: Path) -> int:
    if not path.is_file():
        raise RequestError(f"{path} is not a file.", hint="Give the path of one file.")
    return path.stat().st_size


def _blocks(data: bytes | Path) -> Iterator[bytes]:
    if isinstance(data, bytes):
        yield data
        return
    with data.open("rb") as source:
        while block := source.read(BLOCK_BYTES):
            yield block
