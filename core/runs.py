"""Runs of pipelines: the types and the port that speaks them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from typing_extensions import TypeAliasType

from core.paging import Page

ParameterValue = TypeAliasType(
    "ParameterValue",
    "str | int | float | bool | list[ParameterValue] | dict[str, ParameterValue] | None",
)


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
class Parameter:
    """A parameter of a pipeline."""

    name: str
    type: str
    """`string`, `integer`, `number`, `boolean`, `list` or `struct`."""
    default: ParameterValue = None
    required: bool = False
    description: str = ""
    choices: tuple[str, ...] = ()
    is_object: bool = False
    """Whether its value names an object as `bucket/key`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskNode:
    """A task in a pipeline's graph."""

    name: str
    after: tuple[str, ...] = ()
    """Names of the tasks it waits for."""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineSpec:
    """A pipeline that can be run."""

    name: str
    description: str
    parameters: tuple[Parameter, ...]
    tasks: tuple[TaskNode, ...]
    package: str
    """The compiled KFP v2 package, as YAML text."""
    version: str
    """The first 12 hexadecimal digits of the package's SHA-256."""


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
    """SHA-256 of the content, in hexadecimal."""
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


class RunBackend(Protocol):
    """Runs pipelines and remembers how they went."""

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

    def logs(self, run_id: str, task: str = "", tail: int = 100) -> RunLogs:
        """Return the last `tail` lines of one task, or of all tasks in turn."""
        ...

    def cancel(self, run_id: str) -> Run:
        """Stop a run and everything it started; a run that ended is returned as it is."""
        ...

    def typical_seconds(self, pipeline: str) -> float | None:
        """Return the median duration of the pipeline's latest succeeded runs, if any."""
        ...

    def log_folder(self, run_id: str) -> Path | None:
        """Return where a run's logs are on this machine, if they are."""
        ...
