"""What the MinIO agent can change of buckets and objects."""

from collections.abc import Mapping
from dataclasses import dataclass

from agents.events import Effect
from agents.toolbox import Tool
from agents.tools.object_use import InUse, split_reference
from core.errors import NotFoundError, RequestError
from core.lineage import Removed
from core.objects import Bucket, ObjectStore, StoredObject
from core.quantities import size


@dataclass(frozen=True, slots=True)
class ObjectChangeTools:
    """Changes to buckets and objects; what a model version or a run at work uses stays."""

    store: ObjectStore
    in_use: InUse

    def create_bucket(self, bucket: str) -> Bucket:
        """Create a bucket.

        Args:
            bucket: Its name: 3 to 63 lower-case letters, digits and hyphens.
        """
        if bucket in {known.name for known in self.store.buckets()}:
            raise RequestError(
                f"The bucket {bucket} exists already.", hint="Use it, or choose another name."
            )
        return self.store.create_bucket(bucket)

    def create_bucket_details(self, bucket: str) -> Mapping[str, str]:
        """Say where the bucket will be."""
        return {"creates": f"{bucket}, {self.store.place}"}

    def delete_bucket(self, bucket: str, with_objects: bool = False) -> Removed:
        """Delete a bucket; with its objects only when that is asked for.

        Args:
            bucket: Its name.
            with_objects: Whether its objects go to the trash; a bucket that holds some is
                refused without it.
        """
        found = self._bucket(bucket)
        self.in_use.refuse_used(bucket)
        self.store.delete_bucket(bucket, with_objects=with_objects)
        return Removed(bucket=bucket, objects=found.objects, bytes=found.bytes)

    def delete_bucket_details(self, bucket: str, with_objects: bool) -> Mapping[str, str]:
        """Say what is lost with the bucket."""
        found = self._bucket(bucket)
        if found.objects and not with_objects:
            raise RequestError(
                f"The bucket {bucket} is not empty: it holds {_count(found.objects)}.",
                hint="Ask for it to be deleted with its objects, which then go to the trash.",
            )
        self.in_use.refuse_used(bucket)
        lost = f"{_count(found.objects)}, {size(found.bytes)}"
        return {"deletes": f"{bucket}, {self.store.place}", "to the trash": lost}

    def tag_object(self, bucket: str, key: str, tags: dict[str, str]) -> StoredObject:
        """Set tags of an object, beside those that it has.

        Args:
            bucket: Its bucket.
            key: Its name in the bucket.
            tags: Values by name; an empty value takes a tag away.
        """
        bucket, key = split_reference(bucket, key)
        if not tags:
            raise RequestError("No tag was given.", hint="Give names with values: status=final.")
        return self.store.tag(bucket, key, tags)

    def tag_object_details(self, bucket: str, key: str, tags: dict[str, str]) -> Mapping[str, str]:
        """Say how the tags change."""
        bucket, key = split_reference(bucket, key)
        found = self.store.stat(bucket, key)
        changes = [tag_change(name, found.tags.get(name), value) for name, value in tags.items()]
        return {"tags": found.reference, "changes": ", ".join(changes)}

    def delete_object(self, bucket: str, key: str) -> Removed:
        """Delete an object: it goes to the trash.

        Args:
            bucket: Its bucket.
            key: Its name in the bucket.
        """
        bucket, key = split_reference(bucket, key)
        found = self.store.stat(bucket, key)
        self.in_use.refuse_used(bucket, key)
        self.store.delete(bucket, key)
        return Removed(bucket=bucket, key=key, bytes=found.bytes, tags=found.tags)

    def delete_object_details(self, bucket: str, key: str) -> Mapping[str, str]:
        """Say what is lost, and how to get it back."""
        bucket, key = split_reference(bucket, key)
        found = self.store.stat(bucket, key)
        self.in_use.refuse_used(bucket, key)
        details = {
            "deletes": f"{found.reference}, {size(found.bytes)},"
            f" written {found.modified_at:%Y-%m-%d %H:%M} UTC",
        }
        if readers := self.in_use.readers(bucket, key):
            latest = f"the run {readers[0]}"
            if len(readers) > 1:
                latest = f"{len(readers)} runs, the latest {readers[0]}"
            details["read by"] = f"{latest}; a repetition needs the object"
        return {**details, "back": "it lies in the trash until that is emptied"}

    def _bucket(self, bucket: str) -> Bucket:
        for known in self.store.buckets():
            if known.name == bucket:
                return known
        # The store words it, with the closest names.
        self.store.list(bucket, limit=1)
        raise NotFoundError(f"There is no bucket {bucket}.")

    def tools(self) -> tuple[Tool, ...]:
        """Return the tools of this agent."""
        writes, destroys = Effect.WRITES, Effect.DESTROYS
        return (
            Tool(self.create_bucket, writes, details=self.create_bucket_details),
            Tool(self.delete_bucket, destroys, details=self.delete_bucket_details),
            Tool(self.tag_object, writes, details=self.tag_object_details),
            Tool(self.delete_object, destroys, details=self.delete_object_details),
        )


def _count(objects: int) -> str:
    return f"{objects:,} object" if objects == 1 else f"{objects:,} objects"


def tag_change(name: str, before: str | None, value: str) -> str:
    """Say how a tag changes."""
    if not value:
        return f"{name} is taken away"
    return f"{name} = {value}" if before is None else f"{name} {before} → {value}"
