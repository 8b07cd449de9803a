"""What of the store is in use, and so must not go."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.errors import RequestError
from core.runs import RunBackend, RunQuery, RunState
from models.registry import Registry

LOOKED_THROUGH = 100
"""How many runs at work are looked through for one that uses an object."""


def split_reference(bucket: str, key: str) -> tuple[str, str]:
    """Accept `bucket/folder` where a bucket is asked for."""
    name, _, folder = bucket.partition("/")
    return name, f"{folder.rstrip('/')}/{key}".lstrip("/") if folder else key


@dataclass(frozen=True, slots=True)
class InUse:
    """What model versions and runs at work stand on."""

    runs: RunBackend
    registry: Registry

    def refuse_registered(self, bucket: str, key: str) -> None:
        """Refuse to write over the file of a model version."""
        for place, user in self.registered():
            if place == f"{bucket}/{key}":
                raise RequestError(
                    f"{bucket}/{key} is the file of the model version {user}.",
                    hint="A version never changes; a new run registers a new one.",
                )

    def refuse_used(self, bucket: str, key: str = "") -> None:
        """Refuse to delete what a model version, a deployment or a run at work uses."""
        for place, user in (*self.registered(), *self._read_by_runs()):
            if place == f"{bucket}/{key}" or (not key and place.startswith(f"{bucket}/")):
                raise RequestError(
                    f"{place} cannot be deleted: {user} uses it.",
                    hint="Stop the run first; files of model versions stay as long as the"
                    " versions do.",
                    quoted=[place],
                )

    def registered(self) -> Iterator[tuple[str, str]]:
        """Yield the files of the model versions, with the version each belongs to."""
        # A run that has just ended may have left a version that was not taken in yet.
        self.registry.sync(self.runs)
        for model in self.registry.models():
            for version in model.versions:
                named = f"{version.model}:{version.version}"
                yield f"{version.bucket}/{version.key}", named

    def readers(self, bucket: str, key: str) -> Sequence[str]:
        """Return the ids of the runs that are known to have read an object, the latest first."""
        recorded = self.runs.recorded(bucket, key)
        return list(dict.fromkeys(one.run_id for one in recorded if one.is_input))

    def _read_by_runs(self) -> Iterator[tuple[str, str]]:
        for state in (RunState.RUNNING, RunState.PENDING):
            for run in self.runs.list(RunQuery(state=state), LOOKED_THROUGH):
                for read in self.runs.artifacts(run.id):
                    if read.is_input:
                        yield f"{read.bucket}/{read.key}", f"the run {run.id} ({run.name})"
