"""Objects in buckets: the types and the port that speaks them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

from core.charts import Chart
from core.paging import Page
from core.runs import Artifact


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A named place for objects."""

    name: str
    objects: int
    bytes: int
    newest: datetime | None = None
    """When its newest object was written."""
    at_least: bool = False
    """Whether it holds more than was counted: a very large bucket is not counted to its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """A stored file."""

    bucket: str
    key: str
    bytes: int
    etag: str
    """Changes whenever the content does."""
    content_type: str
    modified_at: datetime
    tags: Mapping[str, str] = field(default_factory=dict)
    version: str = ""

    @property
    def reference(self) -> str:
        """`bucket/key`, as run parameters write it."""
        return f"{self.bucket}/{self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrashedObject:
    """An object that was deleted and can still be brought back."""

    object: StoredObject
    deleted_at: datetime
    place: str
    """What the store calls it in the trash."""


Progress = Callable[[int, int], None]
"""Told the bytes moved so far and all of them, now and then; raising in it stops the transfer."""


class ObjectStore(Protocol):
    """Keeps objects in buckets."""

    @property
    def place(self) -> str:
        """Where the objects are, in words: `in /home/me/objects`, `at 127.0.0.1:9000`."""
        ...

    def bucket_names(self) -> Sequence[str]:
        """Return the names of the buckets, sorted, without looking into them."""
        ...

    def buckets(self) -> Sequence[Bucket]:
        """Return every bucket, by name, with what is in it."""
        ...

    def create_bucket(self, bucket: str) -> Bucket:
        """Create a bucket; one that exists is returned as it is."""
        ...

    def list(
        self, bucket: str, prefix: str = "", limit: int = 50, cursor: str = ""
    ) -> Page[StoredObject]:
        """List objects by key, below a prefix, from a cursor on.

        Raises:
            NotFoundError: There is no such bucket.
        """
        ...

    def stat(self, bucket: str, key: str, version: str = "") -> StoredObject:
        """Return what is known of an object, or of one version of it, without reading it.

        Raises:
            NotFoundError: There is no such bucket or object; the hint names the closest.
        """
        ...

    def versions(self, bucket: str, key: str) -> Sequence[StoredObject]:
        """Return the versions of an object, newest first; one where versions are not kept.

        Raises:
            NotFoundError: There is no such bucket or object.
        """
        ...

    def open(self, bucket: str, key: str, version: str = "") -> BinaryIO:
        """Open an object for reading; the caller closes it."""
        ...

    def read(self, bucket: str, key: str) -> bytes:
        """Return the whole content of an object."""
        ...

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
        """Store bytes or a local file, all of it or nothing; creates the bucket if needed.

        Raises:
            RequestError: Writing is not allowed in this store, or the name is impossible.
        """
        ...

    def put_if(self, bucket: str, key: str, data: bytes, etag: str) -> StoredObject | None:
        """Store bytes only where nothing has changed meanwhile; None where something has.

        Of several who do so at once, on any machine, one succeeds.

        Args:
            bucket: Where; it is made if needed.
            key: What.
            data: The new content.
            etag: What the object has now; empty where there is none yet.
        """
        ...

    def download(self, bucket: str, key: str, path: Path, progress: Progress | None = None) -> Path:
        """Write an object to a local file, all of it or nothing; goes on where it was broken off.

        Raises:
            NotFoundError: There is no such bucket or object.
        """
        ...

    def copy(self, bucket: str, key: str, to_bucket: str, to_key: str) -> StoredObject:
        """Copy an object with its tags, inside the store."""
        ...

    def tag(self, bucket: str, key: str, tags: Mapping[str, str]) -> StoredObject:
        """Set tags of an object beside those it has; an empty value takes a tag away."""
        ...

    def share(self, bucket: str, key: str, expires: timedelta) -> str:
        """Return a link to an object that works for a while without credentials.

        Raises:
            RequestError: This store has no links that others could open.
        """
        ...

    def delete(self, bucket: str, key: str) -> None:
        """Move an object to the trash."""
        ...

    def delete_bucket(self, bucket: str, *, with_objects: bool = False) -> None:
        """Remove a bucket; with its objects, they go to the trash.

        Raises:
            RequestError: It is not empty, and `with_objects` was not asked for.
        """
        ...

    def trash(self) -> Sequence[TrashedObject]:
        """Return what is in the trash, the latest deleted first."""
        ...

    def restore(self, place: str) -> StoredObject:
        """Bring an object back from the trash.

        Raises:
            NotFoundError: Nothing of that name is in the trash.
            RequestError: An object of its name has come since.
        """
        ...

    def empty_trash(self) -> int:
        """Remove what is in the trash for good; return how many objects that were."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnProfile:
    """What one column of a table holds."""

    name: str
    type: str
    """`number`, `text`, `date` or `boolean`."""
    missing: int
    distinct: int
    minimum: str = ""
    maximum: str = ""
    top: str = ""
    """The most frequent value, with its share."""
    histogram: tuple[int, ...] = ()
    """How many values of a number column lie in each of some equal parts of its range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePreview:
    """The first rows of a table and a profile of its columns."""

    object: StoredObject
    columns: tuple[ColumnProfile, ...]
    rows: tuple[tuple[str, ...], ...]
    total_rows: int
    profiled_rows: int
    """How many rows the profile was made from."""
    estimated: bool = False
    """Whether `total_rows` is reckoned from the size: a large table at a server is not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPreview:
    """The beginning of a text."""

    object: StoredObject
    text: str
    language: str = "text"
    """`json`, `yaml`, `markdown`, `html` or `text`."""
    truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BinaryPreview:
    """An object that is neither a table nor a text; pictures carry their size."""

    object: StoredObject
    description: str
    """What it is, in words: `PNG picture, 900 x 600 pixels`."""
    path: str = ""
    """Where the content is on this machine, if it is."""


Preview = TablePreview | TextPreview | BinaryPreview


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A plot that a run made."""

    run_id: str
    kind: str
    artifact: Artifact
    chart: Chart | None = None
    """The plot as a value, where the pipeline stored one beside the picture."""
    others: tuple[str, ...] = ()
    """The kinds of the run's other plots."""
