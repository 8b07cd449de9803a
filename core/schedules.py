"""Runs that start by the clock: the type and the port that speaks it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from core.pipelines import ParameterValue, PipelineSpec

if TYPE_CHECKING:
    from core.runs import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A pipeline that is to run again and again."""

    id: str
    name: str
    pipeline: str
    cron: str
    """Five fields, in UTC: `0 6 * * 1-5`."""
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)
    enabled: bool = True
    """False while it is paused."""
    created_at: datetime | None = None
    next_at: datetime | None = None
    """When it fires next; None while it is paused."""
    last_fired_at: datetime | None = None
    last_run: str = ""
    """The id of the run it started last."""
    missed: tuple[datetime, ...] = ()
    """Firings that passed while nothing was there to run them, oldest first."""


class Scheduler(Protocol):
    """Starts runs by the clock."""

    def schedules(self) -> Sequence[Schedule]:
        """Return every schedule, by name."""
        ...

    def schedule(
        self,
        pipeline: PipelineSpec,
        cron: str,
        parameters: Mapping[str, ParameterValue],
        *,
        name: str = "",
    ) -> Schedule:
        """Create a schedule; its first run is at the next time the cron fields name.

        Raises:
            RequestError: The cron fields make no sense, the name is taken, or a parameter is
                wrong.
        """
        ...

    def pause(self, schedule_id: str) -> Schedule:
        """Let a schedule fire no more until it is resumed."""
        ...

    def resume(self, schedule_id: str) -> Schedule:
        """Let a paused schedule fire again, from now on."""
        ...

    def delete_schedule(self, schedule_id: str) -> None:
        """Remove a schedule; the runs it started stay."""
        ...


@runtime_checkable
class Ticking(Scheduler, Protocol):
    """A scheduler that only works while somebody looks at the clock for it."""

    def fire_due(self) -> "Sequence[Run]":
        """Start the runs that are due now and return them; safe when several ask at once."""
        ...
