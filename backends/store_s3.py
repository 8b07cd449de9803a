"""Objects in MinIO or at any other S3 endpoint."""

import io
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, cast

from minio import Minio
from minio.datatypes import Object
from minio.helpers import genheaders

from backends import store_s3_client as s3
from backends.store_names import (
    check_bucket_name,
    check_key,
    check_tags,
    content_type_of,
    merged_tags,
)
from backends.store_s3_access import S3Access, in_seconds, listed, version_of
from backends.store_s3_conditions import replaced
from backends.store_s3_events import announcements
from backends.store_s3_places import need_bucket, need_place, remove_old_versions
from backends.store_s3_reading import BUFFER_BYTES, ObjectReader, blocks, stream_of
from backends.store_s3_trash import S3Trash
from backends.store_s3_upload import Target, upload
from backends.store_transfers import part_file
from core.errors import RequestError
from core.objects import Bucket, Progress, StoredObject, TrashedObject
from core.paging import Page
from core.services import S3Settings

PAGE_OBJECTS = s3.LISTED
"""What a server answers at once; a first page costs one request, and counts this far."""
COUNTED_OBJECTS = 10_000
"""How far the objects of a bucket are counted."""
HIDING = 2
"""How often old versions are looked for: some hide behind an object that is named like a folder."""
LONGEST_LINK = timedelta(days=7)
_TAG_COUNT = "x-amz-tagging-count"
_CONTENT_TYPE = re.compile(r"[ -~]{1,200}")


class S3Store:
    """Keeps objects at an S3 endpoint.

    Buckets that are made here keep versions. What a listing says of the type of an object is told
    by the ending of its key, and tags are not in it: `stat` asks the server for both.

    Args:
        settings: Where it is, with which keys, and what may be done there.
        transfers: Folder in which unfinished uploads of this machine are noted.

    Raises:
        SettingsError: The endpoint or the certificate file cannot be used.
    """

    def __init__(self, settings: S3Settings, transfers: Path) -> None:
        self.settings = settings
        self._transfers = transfers
        self._client: Minio = s3.connect(settings)
        self._access = S3Access(client=self._client, settings=settings)
        self._trash = S3Trash(self._client)

    def __reduce__(self) -> tuple[type["S3Store"], tuple[S3Settings, Path]]:
        """Let another process have the same store, with a connection of its own."""
        return S3Store, (self.settings, self._transfers)

    @property
    def place(self) -> str:
        """Where the objects are, in words."""
        return self._access.place

    def bucket_names(self) -> Sequence[str]:
        """Return the names of the buckets that may be seen."""
        return self._access.bucket_names()

    def buckets(self) -> Sequence[Bucket]:
        """Return every bucket, by name; objects are counted up to ten thousand in each."""
        return [self._bucket(name) for name in self.bucket_names()]

    def create_bucket(self, bucket: str) -> Bucket:
        """Create a bucket that keeps versions; one that exists is returned as it is."""
        check_bucket_name(bucket)
        self._access.check_writes(bucket)
        with self._access.explained(f"the bucket {bucket}"):
            need_bucket(self._client, bucket, self.settings.region)
        return self._bucket(bucket)

    def list(
        self, bucket: str, prefix: str = "", limit: int = 50, cursor: str = ""
    ) -> Page[StoredObject]:
        """List objects by key, below a prefix, from a cursor on, in constant memory.

        The total is exact up to a thousand, and at least that much above.
        """
        self._access.check_bucket(bucket)
        limit = max(0, limit)
        counted = max(PAGE_OBJECTS, limit + 1)
        with self._access.in_bucket(bucket):
            begin = self._access.objects(bucket, prefix)
            first = list(itertools.islice(begin, counted))
            total = len(first)
            if cursor:
                first = list(
                    itertools.islice(self._access.objects(bucket, prefix, cursor), limit + 1)
                )
        # Only what is shown is described: a thousand descriptions take longer than the request.
        shown = [listed(bucket, one) for one in first[:limit]]
        more = len(first) > limit
        return Page(
            items=tuple(shown),
            total=total,
            has_more=more,
            cursor=shown[-1].key if more and shown else "",
            at_least=total >= counted,
        )

    def stat(self, bucket: str, key: str, version: str = "") -> StoredObject:
        """Return what is known of an object, or of one version of it, without reading it."""
        self._access.check(bucket, key)
        with self._access.of_object(bucket, key, version):
            found = self._client.stat_object(bucket, key, version_id=version or None)
            tags = self._tags(found, version)
        return StoredObject(
            bucket=bucket,
            key=key,
            bytes=int(found.size or 0),
            etag=str(found.etag),
            content_type=found.content_type or content_type_of(key),
            modified_at=in_seconds(found.last_modified),
            tags=tags,
            version=version_of(found),
        )

    def versions(self, bucket: str, key: str) -> Sequence[StoredObject]:
        """Return the versions of an object, newest first; one where versions are not kept."""
        self._access.check(bucket, key)
        with self._access.of_object(bucket, key):
            kept = s3.versions(self._client, bucket, key)
        if not kept or kept[0].is_delete_marker:
            raise self._access.missing(bucket, key)
        earlier = [listed(bucket, one) for one in kept[1:] if not one.is_delete_marker]
        return [self.stat(bucket, key), *earlier]

    def open(self, bucket: str, key: str, version: str = "") -> BinaryIO:
        """Open an object for reading; only what is read is fetched, and the caller closes it."""
        found = self.stat(bucket, key, version)
        raw = ObjectReader(
            stream_of(self._client, found),
            found.bytes,
            lambda: self._access.of_object(bucket, key, version),
        )
        return cast(BinaryIO, io.BufferedReader(raw, BUFFER_BYTES))

    def read(self, bucket: str, key: str) -> bytes:
        """Return the whole content of an object."""
        found = self.stat(bucket, key)
        with self._access.of_object(bucket, key):
            return b"".join(blocks(stream_of(self._client, found), 0, found.bytes))

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
        target = self._target(bucket, key, content_type, tags or {})
        with self._access.explained(f"{bucket}/{key}"):
            need_place(self._client, bucket, key, self.settings.region)
            version = upload(target, data, self._transfers, progress)
        return self.stat(bucket, key, version)

    def put_if(self, bucket: str, key: str, data: bytes, etag: str) -> StoredObject | None:
        """Store bytes only where nothing has changed meanwhile; None where something has.

        The server decides it where it knows conditions, as MinIO and AWS do; another one may let
        through what comes in the moment between looking and writing.
        """
        target = self._target(bucket, key, "", {})
        with self._access.explained(f"{bucket}/{key}"):
            need_place(self._client, bucket, key, self.settings.region)
            version = replaced(target, data, etag, self._transfers)
        return self.stat(bucket, key, version) if version is not None else None

    def _target(self, bucket: str, key: str, content_type: str, tags: Mapping[str, str]) -> Target:
        check_bucket_name(bucket)
        check_key(key)
        self._access.check_writes(bucket)
        kind = content_type or content_type_of(key)
        if not _CONTENT_TYPE.fullmatch(kind):
            raise RequestError(f"{kind[:80]!r} is no content type.", hint="Write `text/csv`.")
        headers = genheaders(None, None, s3.tags_of(tags), None, False)
        return Target(
            client=self._client,
            bucket=bucket,
            key=key,
            endpoint=self.place,
            headers={**{str(k): str(v) for k, v in headers.items()}, "Content-Type": kind},
        )

    def download(self, bucket: str, key: str, path: Path, progress: Progress | None = None) -> Path:
        """Write an object to a local file, all or nothing; goes on where it was broken off."""
        found = self.stat(bucket, key)
        content = re.sub(r"[^0-9a-zA-Z-]", "", found.etag)
        with (
            part_file(path, content, found.bytes, progress) as part,
            self._access.of_object(bucket, key),
        ):
            for block in blocks(stream_of(self._client, found), part.done, found.bytes):
                part.write(block)
        return path

    def copy(self, bucket: str, key: str, to_bucket: str, to_key: str) -> StoredObject:
        """Copy an object with its type and tags, inside the store."""
        found = self.stat(bucket, key)
        check_bucket_name(to_bucket)
        check_key(to_key)
        self._access.check_writes(to_bucket)
        if (bucket, key) == (to_bucket, to_key):
            raise RequestError(
                f"{bucket}/{key} cannot be copied onto itself.", hint="Give another key."
            )
        with self._access.explained(f"{to_bucket}/{to_key}"):
            need_place(self._client, to_bucket, to_key, self.settings.region)
            version = s3.copy(self._client, found, to_bucket, to_key)
        return self.stat(to_bucket, to_key, version)

    def tag(self, bucket: str, key: str, tags: Mapping[str, str]) -> StoredObject:
        """Set tags of an object beside those it has; an empty value takes a tag away."""
        found = self.stat(bucket, key)
        self._access.check_writes(bucket)
        wanted = s3.tags_of(merged_tags(found.tags, tags))
        with self._access.of_object(bucket, key):
            if wanted is None:
                self._client.delete_object_tags(bucket, key)
            else:
                self._client.set_object_tags(bucket, key, wanted)
        return self.stat(bucket, key)

    def share(self, bucket: str, key: str, expires: timedelta) -> str:
        """Return a link to an object that works for a while without credentials."""
        self.stat(bucket, key)
        if not timedelta(seconds=1) <= expires <= LONGEST_LINK:
            raise RequestError(
                "A link works for at least a second and at most seven days.",
                hint="Give 1 to 168 hours.",
            )
        if not self.settings.access_key.get_secret_value():
            raise RequestError(
                "Without keys there are no signed links.",
                hint="Set `store.access_key` and `store.secret_key`.",
            )
        with self._access.explained(f"{bucket}/{key}"):
            return str(self._client.presigned_get_object(bucket, key, expires=expires))

    def delete(self, bucket: str, key: str) -> None:
        """Move an object to the trash: behind a delete marker, or into the trash's bucket."""
        self._access.check(bucket, key)
        self._access.check_deletes(f"{bucket}/{key}")
        found = self.stat(bucket, key)
        with self._access.of_object(bucket, key):
            self._trash.throw_away(found)

    def delete_bucket(self, bucket: str, *, with_objects: bool = False) -> None:
        """Remove a bucket; with its objects, they go to the trash, but not their old versions."""
        self._access.check_bucket(bucket)
        self._access.check_deletes(f"the bucket {bucket}")
        with self._access.in_bucket(bucket):
            held = sum(1 for _ in itertools.islice(self._access.objects(bucket), COUNTED_OBJECTS))
            if held and not with_objects:
                count = f"{held:,} object" + ("s" if held > 1 else "")
                more = "at least " if held == COUNTED_OBJECTS else ""
                raise RequestError(
                    f"The bucket {bucket} is not empty: it holds {more}{count}.",
                    hint="Delete it with its objects, which then go to the trash.",
                )
            for one in self._access.objects(bucket) if with_objects else ():
                self._trash.throw_away(self.stat(bucket, str(one.object_name)), always_copy=True)
            self._trash.take_over(bucket)
            for _ in range(HIDING if with_objects else 0):
                remove_old_versions(self._client, bucket)
            self._client.remove_bucket(bucket)

    def trash(self) -> Sequence[TrashedObject]:
        """Return what is in the trash, the latest deleted first."""
        with self._access.explained("its trash"):
            return [
                one for one in self._trash.listed() if self._access.is_visible(one.object.bucket)
            ]

    def restore(self, place: str) -> StoredObject:
        """Bring an object back from the trash."""
        self._access.check_writes("")
        with self._access.explained("its trash"):
            bucket, key = self._trash.restore(place)
        return self.stat(bucket, key)

    def empty_trash(self) -> int:
        """Remove what is in the trash for good; return how many objects that were."""
        self._access.check_deletes("its trash")
        with self._access.explained("its trash"):
            return self._trash.empty(self._access.is_visible)

    def _bucket(self, name: str) -> Bucket:
        objects = size = 0
        newest: datetime | None = None
        with self._access.in_bucket(name):
            for one in itertools.islice(self._access.objects(name), COUNTED_OBJECTS):
                objects, size = objects + 1, size + int(one.size or 0)
                written = in_seconds(one.last_modified)
                newest = written if newest is None else max(newest, written)
        return Bucket(
            name=name,
            objects=objects,
            bytes=size,
            newest=newest,
            at_least=objects >= COUNTED_OBJECTS,
        )

    def announcements(self, bucket: str, prefix: str) -> Iterator[None]:
        """Yield when listening has begun and whenever an object arrives, where that is told.

        Only MinIO does; elsewhere it ends at once.
        """
        self._access.check_bucket(bucket)
        with self._access.in_bucket(bucket):
            yield from announcements(self._client, bucket, prefix)

    def _tags(self, found: Object, version: str) -> Mapping[str, str]:
        headers = found.metadata or {}
        if "minio" in headers.get("server", "").lower() and not headers.get(_TAG_COUNT):
            # This server says how many there are; others must be asked.
            return {}
        tags = self._client.get_object_tags(
            str(found.bucket_name), str(found.object_name), version_id=version or None
        )
        return dict(tags or {})
