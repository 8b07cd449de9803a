"""The trash of an S3 store: a bucket of its own that says what was deleted, and keeps it."""

import io
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from minio import Minio
from minio.error import S3Error
from pydantic import BaseModel, ConfigDict, ValidationError

from backends.store_s3_client import copy, versions
from core.errors import RequestError, UnavailableError, not_found
from core.objects import StoredObject, TrashedObject

TRASH = "mlops-swarm-trash"
"""The bucket in which the trash is; it is in no list of buckets."""
UNFINISHED_FOR = timedelta(days=1)
"""After this, a copy without a note is of a process that has ended."""
_NOTE = ".json"
_DATA = ".data"


class Note(BaseModel):
    """What is kept of a deleted object."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bucket: str
    key: str
    bytes: int
    etag: str
    content_type: str
    modified_at: datetime
    tags: dict[str, str]
    version: str
    deleted_at: datetime
    kept: Literal["version", "copy"]
    """Whether its bucket keeps the content behind a delete marker, or the trash has a copy."""

    def object(self) -> StoredObject:
        """Return what was deleted."""
        return StoredObject(
            bucket=self.bucket,
            key=self.key,
            bytes=self.bytes,
            etag=self.etag,
            content_type=self.content_type,
            modified_at=self.modified_at,
            tags=self.tags,
            version=self.version,
        )


class S3Trash:
    """Deletes so that it can be undone.

    Where a bucket keeps versions, the object gets a delete marker and stays where it is. Elsewhere
    it is copied into the trash's bucket first. Either way a note is written before anything is
    removed, and only what has a note is ever removed for good.

    Args:
        client: The connection.
    """

    def __init__(self, client: Minio) -> None:
        self._client = client

    def throw_away(self, found: StoredObject, *, always_copy: bool = False) -> None:
        """Move an object to the trash.

        Args:
            found: The object.
            always_copy: Whether its bucket will go as well.
        """
        keeps = not always_copy and self._keeps_versions(found.bucket) and bool(found.version)
        now = datetime.now(UTC)
        place = f"{now:%Y%m%d%H%M%S}-{secrets.token_hex(4)}"
        self._make_bucket()
        if not keeps:
            copy(self._client, found, TRASH, f"{place}{_DATA}")
        note = Note(
            bucket=found.bucket,
            key=found.key,
            bytes=found.bytes,
            etag=found.etag,
            content_type=found.content_type,
            modified_at=found.modified_at,
            tags=dict(found.tags),
            version=found.version,
            deleted_at=now,
            kept="version" if keeps else "copy",
        )
        self._write(place, note)
        self._client.remove_object(found.bucket, found.key)

    def take_over(self, bucket: str) -> None:
        """Copy what the trash still has in a bucket that is about to go, and remove it there."""
        for place, note in list(self._notes()):
            if note.bucket == bucket and note.kept == "version":
                copy(self._client, note.object(), TRASH, f"{place}{_DATA}")
                self._write(place, note.model_copy(update={"kept": "copy"}))
                self._remove_versions(note)

    def listed(self) -> Sequence[TrashedObject]:
        """Return what is in the trash, the latest deleted first."""
        found = [
            TrashedObject(object=note.object(), deleted_at=note.deleted_at, place=place)
            for place, note in self._notes()
        ]
        return sorted(found, key=lambda one: (one.deleted_at, one.place), reverse=True)

    def restore(self, place: str) -> tuple[str, str]:
        """Bring an object back; return its bucket and key.

        Args:
            place: Its place in the trash, or `bucket/key` as it was.

        Raises:
            NotFoundError: Nothing of that name is in the trash.
            RequestError: An object of its name has come since.
        """
        there = sorted(self._notes(), key=lambda one: one[0], reverse=True)
        for name, note in there:
            if place in {name, f"{note.bucket}/{note.key}"}:
                break
        else:
            raise not_found(
                "object in the trash", place, [f"{note.bucket}/{note.key}" for _, note in there]
            )
        if self._exists(note.bucket, note.key):
            raise RequestError(
                f"There is another object {note.bucket}/{note.key} now.",
                hint="Copy that one to another key and delete it first.",
            )
        if note.kept == "version":
            self._remove_markers(note)
        else:
            if not self._client.bucket_exists(note.bucket):
                self._client.make_bucket(note.bucket)
            held = replace(note.object(), bucket=TRASH, key=f"{name}{_DATA}", version="", etag="")
            copy(self._client, held, note.bucket, note.key)
            self._client.remove_object(TRASH, f"{name}{_DATA}")
        self._client.remove_object(TRASH, f"{name}{_NOTE}")
        return note.bucket, note.key

    def empty(self, ours: Callable[[str], bool]) -> int:
        """Remove what is in the trash for good; return how many objects that were.

        Args:
            ours: Whether a bucket is one that may be touched.
        """
        count = 0
        for name, note in list(self._notes()):
            if not ours(note.bucket):
                continue
            if note.kept == "version":
                self._remove_versions(note)
            else:
                self._client.remove_object(TRASH, f"{name}{_DATA}")
            self._client.remove_object(TRASH, f"{name}{_NOTE}")
            count += 1
        self._clear_interrupted()
        return count

    def _clear_interrupted(self) -> None:
        """Remove copies without a note: their deletion was interrupted, the object never went."""
        there = self._listed()
        noted = {name.removesuffix(_NOTE) for name in there if name.endswith(_NOTE)}
        oldest = datetime.now(UTC) - UNFINISHED_FOR
        for name, written in there.items():
            if name.removesuffix(_DATA) not in noted and written < oldest:
                self._client.remove_object(TRASH, name)

    def _write(self, place: str, note: Note) -> None:
        content = note.model_dump_json().encode()
        self._client.put_object(TRASH, f"{place}{_NOTE}", io.BytesIO(content), len(content))

    def _notes(self) -> Iterator[tuple[str, Note]]:
        for key in self._listed():
            if not key.endswith(_NOTE):
                continue
            response = self._client.get_object(TRASH, key)
            try:
                yield key.removesuffix(_NOTE), Note.model_validate_json(response.read())
            except ValidationError as error:
                raise UnavailableError(
                    f"The note {TRASH}/{key} in the trash is damaged.",
                    hint="Look at it with another S3 program.",
                ) from error
            finally:
                response.close()

    def _listed(self) -> Mapping[str, datetime]:
        """Return what is in the trash's bucket, and when it was written."""
        try:
            there = list(self._client.list_objects(TRASH))
        except S3Error as error:
            if error.code == "NoSuchBucket":
                return {}
            raise
        return {str(one.object_name): one.last_modified or datetime.now(UTC) for one in there}

    def _make_bucket(self) -> None:
        if self._client.bucket_exists(TRASH):
            return
        try:
            self._client.make_bucket(TRASH)
        except S3Error as error:
            if error.code != "BucketAlreadyOwnedByYou":
                raise

    def _keeps_versions(self, bucket: str) -> bool:
        try:
            return str(self._client.get_bucket_versioning(bucket).status) == "Enabled"
        except S3Error as error:
            if error.code in {"NotImplemented", "MethodNotAllowed", "AccessDenied"}:
                return False
            raise

    def _exists(self, bucket: str, key: str) -> bool:
        try:
            self._client.stat_object(bucket, key)
        except S3Error as error:
            if error.code in {"NoSuchKey", "NoSuchBucket", "MethodNotAllowed"}:
                return False
            raise
        return True

    def _remove_markers(self, note: Note) -> None:
        """Take the delete markers away that lie above the last content."""
        for one in versions(self._client, note.bucket, note.key):
            if not one.is_delete_marker:
                return
            self._client.remove_object(note.bucket, note.key, version_id=one.version_id)

    def _remove_versions(self, note: Note) -> None:
        """Remove what the note tells of, and all of the key if nothing lives there again."""
        try:
            kept = versions(self._client, note.bucket, note.key)
        except S3Error as error:
            if error.code == "NoSuchBucket":
                return
            raise
        if kept and not kept[0].is_delete_marker:
            # Somebody stored another one, or brought this one back by other means.
            kept = [one for one in kept[1:] if one.version_id == note.version]
        for one in kept:
            self._client.remove_object(note.bucket, note.key, version_id=one.version_id)
