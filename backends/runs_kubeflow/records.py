"""What the Pipelines API tells, checked at the door."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue


def _in_utc(moment: datetime | None) -> datetime | None:
    if moment is None or moment.year <= 1970:
        # Protocol buffers write an unset time as the beginning of 1970.
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _text(value: object) -> object:
    return "" if value is None else value


def _sequence(value: object) -> object:
    return () if value is None else value


def _mapping(value: object) -> object:
    return {} if value is None else value


Text = Annotated[str, BeforeValidator(_text)]
Moment = Annotated[datetime | None, AfterValidator(_in_utc)]
Values = Annotated[dict[str, JsonValue], BeforeValidator(_mapping)]


class _Record(BaseModel):
    model_config = ConfigDict(from_attributes=True, extra="ignore", frozen=True)


class Fault(_Record):
    """Why something failed."""

    message: Text = ""


class StateChange(_Record):
    """When something entered a state."""

    state: Text = ""
    update_time: Moment = None
    error: Fault | None = None


class Child(_Record):
    """A node that came out of another one."""

    task_id: Text = ""
    pod_name: Text = ""


class Node(_Record):
    """One node of a run's workflow: a task, a driver, a part of a loop."""

    task_id: Text = ""
    display_name: Text = ""
    state: Text = ""
    create_time: Moment = None
    start_time: Moment = None
    end_time: Moment = None
    error: Fault | None = None
    parent_task_id: Text = ""
    pod_name: Text = ""
    child_tasks: Annotated[tuple[Child, ...], BeforeValidator(_sequence)] = ()


class Details(_Record):
    """The nodes of a run."""

    task_details: Annotated[tuple[Node, ...], BeforeValidator(_sequence)] = ()


class Reference(_Record):
    """Which version of which pipeline."""

    pipeline_id: Text = ""
    pipeline_version_id: Text = ""


class RuntimeConfig(_Record):
    """What a run is given."""

    parameters: Values = Field(default_factory=dict)
    pipeline_root: Text = ""


class RunRecord(_Record):
    """A run as the API tells of it."""

    run_id: str
    display_name: Text = ""
    experiment_id: Text = ""
    storage_state: Text = ""
    state: Text = ""
    pipeline_version_reference: Reference | None = None
    pipeline_spec: Values = Field(default_factory=dict)
    runtime_config: RuntimeConfig | None = None
    created_at: Moment = None
    finished_at: Moment = None
    error: Fault | None = None
    recurring_run_id: Text = ""
    state_history: Annotated[tuple[StateChange, ...], BeforeValidator(_sequence)] = ()
    run_details: Details | None = None

    @property
    def nodes(self) -> Sequence[Node]:
        """The nodes of its workflow; none in lists of runs on some clusters."""
        return self.run_details.task_details if self.run_details else ()

    @property
    def archived(self) -> bool:
        """Whether it is in the trash."""
        return self.storage_state == "ARCHIVED"

    @property
    def parameters(self) -> Mapping[str, JsonValue]:
        """What it was given."""
        return self.runtime_config.parameters if self.runtime_config else {}

    @property
    def pipeline_root(self) -> str:
        """Where it was told to write; empty for the cluster's own place."""
        return self.runtime_config.pipeline_root if self.runtime_config else ""


class ExperimentRecord(_Record):
    """An experiment as the API tells of it."""

    experiment_id: str
    display_name: Text = ""
    description: Text = ""
    created_at: Moment = None
    last_run_created_at: Moment = None


class PipelineRecord(_Record):
    """A pipeline as the API tells of it."""

    pipeline_id: str
    name: Text = ""
    display_name: Text = ""
    description: Text = ""
    created_at: Moment = None

    @property
    def called(self) -> str:
        """What it is looked up by; clusters before the two names were told apart give one."""
        return self.name or self.display_name


class VersionRecord(_Record):
    """A version of a pipeline as the API tells of it."""

    pipeline_id: str
    pipeline_version_id: str
    name: Text = ""
    display_name: Text = ""
    created_at: Moment = None
    pipeline_spec: Values = Field(default_factory=dict)

    @property
    def called(self) -> str:
        """What it is looked up by."""
        return self.name or self.display_name


class CronSchedule(_Record):
    """When a recurring run starts: six fields, the first for seconds."""

    cron: Text = ""


class PeriodicSchedule(_Record):
    """How often a recurring run starts."""

    interval_second: Text = ""


class Trigger(_Record):
    """What starts a recurring run."""

    cron_schedule: CronSchedule | None = None
    periodic_schedule: PeriodicSchedule | None = None


class RecurringRecord(_Record):
    """A recurring run as the API tells of it."""

    recurring_run_id: str
    display_name: Text = ""
    pipeline_version_reference: Reference | None = None
    pipeline_spec: Values = Field(default_factory=dict)
    runtime_config: RuntimeConfig | None = None
    trigger: Trigger | None = None
    mode: Text = ""
    status: Text = ""
    created_at: Moment = None

    @property
    def enabled(self) -> bool:
        """Whether it fires."""
        return (self.status or self.mode) not in {"DISABLED", "DISABLE"}


class Health(_Record):
    """What a cluster says of itself."""

    multi_user: bool | None = None
    pipeline_store: Text = ""


class Listed(_Record):
    """A page of any of the API's lists, before its items are read."""

    items: Annotated[tuple[Any, ...], BeforeValidator(_sequence)] = ()
    total: Annotated[int, BeforeValidator(lambda value: value or 0)] = 0
    next_page_token: Text = ""
