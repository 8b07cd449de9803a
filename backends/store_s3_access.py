"""Who may do what at an S3 endpoint, what is there, and how to say that something is not."""

import contextlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from minio import Minio
from minio.datatypes import Object
from minio.error import S3Error

from backends.store_names import check_bucket_name, check_key, content_type_of
from backends.store_s3_client import endpoint_of, explained
from backends.store_s3_trash import TRASH
from core.errors import AssistantError, NotFoundError, RequestError, not_found
from core.objects import StoredObject
from core.services import S3Settings

SUGGESTED_FROM = 1_000
"""How many keys of a bucket are looked through for one like a name that does not exist."""
GONE = frozenset({"NoSuchKey", "NoSuchObject", "NoSuchVersion", "MethodNotAllowed"})
_BAD_VERSION = frozenset({"BadRequest", "InvalidArgument", "InvalidVersionId"})
_VARIABLES = "MLOPS_SWARM_STORE__"


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Access:
    """What the settings let a person see and do, in front of the client."""

    client: Minio
    settings: S3Settings

    @property
    def place(self) -> str:
        """Where the objects are, in words."""
        return f"at {endpoint_of(self.settings.endpoint)[0]}"

    def bucket_names(self) -> Sequence[str]:
        """Return the names of the buckets that may be seen."""
        with self.explained("the list of its buckets"):
            if self.settings.buckets:
                # Keys that may use a bucket often may not list them all.
                return sorted(filter(self.client.bucket_exists, self.settings.buckets))
            names = (str(bucket.name) for bucket in self.client.list_buckets())
            return sorted(filter(self.is_visible, names))

    def objects(self, bucket: str, prefix: str = "", after: str = "") -> Iterator[Object]:
        """Yield what a bucket's listing says, by key, a request for every thousand."""
        listing = self.client.list_objects(
            bucket, prefix=prefix, recursive=True, start_after=after or None
        )
        # Programs that show folders store empty objects named like them.
        return (one for one in listing if not str(one.object_name).endswith("/"))

    def is_visible(self, bucket: str) -> bool:
        """Whether a bucket may be seen and touched at all."""
        return bucket != TRASH and (not self.settings.buckets or bucket in self.settings.buckets)

    def check(self, bucket: str, key: str) -> None:
        """Refuse what cannot be, or must not be, the name of an object."""
        self.check_bucket(bucket)
        check_key(key)

    def check_bucket(self, bucket: str) -> None:
        """Refuse a bucket that must not be seen as if it were not there."""
        check_bucket_name(bucket)
        if not self.is_visible(bucket):
            raise self.no_bucket(bucket)

    def check_writes(self, bucket: str) -> None:
        """Refuse to write where the settings do not let us.

        Raises:
            RequestError: The setting that would let us is named.
        """
        if not self.settings.allow_writes:
            raise self._refused(f"Writing to {bucket} is not allowed", "allow_writes")
        if not self.is_visible(bucket):
            known = ", ".join(self.settings.buckets) or "any other"
            raise RequestError(
                f"The bucket {bucket} is not among those that the settings name.",
                hint=f"Use {known}, or add it to `store.buckets`.",
            )

    def check_deletes(self, what: str) -> None:
        """Refuse to delete where the settings do not let us.

        Raises:
            RequestError: The setting that would let us is named.
        """
        if not self.settings.allow_deletes:
            raise self._refused(f"Deleting {what} is not allowed", "allow_deletes")

    def _refused(self, what: str, setting: str) -> RequestError:
        return RequestError(
            f"{what}: the object store {self.place} is set to be read only in that respect.",
            hint=f"Whoever may decide it sets `store.{setting} = true`"
            f" (or {_VARIABLES}{setting.upper()}=true).",
        )

    def explained(self, what: str) -> contextlib.AbstractContextManager[None]:
        """Turn what the client raises into words."""
        return explained(self.place, what)

    @contextlib.contextmanager
    def in_bucket(self, bucket: str) -> Iterator[None]:
        """Say which buckets there are where one is not."""
        with self.explained(f"the bucket {bucket}"):
            try:
                yield
            except S3Error as error:
                if error.code != "NoSuchBucket":
                    raise
                raise self.no_bucket(bucket) from error

    @contextlib.contextmanager
    def of_object(self, bucket: str, key: str, version: str = "") -> Iterator[None]:
        """Say which objects there are where one is not."""
        with self.in_bucket(bucket), self.explained(f"{bucket}/{key}"):
            try:
                yield
            except S3Error as error:
                code = str(error.code)
                if code == "NoSuchBucket":
                    raise self.no_bucket(bucket) from error
                if version and code in GONE | _BAD_VERSION:
                    raise not_found(
                        f"version of {bucket}/{key}", version, (), hint="List its versions."
                    ) from error
                if code in GONE:
                    raise self.missing(bucket, key) from error
                raise

    def missing(self, bucket: str, key: str) -> NotFoundError:
        """Return the error for an object that is not there, with the closest that are."""
        there = itertools.islice(self.objects(bucket), SUGGESTED_FROM)
        try:
            known = [f"{bucket}/{one.object_name}" for one in there]
        except S3Error as error:
            if error.code == "NoSuchBucket":
                return self.no_bucket(bucket)
            # Keys that may read an object may still not list its bucket.
            known = []
        return not_found("object", f"{bucket}/{key}", known)

    def no_bucket(self, bucket: str) -> NotFoundError:
        """Return the error for a bucket that is not there, with the closest that are."""
        try:
            known = self.bucket_names()
        except AssistantError:
            known = ()
        return not_found("bucket", bucket, known)


def listed(bucket: str, one: Object) -> StoredObject:
    """Return what a listing says of an object.

    It tells neither tags nor type: the type is what the ending of the key promises.
    """
    key = str(one.object_name)
    return StoredObject(
        bucket=bucket,
        key=key,
        bytes=int(one.size or 0),
        etag=str(one.etag or "").strip('"'),
        content_type=content_type_of(key),
        modified_at=in_seconds(one.last_modified),
        version=version_of(one),
    )


def version_of(one: Object) -> str:
    """Return the version of an object; empty where its bucket keeps none."""
    version = str(one.version_id or "")
    return "" if version == "null" else version


def in_seconds(moment: datetime | None) -> datetime:
    """Cut a time to whole seconds: the answer about one object knows no finer ones."""
    return (moment or datetime.fromtimestamp(0, UTC)).replace(microsecond=0).astimezone(UTC)
