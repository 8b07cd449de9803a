"""What runs left in the object store, by the convention of where a cluster writes.

The Pipelines API tells nothing of artifacts. A task's output is written to
`<root>/<pipeline>/<run id>/<task>/<a random part>/<name of the output>`; what else a cluster knows
of it (its metadata, which item of a loop made it) cannot be asked for and is left out. A task that
wants the metadata of its output `model` to be known writes them as JSON to an output of its own,
`model_metadata`.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from backends.runs_local.package import ObjectInput
from backends.runs_local.recording import PICTURES, kind_of_schema
from core.errors import NotFoundError, UnavailableError
from core.objects import ObjectStore, StoredObject
from core.pipelines import ParameterValue
from core.runs import Artifact, ArtifactKind

USUAL_ROOT = "minio://mlpipeline/v2/artifacts"
"""Where a cluster writes that was told nothing else.

Source: the default of `defaultPipelineRoot` in Kubeflow Pipelines' documentation.
"""
SCHEMES = frozenset({"s3", "minio"})
LOG = "executor-logs"
"""The output that a cluster adds for a task's log, where it is set up to keep logs."""
MOST_OBJECTS = 1000
LARGEST_METRICS = 1 << 20
"""Bytes of a file of metrics, or of metadata, that is still read."""
METADATA = "_metadata"
"""How the name of an output ends that tells the metadata of another."""
_SHA256 = re.compile("[0-9a-f]{64}")
_RANDOM = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """An object below a run's place."""

    task: str
    name: str
    """The name of the task's output; with the path below it where the output is a folder."""
    stored: StoredObject


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlace:
    """Where one run writes."""

    run_id: str
    bucket: str
    prefix: str


@dataclass(frozen=True, slots=True)
class Outputs:
    """Finds what runs left."""

    store: ObjectStore

    def place(self, root: str, pipeline: str, run_id: str) -> RunPlace:
        """Return where a run writes.

        Raises:
            UnavailableError: It is a kind of place that this assistant does not reach.
        """
        parts = urlsplit(root or USUAL_ROOT)
        if parts.scheme not in SCHEMES or not parts.netloc:
            raise UnavailableError(
                f"Run {run_id} writes to {root}, which is no bucket that can be read from here.",
                hint="Set runs.pipeline_root to s3://bucket/folder for the runs to come.",
            )
        prefix = PurePosixPath(parts.path.strip("/"), pipeline, run_id)
        return RunPlace(run_id=run_id, bucket=parts.netloc, prefix=f"{prefix}/")

    def made(self, place: RunPlace) -> Sequence[Output]:
        """Return what a run wrote, by key.

        Raises:
            UnavailableError: The store does not answer or has no such bucket.
        """
        try:
            page = self.store.list(place.bucket, place.prefix, limit=MOST_OBJECTS)
        except NotFoundError as error:
            raise UnavailableError(
                f"What run {place.run_id} wrote is in the bucket {place.bucket!r}, which is not"
                f" {self.store.place}.",
                hint="Set store to the object store of the cluster, and runs.pipeline_root to a"
                " bucket of it.",
            ) from error
        return [found for stored in page for found in _output(stored, place.prefix)]

    def artifacts(
        self, place: RunPlace, schemas: Mapping[tuple[str, str], str]
    ) -> Sequence[Artifact]:
        """Return what of a run's outputs has a kind.

        Args:
            place: Where the run writes.
            schemas: The KFP type of each output, by its task's and its own name.
        """
        made = self.made(place)
        told = {found.stored.key: found.stored for found in made if found.name.endswith(METADATA)}
        return [
            Artifact(
                run_id=place.run_id,
                task=found.task,
                name=found.name,
                kind=kind,
                bucket=found.stored.bucket,
                key=found.stored.key,
                bytes=found.stored.bytes,
                content_hash=_hash(found.stored),
                metadata=self._metadata(told.get(f"{found.stored.key}{METADATA}")),
            )
            for found in made
            if (kind := _kind(found, schemas)) is not None
        ]

    def _metadata(self, stored: StoredObject | None) -> Mapping[str, ParameterValue]:
        """Return what a task told of an output of its own; nothing where it told nothing."""
        if stored is None or stored.bytes > LARGEST_METRICS:
            return {}
        try:
            read = json.loads(self.store.read(stored.bucket, stored.key))
        except ValueError:
            return {}
        return read if isinstance(read, dict) else {}

    def inputs(
        self,
        run_id: str,
        named: Sequence[ObjectInput],
        parameters: Mapping[str, ParameterValue],
        at: datetime | None,
    ) -> Iterator[Artifact]:
        """Yield the objects that a run's parameters name, as they were when the run was made.

        An object that is gone is left out; one that was written since, and of which no older
        version is kept, has no hash.
        """
        for item in named:
            bucket, _, key = str(parameters.get(item.parameter) or "").partition("/")
            try:
                stored = self._as_it_was(self.store.stat(bucket, key), at)
            except NotFoundError:
                continue
            yield Artifact(
                run_id=run_id,
                task=item.task,
                name=item.parameter,
                kind=kind_of_schema(item.schema_title) or ArtifactKind.DATASET,
                bucket=bucket,
                key=key,
                bytes=stored.bytes,
                content_hash=_hash(stored),
                metadata={"etag": stored.etag} if stored.etag else {},
                is_input=True,
            )

    def _as_it_was(self, stored: StoredObject, at: datetime | None) -> StoredObject:
        if at is None or stored.modified_at <= at:
            return stored
        versions = self.store.versions(stored.bucket, stored.key)
        older = (version for version in versions if version.modified_at <= at)
        return next(older, replace(stored, etag=""))

    def metrics(self, artifacts: Sequence[Artifact]) -> Mapping[str, float]:
        """Return the numbers at the top of a run's files of metrics."""
        numbers: dict[str, float] = {}
        for made in artifacts:
            if made.kind is ArtifactKind.METRICS and made.bytes <= LARGEST_METRICS:
                numbers.update(_numbers(self.store.read(made.bucket, made.key)))
        return numbers

    def log(self, place: RunPlace, task: str) -> str | None:
        """Return a task's log, if the cluster keeps logs among the outputs."""
        logs = [
            found.stored for found in self.made(place) if (found.task, found.name) == (task, LOG)
        ]
        if not logs:
            return None
        newest = max(logs, key=lambda stored: stored.modified_at)
        return self.store.read(newest.bucket, newest.key).decode("utf-8", errors="replace")


def _output(stored: StoredObject, prefix: str) -> Iterator[Output]:
    task, *parts = stored.key.removeprefix(prefix).split("/")
    # Older clusters write without the random part.
    below = parts[1:] if parts and _RANDOM.fullmatch(parts[0]) else parts
    if below:
        yield Output(task=task, name="/".join(below), stored=stored)


def _kind(found: Output, schemas: Mapping[tuple[str, str], str]) -> ArtifactKind | None:
    output, _, below = found.name.partition("/")
    ending = PurePosixPath(found.name).suffix
    if output == LOG:
        return None
    if ending in PICTURES or found.stored.content_type.startswith("image/"):
        return ArtifactKind.PLOT
    if ending in {".html", ".md"} or found.stored.content_type.startswith("text/html"):
        return ArtifactKind.REPORT
    # A folder of anything but pictures is one thing in many files: none of them stands for it.
    return None if below else kind_of_schema(schemas.get((found.task, output), ""))


def _hash(stored: StoredObject) -> str:
    """Return the content's SHA-256 where the store knows it; reading it all would cost too much."""
    return stored.etag if _SHA256.fullmatch(stored.etag) else ""


def _numbers(content: bytes) -> Mapping[str, float]:
    try:
        read = json.loads(content)
    except ValueError:
        return {}
    return {
        name: float(value)
        for name, value in (read.items() if isinstance(read, dict) else ())
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }
