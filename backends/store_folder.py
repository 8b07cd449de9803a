"""Objects in a folder of this machine: every bucket is a folder, every object a file."""

import contextlib
import itertools
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from backends import store_folder_trash as trashing
from backends.store_folder_drafts import Drafts
from backends.store_folder_files import (
    BLOCK_BYTES,
    explained,
    file_at,
    inside,
    keep,
    make_way,
    sha256_of,
    sync_folder,
    without_links,
)
from backends.store_folder_index import Entry, FolderIndex, IndexChange, described
from backends.store_folder_walk import counted, folders, keys, keys_in_order
from backends.store_names import (
    check_bucket_name,
    check_tags,
    content_type_of,
    is_bucket_name,
    merged_tags,
)
from backends.store_transfers import part_file
from core.errors import NotFoundError, RequestError, not_found
from core.objects import Bucket, Progress, StoredObject, TrashedObject
from core.paging import Page

BOOKKEEPING = ".store"
"""Where tags, versions, the trash and unfinished writes are; no bucket can have this name."""
KEPT_VERSIONS = 10
"""How many earlier versions of an object are kept; the oldest goes when another one comes."""
SUGGESTED_FROM = 10_000
"""How many keys of a bucket are looked through for one like a name that does not exist."""


class _ChangedError(Exception):
    """Another content has come than the one that was to be replaced."""


class FolderStore:
    """Keeps objects as plain files, so that they can be looked at with any program.

    A file that somebody puts into a bucket's folder by hand is an object as well. Content is
    written beside the buckets first and then renamed into place, so a reader sees the whole object
    or the one before. Names change only inside a write transaction of the index, which keeps
    several processes apart. What `put` replaces is kept as a version.

    Args:
        root: Folder that holds the buckets; it is made at the first write.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self._beside = self.root / BOOKKEEPING
        self._index = FolderIndex(self._beside / "index.db")
        self._drafts = Drafts(self._beside / "drafts")

    @property
    def place(self) -> str:
        """Where the objects are, in words."""
        return f"in {self.root}"

    def bucket_names(self) -> Sequence[str]:
        """Return the names of the buckets, sorted, without looking into them."""
        if not self.root.is_dir():
            return []
        with explained(f"the object store in {self.root}"):
            return sorted(filter(is_bucket_name, folders(self.root)))

    def buckets(self) -> Sequence[Bucket]:
        """Return every bucket, by name, with what is in it."""
        with explained(f"the object store in {self.root}"):
            return [counted(self.root / name) for name in self.bucket_names()]

    def create_bucket(self, bucket: str) -> Bucket:
        """Create a bucket; one that exists is returned as it is."""
        check_bucket_name(bucket)
        with explained(f"the bucket {bucket}"):
            (self.root / bucket).mkdir(parents=True, exist_ok=True)
            return counted(self.root / bucket)

    def list(
        self, bucket: str, prefix: str = "", limit: int = 50, cursor: str = ""
    ) -> Page[StoredObject]:
        """List objects by key, below a prefix, from a cursor on, in constant memory."""
        folder = self._existing(bucket)
        with explained(f"the bucket {bucket}"):
            total = sum(1 for _ in keys(folder, prefix))
            rest = keys_in_order(folder, prefix, cursor)
            shown = list(itertools.islice(rest, max(0, limit)))
            more = next(rest, None) is not None
            known = self._known_of(bucket, shown)
        items = tuple(known[key] for key in shown if key in known)
        last = shown[-1] if more and shown else ""
        return Page(items=items, total=total, has_more=more, cursor=last)

    def stat(self, bucket: str, key: str, version: str = "") -> StoredObject:
        """Return what is known of an object, or of one version of it, without reading it."""
        self._find(bucket, key)
        with explained(f"{bucket}/{key}"):
            known = self._known_of(bucket, [key]).get(key)
        if known is None:
            raise self._missing(bucket, key)
        if version in {"", known.version}:
            return known
        return self._version(bucket, key, version)[0]

    def versions(self, bucket: str, key: str) -> Sequence[StoredObject]:
        """Return the versions of an object, newest first: the present one and up to ten before."""
        present = self.stat(bucket, key)
        earlier = self._index.versions(bucket, key)
        kept = [described(bucket, key, one.entry) for one in earlier if one.entry is not None]
        return [present, *kept]

    def open(self, bucket: str, key: str, version: str = "") -> BinaryIO:
        """Open an object for reading; the caller closes it."""
        path = self._find(bucket, key)
        if version and self.stat(bucket, key).version != version:
            path = self._version(bucket, key, version)[1]
        try:
            with explained(f"{bucket}/{key}"):
                return open(path, "rb", opener=without_links)
        except FileNotFoundError as error:
            raise self._missing(bucket, key) from error

    def read(self, bucket: str, key: str) -> bytes:
        """Return the whole content of an object."""
        with self.open(bucket, key) as content, explained(f"{bucket}/{key}"):
            return content.read()

    def put(
        self,
        bucket: str,
        key: str,
        data: bytes | Path,
        *,
        content_type: str = "",
        tags: Mapping[str, str] | None = None,
        progress: Progress | None = None,
    ) -> StoredObject:
        """Store bytes or a local file, all of it or nothing; creates the bucket if needed."""
        check_tags(tags or {})
        described_by = content_type or content_type_of(key), dict(tags or {})
        return self._put(bucket, key, data, *described_by, progress=progress)

    def put_if(self, bucket: str, key: str, data: bytes, etag: str) -> StoredObject | None:
        """Store bytes only where nothing has changed meanwhile; None where something has."""
        with contextlib.suppress(_ChangedError):
            return self._put(bucket, key, data, content_type_of(key), {}, only_over=etag)
        return None

    def _put(
        self,
        bucket: str,
        key: str,
        data: bytes | Path,
        content_type: str,
        tags: Mapping[str, str],
        *,
        progress: Progress | None = None,
        only_over: str | None = None,
    ) -> StoredObject:
        check_bucket_name(bucket)
        path = inside(self.root, bucket, key)
        with explained(f"{bucket}/{key}"), self._drafts.written(data, progress) as (draft, etag):
            entry = Entry.of_file(os.stat(draft), etag, content_type, tags)
            self._drafts.announce(draft, bucket, key, entry)
            with self._index.changing() as index:
                make_way(path, f"{bucket}/{key}")
                present = self._entry_of(bucket, key)
                if only_over not in {None, present.etag if present else ""}:
                    raise _ChangedError
                spare = self._keep_version(index, bucket, key, present)
                os.replace(draft, path)
                sync_folder(path.parent)
                index.remember(bucket, key, entry)
            for place in spare:
                (self._beside / "versions" / place).unlink(missing_ok=True)
        return described(bucket, key, entry)

    def download(self, bucket: str, key: str, path: Path, progress: Progress | None = None) -> Path:
        """Write an object to a local file, all or nothing; goes on where it was broken off."""
        found = self.stat(bucket, key)
        with (
            self.open(bucket, key) as source,
            part_file(path, found.etag, found.bytes, progress) as part,
        ):
            source.seek(part.done)
            while block := source.read(BLOCK_BYTES):
                part.write(block)
        return path

    def copy(self, bucket: str, key: str, to_bucket: str, to_key: str) -> StoredObject:
        """Copy an object with its tags, inside the store."""
        found = self.stat(bucket, key)
        return self.put(
            to_bucket,
            to_key,
            self._find(bucket, key),
            content_type=found.content_type,
            tags=found.tags,
        )

    def tag(self, bucket: str, key: str, tags: Mapping[str, str]) -> StoredObject:
        """Set tags of an object beside those it has; an empty value takes a tag away."""
        self.stat(bucket, key)
        with explained(f"{bucket}/{key}"), self._index.changing() as index:
            entry = self._entry_of(bucket, key)
            if entry is None:
                raise self._missing(bucket, key)
            changed = replace(entry, tags=merged_tags(entry.tags, tags))
            index.remember(bucket, key, changed)
        return described(bucket, key, changed)

    def share(self, bucket: str, key: str, expires: timedelta) -> str:
        """Refuse: a folder has no links that others could open."""
        del expires
        path = self._find(bucket, key)
        raise RequestError(
            f"{bucket}/{key} is in a folder of this machine, which others cannot open by a link.",
            hint=f"The file itself is {path}: send that, or keep objects in a MinIO store.",
        )

    def delete(self, bucket: str, key: str) -> None:
        """Move an object with its versions to the trash."""
        self._find(bucket, key)
        try:
            with explained(f"{bucket}/{key}"):
                entry = self._entry_of(bucket, key)
                trashing.throw_away(self.root, self._beside, self._index, bucket, {key: entry})
        except FileNotFoundError as error:
            raise self._missing(bucket, key) from error

    def delete_bucket(self, bucket: str, *, with_objects: bool = False) -> None:
        """Remove a bucket; with its objects, they go to the trash."""
        folder = self._existing(bucket)
        with explained(f"the bucket {bucket}"):
            held = list(keys(folder))
            if held and not with_objects:
                count = f"{len(held):,} object" + ("s" if len(held) > 1 else "")
                raise RequestError(
                    f"The bucket {bucket} is not empty: it holds {count}.",
                    hint="Delete it with its objects, which then go to the trash.",
                )
            entries = {key: self._entry_of(bucket, key) for key in held}
            trashing.throw_away(self.root, self._beside, self._index, bucket, entries)
            trashing.remove_folder(folder)

    def trash(self) -> Sequence[TrashedObject]:
        """Return what is in the trash, the latest deleted first."""
        with explained(f"the trash of {self.root}"):
            return trashing.listed(self._beside, self._index)

    def restore(self, place: str) -> StoredObject:
        """Bring an object back from the trash, with its versions."""
        with explained(f"the trash of {self.root}"):
            kept = trashing.found(self._beside, self._index, place)
            path = inside(self.root, kept.bucket, kept.key)
            with self._index.changing() as index:
                make_way(path, f"{kept.bucket}/{kept.key}")
                return trashing.bring_back(self._beside, index, kept, path)

    def empty_trash(self) -> int:
        """Remove what is in the trash for good; return how many objects that were."""
        with explained(f"the trash of {self.root}"), self._index.changing() as change:
            self._drafts.clear(change, self.root)
            return trashing.empty(self._beside, self._index, change)

    def _keep_version(
        self, index: IndexChange, bucket: str, key: str, entry: Entry | None
    ) -> Sequence[str]:
        """Give the present content a second place before it is replaced."""
        if entry is None:
            return ()
        place = uuid.uuid4().hex
        keep(self.root / bucket / key, self._beside / "versions" / place)
        return index.keep_version(bucket, key, entry, place, KEPT_VERSIONS)

    def _version(self, bucket: str, key: str, version: str) -> tuple[StoredObject, Path]:
        earlier = self._index.versions(bucket, key)
        for one in earlier:
            if one.entry is not None and one.entry.version == version:
                path = self._beside / "versions" / one.place
                return described(bucket, key, one.entry), path
        names = [one.entry.version for one in earlier if one.entry is not None]
        raise not_found(f"version of {bucket}/{key}", version, names)

    def _existing(self, bucket: str) -> Path:
        check_bucket_name(bucket)
        folder = self.root / bucket
        if folder.is_symlink() or not folder.is_dir():
            raise not_found("bucket", bucket, self.bucket_names())
        return folder

    def _find(self, bucket: str, key: str) -> Path:
        self._existing(bucket)
        path = inside(self.root, bucket, key)
        if not path.is_file():
            raise self._missing(bucket, key)
        return path

    def _missing(self, bucket: str, key: str) -> NotFoundError:
        with explained(f"the bucket {bucket}"):
            there = itertools.islice(keys(self.root / bucket), SUGGESTED_FROM)
            return not_found("object", f"{bucket}/{key}", [f"{bucket}/{one}" for one in there])

    def _known_of(self, bucket: str, some: Sequence[str]) -> Mapping[str, StoredObject]:
        """Describe objects by key, reading only those whose files changed behind the index."""
        known = self._index.find_many(bucket, some)
        found: dict[str, StoredObject] = {}
        fresh: dict[str, Entry] = {}
        for key in some:
            entry = self._entry_of(bucket, key, known.get(key))
            if entry is not None:
                found[key] = described(bucket, key, entry)
                if entry is not known.get(key):
                    fresh[key] = entry
        if fresh:
            self._index.remember_if_possible(bucket, fresh)
        return found

    def _entry_of(self, bucket: str, key: str, known: Entry | None = None) -> Entry | None:
        """Return what describes the file of a key as it is now; nothing if there is none."""
        path = self.root / bucket / key
        file = file_at(path)
        if file is None:
            return None
        entry = known or self._index.find(bucket, key)
        if entry is not None and entry.describes(file):
            return entry
        for announced in self._drafts.announced(bucket, key):
            if announced.describes(file):
                return announced
        try:
            etag = sha256_of(path)
        except FileNotFoundError:
            return None
        return Entry.of_file(file, etag, content_type_of(key), entry.tags if entry else {})
