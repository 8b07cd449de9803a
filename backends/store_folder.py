"""Objects in a folder of this machine: every bucket is a folder, every object a file."""

import contextlib
import errno
import hashlib
import os
import stat as modes
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from backends.store_folder_index import Entry, FolderIndex
from backends.store_names import check_bucket_name, check_key, content_type_of, is_bucket_name
from core.errors import NotFoundError, RequestError, UnavailableError, not_found
from core.objects import Bucket, StoredObject
from core.paging import Page

BOOKKEEPING = ".store"
"""Where tags, the trash and unfinished writes are; no bucket can have this name."""
BLOCK_BYTES = 1 << 20


class FolderStore:
    """Keeps objects as plain files, so that they can be looked at with any program.

    A file that somebody puts into a bucket's folder by hand is an object as well. Content is
    written beside the buckets first and then renamed into place, so a reader sees the whole object
    or the one before. Names change only inside a write transaction of the index, which keeps
    several processes apart.

    Args:
        root: Folder that holds the buckets; it is made at the first write.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self._index = FolderIndex(self.root / BOOKKEEPING / "index.db")

    def buckets(self) -> Sequence[Bucket]:
        """Return every bucket, by name."""
        with _explained(f"the object store in {self.root}"):
            return [self._bucket(name) for name in self._bucket_names()]

    def create_bucket(self, bucket: str) -> Bucket:
        """Create a bucket; one that exists is returned as it is."""
        check_bucket_name(bucket)
        with _explained(f"the bucket {bucket}"):
            (self.root / bucket).mkdir(parents=True, exist_ok=True)
            return self._bucket(bucket)

    def list(
        self, bucket: str, prefix: str = "", limit: int = 50, cursor: str = ""
    ) -> Page[StoredObject]:
        """List objects by key, below a prefix, from a cursor on."""
        folder = self._existing(bucket)
        with _explained(f"the bucket {bucket}"):
            keys = sorted(key for key in _keys(folder, prefix) if key.startswith(prefix))
            rest = [key for key in keys if key > cursor] if cursor else keys
            shown = rest[: max(0, limit)]
            items = [item for key in shown if (item := self._known(bucket, key)) is not None]
        more = len(shown) < len(rest)
        last = shown[-1] if more and shown else ""
        return Page(items=tuple(items), total=len(keys), has_more=more, cursor=last)

    def stat(self, bucket: str, key: str) -> StoredObject:
        """Return what is known of an object without reading it."""
        self._find(bucket, key)
        with _explained(f"{bucket}/{key}"):
            known = self._known(bucket, key)
        if known is None:
            raise self._missing(bucket, key)
        return known

    def open(self, bucket: str, key: str) -> BinaryIO:
        """Open an object for reading; the caller closes it."""
        path = self._find(bucket, key)
        try:
            with _explained(f"{bucket}/{key}"):
                return open(path, "rb", opener=_without_links)
        except FileNotFoundError as error:
            raise self._missing(bucket, key) from error

    def read(self, bucket: str, key: str) -> bytes:
        """Return the whole content of an object."""
        with self.open(bucket, key) as content, _explained(f"{bucket}/{key}"):
            return content.read()

    def put(
        self,
        bucket: str,
        key: str,
        data: bytes | Path,
        *,
        content_type: str = "",
        tags: Mapping[str, str] | None = None,
    ) -> StoredObject:
        """Store bytes or a local file, all of it or nothing; creates the bucket if needed."""
        check_bucket_name(bucket)
        path = self._inside(bucket, key)
        with _explained(f"{bucket}/{key}"), self._written(data) as (draft, etag):
            entry = Entry.of_file(
                os.stat(draft), etag, content_type or content_type_of(key), dict(tags or {})
            )
            with self._index.changing() as index:
                self._make_way(path, bucket, key)
                os.replace(draft, path)
                _sync_folder(path.parent)
                index.remember(bucket, key, entry)
        return _described(bucket, key, entry)

    def delete(self, bucket: str, key: str) -> None:
        """Move an object to the trash."""
        path = self._find(bucket, key)
        place = self.root / BOOKKEEPING / "trash" / uuid.uuid4().hex
        try:
            with _explained(f"{bucket}/{key}"), self._index.changing() as index:
                place.parent.mkdir(parents=True, exist_ok=True)
                os.replace(path, place)
                index.throw_away(bucket, key, place.name, _now())
                self._drop_empty(path.parent, self.root / bucket)
        except FileNotFoundError as error:
            raise self._missing(bucket, key) from error

    def _bucket_names(self) -> Sequence[str]:
        if not self.root.is_dir():
            return []
        with os.scandir(self.root) as entries:
            return sorted(
                entry.name
                for entry in entries
                if entry.is_dir(follow_symlinks=False) and is_bucket_name(entry.name)
            )

    def _bucket(self, name: str) -> Bucket:
        paths = (self.root / name / key for key in _keys(self.root / name, ""))
        files = [file for path in paths if (file := _file_at(path)) is not None]
        newest = max((file.st_mtime for file in files), default=None)
        return Bucket(
            name=name,
            objects=len(files),
            bytes=sum(file.st_size for file in files),
            newest=None if newest is None else datetime.fromtimestamp(newest, UTC),
        )

    def _existing(self, bucket: str) -> Path:
        check_bucket_name(bucket)
        folder = self.root / bucket
        if folder.is_symlink() or not folder.is_dir():
            with _explained(f"the object store in {self.root}"):
                raise not_found("bucket", bucket, self._bucket_names())
        return folder

    def _inside(self, bucket: str, key: str) -> Path:
        """Return the path of a key, once it is sure that it stays inside its bucket."""
        check_key(key)
        path = self.root / bucket
        for part in ("", *key.split("/")):
            path = path / part
            if path.is_symlink():
                raise RequestError(
                    f"{bucket}/{key} leads through a link out of its bucket.",
                    hint="Use a key without links in its path.",
                )
        return path

    def _find(self, bucket: str, key: str) -> Path:
        self._existing(bucket)
        path = self._inside(bucket, key)
        if not path.is_file():
            raise self._missing(bucket, key)
        return path

    def _missing(self, bucket: str, key: str) -> NotFoundError:
        with _explained(f"the bucket {bucket}"):
            return not_found("object", f"{bucket}/{key}", self._references(bucket))

    def _references(self, bucket: str) -> Sequence[str]:
        return [f"{bucket}/{key}" for key in _keys(self.root / bucket, "")]

    def _known(self, bucket: str, key: str) -> StoredObject | None:
        """Describe an object, reading it only where its file changed behind the index."""
        path = self.root / bucket / key
        file = _file_at(path)
        if file is None:
            return None
        entry = self._index.find(bucket, key)
        if entry is None or not entry.describes(file):
            tags = dict(entry.tags) if entry is not None else {}
            try:
                etag = _sha256(path)
            except FileNotFoundError:
                return None
            entry = Entry.of_file(file, etag, content_type_of(key), tags)
            self._index.remember_if_possible(bucket, key, entry)
        return _described(bucket, key, entry)

    @contextlib.contextmanager
    def _written(self, data: bytes | Path) -> Iterator[tuple[Path, str]]:
        """Write content beside the buckets and hand over the file with its hash."""
        draft = self.root / BOOKKEEPING / "drafts" / uuid.uuid4().hex
        draft.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        try:
            with draft.open("xb") as target:
                for block in _blocks(data):
                    digest.update(block)
                    target.write(block)
                target.flush()
                os.fsync(target.fileno())
            yield draft, digest.hexdigest()
        finally:
            draft.unlink(missing_ok=True)

    def _make_way(self, path: Path, bucket: str, key: str) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise RequestError(
                f"{bucket}/{key} cannot be stored: a part of its path is an object itself.",
                hint="Choose another key.",
            ) from error
        if path.is_dir():
            raise RequestError(
                f"{bucket}/{key} cannot be stored: there are objects below that key.",
                hint="Choose another key.",
            )

    @staticmethod
    def _drop_empty(folder: Path, bucket: Path) -> None:
        while folder != bucket:
            try:
                folder.rmdir()
            except OSError:
                # Something else still lives there: this folder and those above it stay.
                return
            folder = folder.parent


def _described(bucket: str, key: str, entry: Entry) -> StoredObject:
    return StoredObject(
        bucket=bucket,
        key=key,
        bytes=entry.bytes,
        etag=entry.etag,
        content_type=entry.content_type,
        modified_at=datetime.fromtimestamp(entry.modified_ns / 1e9, UTC),
        tags=entry.tags,
    )


def _keys(folder: Path, prefix: str) -> Iterator[str]:
    """Yield the keys below a bucket's folder, entering only folders that fit the prefix."""
    waiting = [""]
    while waiting:
        below = waiting.pop()
        try:
            entries = list(os.scandir(folder / below))
        except FileNotFoundError:
            continue
        for entry in entries:
            key = f"{below}{entry.name}"
            mode = entry.stat(follow_symlinks=False).st_mode
            if modes.S_ISREG(mode):
                yield key
            elif modes.S_ISDIR(mode) and _meet(f"{key}/", prefix):
                waiting.append(f"{key}/")


def _meet(below: str, prefix: str) -> bool:
    return below.startswith(prefix) or prefix.startswith(below)


def _blocks(data: bytes | Path) -> Iterator[bytes]:
    if isinstance(data, bytes):
        yield data
        return
    if not data.is_file():
        raise RequestError(f"{data} is not a file.", hint="Give the path of one file.")
    with data.open("rb") as source:
        while block := source.read(BLOCK_BYTES):
            yield block


def _file_at(path: Path) -> os.stat_result | None:
    """Describe a file, unless somebody deleted it a moment ago."""
    try:
        return os.lstat(path)
    except FileNotFoundError:
        return None


def _without_links(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW)


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _now() -> datetime:
    return datetime.now(UTC)


_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the disk is read-only",
    errno.EACCES: "permission is denied",
    errno.EPERM: "permission is denied",
}


@contextlib.contextmanager
def _explained(what: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, error.strerror or "the disk does not answer")
        raise UnavailableError(
            f"Could not reach {what}: {reason}.", hint="Look at the disk that holds the objects."
        ) from error
