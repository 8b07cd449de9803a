"""How the MinIO agent moves objects: from and to local files, inside the store, by a link."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from agents.events import Effect
from agents.moving import progress_of_call
from agents.toolbox import Tool
from agents.tools.object_use import InUse, split_reference
from core import clock
from core.errors import NotFoundError, RequestError
from core.lineage import Downloaded, SharedLink
from core.objects import ObjectStore, StoredObject
from core.quantities import size

LONGEST_HOURS = 7 * 24
"""How long a link may work: the longest that S3 signs."""
TRANSFER_SECONDS = 3600
"""How long an upload or a download may take."""


@dataclass(frozen=True, slots=True)
class ObjectTransferTools:
    """Objects on their way; the file of a model version is never written over."""

    store: ObjectStore
    in_use: InUse

    def upload_object(self, path: str, bucket: str, key: str = "") -> StoredObject:
        """Store a local file as an object.

        Args:
            path: The local file: `june_late.csv`.
            bucket: The bucket to store it in.
            key: Its name there; the file's own if empty, and below a folder that ends in `/`.
        """
        source, bucket, key = self._upload(path, bucket, key)
        return self.store.put(bucket, key, source, progress=progress_of_call.get())

    def upload_object_details(self, path: str, bucket: str, key: str) -> Mapping[str, str]:
        """Say what is stored where, and what it replaces."""
        source, bucket, key = self._upload(path, bucket, key)
        reads = f"{source.absolute()}, {size(source.stat().st_size)}"
        return {"reads": reads, **self._target(bucket, key)}

    def download_object(self, bucket: str, key: str, path: str = "") -> Downloaded:
        """Write an object to a local file.

        Args:
            bucket: Its bucket.
            key: Its name in the bucket.
            path: The local file or folder; the object's own name in this folder if empty.
        """
        bucket, key = split_reference(bucket, key)
        found = self.store.stat(bucket, key)
        target = self._local_target(key, path)
        written = self.store.download(bucket, key, target, progress_of_call.get())
        return Downloaded(object=found, path=str(written))

    def download_object_details(self, bucket: str, key: str, path: str) -> Mapping[str, str]:
        """Say what is written where, and which file it replaces."""
        bucket, key = split_reference(bucket, key)
        found, target = self.store.stat(bucket, key), self._local_target(key, path)
        details = {"reads": f"{found.reference}, {size(found.bytes)}", "writes": str(target)}
        if target.exists():
            details["replaces"] = f"the file of {size(target.stat().st_size)} that is there"
        return details

    def copy_object(self, bucket: str, key: str, to_bucket: str, to_key: str = "") -> StoredObject:
        """Copy an object with its tags inside the store.

        Args:
            bucket: Its bucket.
            key: Its name in the bucket.
            to_bucket: The bucket to copy it to.
            to_key: Its name there; the same if empty.
        """
        bucket, key = split_reference(bucket, key)
        to_bucket, to_key = self._copied(bucket, key, to_bucket, to_key)
        return self.store.copy(bucket, key, to_bucket, to_key)

    def copy_object_details(
        self, bucket: str, key: str, to_bucket: str, to_key: str
    ) -> Mapping[str, str]:
        """Say what is copied where, and what it replaces."""
        bucket, key = split_reference(bucket, key)
        found = self.store.stat(bucket, key)
        to_bucket, to_key = self._copied(bucket, key, to_bucket, to_key)
        reads = f"{found.reference}, {size(found.bytes)}"
        return {"reads": reads, **self._target(to_bucket, to_key)}

    def share_object(self, bucket: str, key: str, expires_hours: float = 1) -> SharedLink:
        """Make a link to an object that works for a while without credentials.

        Args:
            bucket: Its bucket.
            key: Its name in the bucket.
            expires_hours: For how many hours.
        """
        bucket, key = split_reference(bucket, key)
        if not 0 < expires_hours <= LONGEST_HOURS:
            raise RequestError(
                f"A link cannot work for {expires_hours:g} hours.",
                hint=f"Choose up to {LONGEST_HOURS} hours, which is a week.",
            )
        found, lasting = self.store.stat(bucket, key), timedelta(hours=expires_hours)
        url = self.store.share(bucket, key, lasting)
        return SharedLink(object=found, url=url, expires_at=clock.now() + lasting)

    def share_object_details(
        self, bucket: str, key: str, expires_hours: float
    ) -> Mapping[str, str]:
        """Say who can read what, and how long."""
        bucket, key = split_reference(bucket, key)
        found = self.store.stat(bucket, key)
        return {
            "shares": f"{found.reference}, {size(found.bytes)}",
            "with": f"everybody who has the link, for {expires_hours:g} h",
        }

    def _upload(self, path: str, bucket: str, key: str) -> tuple[Path, str, str]:
        source = Path(path).expanduser()
        if source.is_dir():
            raise RequestError(
                f"{path} is a folder.", hint="Give the path of one file; upload them one by one."
            )
        if not source.is_file():
            raise NotFoundError(
                f"There is no local file {path}.",
                hint=f"Paths are looked up from {Path.cwd()}.",
            )
        bucket, folder = split_reference(bucket, "") if not key else split_reference(bucket, key)
        if not folder or folder.endswith("/") or (not key and "/" in f"{bucket}/{folder}"[:-1]):
            folder = f"{folder.rstrip('/')}/{source.name}".lstrip("/")
        self.in_use.refuse_registered(bucket, folder)
        return source, bucket, folder

    def _copied(self, bucket: str, key: str, to_bucket: str, to_key: str) -> tuple[str, str]:
        to_bucket, _, folder = to_bucket.partition("/")
        name = to_key or key.rpartition("/")[2] if folder else to_key or key
        if name.endswith("/"):
            name = f"{name}{key.rpartition('/')[2]}"
        target = f"{folder.strip('/')}/{name}".lstrip("/")
        if (to_bucket, target) == (bucket, key):
            raise RequestError(
                f"{bucket}/{key} cannot be copied onto itself.",
                hint="Name another bucket or another key.",
            )
        self.in_use.refuse_registered(to_bucket, target)
        return to_bucket, target

    def _target(self, bucket: str, key: str) -> Mapping[str, str]:
        details = {"writes": f"{bucket}/{key}, {self.store.place}"}
        try:
            there = self.store.stat(bucket, key)
        except NotFoundError:
            if bucket not in {known.name for known in self.store.buckets()}:
                details["creates"] = f"the bucket {bucket}"
            return details
        details["replaces"] = (
            f"{size(there.bytes)} written {there.modified_at:%Y-%m-%d %H:%M} UTC"
            " (kept as a version where the store keeps versions)"
        )
        return details

    @staticmethod
    def _local_target(key: str, path: str) -> Path:
        name = key.rpartition("/")[2]
        target = Path(path).expanduser() if path else Path.cwd() / name
        target = target / name if target.is_dir() or path.endswith("/") else target
        if not target.parent.is_dir():
            raise NotFoundError(
                f"There is no local folder {target.parent}.",
                hint="Make it first, or name another file.",
            )
        return target.absolute()

    def tools(self) -> tuple[Tool, ...]:
        """Return the tools of this agent."""

        def moving(run: Callable[..., object], details: Callable[..., Mapping[str, str]]) -> Tool:
            return Tool(run, Effect.WRITES, details=details, seconds=TRANSFER_SECONDS)

        return (
            moving(self.upload_object, self.upload_object_details),
            moving(self.download_object, self.download_object_details),
            moving(self.copy_object, self.copy_object_details),
            Tool(self.share_object, Effect.WRITES, details=self.share_object_details),
        )
