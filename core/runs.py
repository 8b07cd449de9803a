"""Runs of pipelines: the types and the port that speaks them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from core.paging import Page
from core.pipelines import ParameterValue, PipelineSpec, PipelineVersion
from core.schedules import Scheduler


class RunState(StrEnum):
    """Where a run stands."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    SKIPPED = "SKIPPED"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self not in {RunState.PENDING, RunState.RUNNING}


class TaskState(StrEnum):
    """Where a task of a run stands."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    CACHED = "CACHED"
    SKIPPED = "SKIPPED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"


class ArtifactKind(StrEnum):
    """What an artifact is good for."""

    DATASET = "dataset"
    MODEL = "model"
    METRICS = "metrics"
    PLOT = "plot"
    REPORT = "report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One execution of a step of a pipeline."""

    name: str
    """`validate-data`; an iteration of a loop carries its item: `tune-model [SVC]`."""
    state: TaskState
    started_at: datetime | None = None
    finished_at: datetime | None = None
    reason: str = ""
    """Why the task failed; empty unless `state` is `FAILED`."""

    @property
    def seconds(self) -> float | None:
        """How long it took, once it ended."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """An object that a task of a run produced or read."""

    run_id: str
    task: str
    name: str
    kind: ArtifactKind
    bucket: str
    key: str
    bytes: int
    content_hash: str
    """SHA-256 of the content, in hexadecimal; empty where nobody computed it."""
    metadata: Mapping[str, ParameterValue] = field(default_factory=dict)
    is_input: bool = False
    """Whether the run read it rather than made it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution of a pipeline."""

    id: str
    """Eight hexadecimal digits or more."""
    name: str
    pipeline: str
    pipeline_version: str = ""
    experiment: str = "default"
    state: RunState
    parameters: Mapping[str, ParameterValue]
    """As the run used them: defaults filled in."""
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    reason: str = ""
    """Why the run failed; empty unless `state` is `FAILED`."""
    tasks: tuple[Task, ...] = ()
    """In the order in which they became known; empty in lists."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    attempt: int = 1
    """Counts how often it was tried: 2 after the first retry."""
    schedule: str = ""
    """The name of the schedule that started it; empty if a person did."""

    @property
    def seconds(self) -> float | None:
        """How long it took, once it ended."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunQuery:
    """Which runs to list; an empty field does not restrict."""

    pipeline: str = ""
    state: RunState | None = None
    experiment: str = ""
    since: datetime | None = None
    name: str = ""
    id_prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """A name that runs are grouped under."""

    name: str
    description: str = ""
    created_at: datetime | None = None
    runs: int = 0
    """How many runs it holds."""
    last_run_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLogs:
    """The last lines that a run, or one task of it, wrote."""

    run_id: str
    task: str
    """Empty for all tasks."""
    lines: tuple[str, ...]
    total_lines: int
    path: str = ""
    """Where the whole log is, when it is on this machine."""

    @property
    def truncated(self) -> bool:
        """Whether there is more than what is shown."""
        return len(self.lines) < self.total_lines


class RunBackend(Scheduler, Protocol):
    """Runs pipelines and remembers how they went."""

    @property
    def place(self) -> str:
        """Where runs happen, in words: `on this machine`, `on Kubeflow at 127.0.0.1:8080`."""
        ...

    def check(
        self, pipeline: PipelineSpec, parameters: Mapping[str, ParameterValue]
    ) -> Mapping[str, ParameterValue]:
        """Return the parameters as a run would use them, without starting one.

        Raises:
            RequestError: A parameter is unknown, missing or of the wrong type.
            NotFoundError: An object that a parameter names does not exist.
        """
        ...

    def start(
        self,
        pipeline: PipelineSpec,
        parameters: Mapping[str, ParameterValue],
        *,
        experiment: str = "default",
        name: str = "",
        use_cache: bool = True,
    ) -> Run:
        """Start a run and return at once.

        Raises:
            RequestError: A parameter is unknown, missing or of the wrong type.
            NotFoundError: An object that a parameter names does not exist.
            UnavailableError: The run could not be started.
        """
        ...

    def get(self, run_id: str) -> Run:
        """Return a run by its full id, with its tasks.

        Raises:
            NotFoundError: There is no such run.
        """
        ...

    def list(self, query: RunQuery = RunQuery(), limit: int = 10) -> Page[Run]:
        """List runs, newest start first, without their tasks."""
        ...

    def artifacts(self, run_id: str) -> Sequence[Artifact]:
        """Return what a run read and made, in the order of recording."""
        ...

    def recorded(self, bucket: str, key: str, content_hash: str = "") -> Sequence[Artifact]:
        """Return what is recorded of an object by its name, or of its content by its hash.

        Both as made and as read, the newest record first; runs in the trash count as well. A
        backend that records nothing of its own looks through its latest runs.
        """
        ...

    def logs(self, run_id: str, task: str = "", tail: int = 100) -> RunLogs:
        """Return the last `tail` lines of one task, or of all tasks in turn."""
        ...

    def cancel(self, run_id: str) -> Run:
        """Stop a run and everything it started; a run that ended is returned as it is."""
        ...

    def typical_seconds(self, pipeline: str) -> float | None:
        """Return the median duration of the pipeline's latest succeeded runs, if any."""
        ...

    def unseen(self, run_id: str) -> str:
        """Say why outputs of a run may be missing among its artifacts; empty if none is."""
        ...

    def log_folder(self, run_id: str) -> Path | None:
        """Return where a run's logs are on this machine, if they are."""
        ...

    def retry(self, run_id: str) -> Run:
        """Start a new attempt of a run that failed or was stopped, under the same id.

        What succeeded is reused.

        Raises:
            NotFoundError: There is no such run.
            RequestError: The run is still at work, or it succeeded.
        """
        ...

    def delete(self, run_id: str) -> None:
        """Move a run that ended, with its logs, to the trash; its objects stay.

        Raises:
            NotFoundError: There is no such run.
            RequestError: The run is still at work.
        """
        ...

    def trash(self) -> Sequence[Run]:
        """Return the runs in the trash, the latest deleted first."""
        ...

    def empty_trash(self) -> int:
        """Remove what is in the trash for good; return how many runs that were."""
        ...

    def pipelines(self) -> Sequence[PipelineSpec]:
        """Return the newest version of every pipeline that was uploaded, by name."""
        ...

    def versions(self, pipeline: str) -> Sequence[PipelineVersion]:
        """Return the versions of a pipeline that were uploaded, newest first."""
        ...

    def upload(self, pipeline: PipelineSpec) -> PipelineVersion:
        """Keep a pipeline, or a new version of one, so that it can be run by its name.

        Raises:
            RequestError: The package cannot be run here; the message says why.
        """
        ...

    def experiments(self) -> Sequence[Experiment]:
        """Return every experiment, the latest used first."""
        ...

    def create_experiment(self, name: str, description: str = "") -> Experiment:
        """Create an experiment.

        Raises:
            RequestError: One of that name exists.
        """
        ...
