"""What the KFP agent can do with runs that start by the clock."""

from collections.abc import Mapping
from dataclasses import dataclass

from agents.events import Effect
from agents.toolbox import Tool
from core import clock
from core.errors import RequestError, not_found
from core.paging import Page, page_of
from core.pipelines import ParameterValue
from core.runs import RunBackend
from core.schedules import Schedule, Ticking
from core.timetable import cron_in_words, next_firings
from pipelines.catalog import Catalog
from pipelines.differences import in_words

SHOWN_FIRINGS = 3


@dataclass(frozen=True, slots=True)
class ScheduleTools:
    """Runs that start by the clock."""

    catalog: Catalog
    runs: RunBackend

    def schedule_run(
        self,
        pipeline: str,
        cron: str,
        parameters: dict[str, ParameterValue] = {},  # noqa: B006 (never changed; the contract's default)
        name: str = "",
    ) -> Schedule:
        """Let a pipeline run again and again, at times that five cron fields name in UTC.

        Args:
            pipeline: Its name.
            cron: Minute, hour, day of the month, month, day of the week, such as `0 6 * * 1-5`.
            parameters: Values by parameter name; what is not given keeps its default.
            name: A name for the schedule; one is made up if empty.
        """
        return self.runs.schedule(self.catalog.find(pipeline), cron, parameters, name=name)

    def schedule_run_details(
        self, pipeline: str, cron: str, parameters: dict[str, ParameterValue], name: str
    ) -> Mapping[str, str]:
        """Say when it fires next, with which parameters, and what has to be up for it."""
        spec = self.catalog.find(pipeline)
        firings = next_firings(cron, SHOWN_FIRINGS, clock.now())
        taken = [one.name for one in self.runs.schedules()]
        if name and name.strip() in taken:
            raise RequestError(
                f"There is a schedule {name.strip()!r} already.",
                hint="Choose another name, or delete that one first.",
                quoted=[name],
            )
        chosen = self.runs.check(spec, parameters)
        return {
            "runs": f"{spec.name}, {cron_in_words(cron)}",
            "next": ", ".join(f"{at:%a %Y-%m-%d %H:%M}" for at in firings) + " (UTC)",
            "parameters": ", ".join(f"{key}={in_words(value)}" for key, value in chosen.items()),
            **self._needs(),
        }

    def list_schedules(self) -> Page[Schedule]:
        """List the schedules: what runs by the clock, when next, and what was missed."""
        return page_of(list(self.runs.schedules()))

    def pause_schedule(self, schedule: str) -> Schedule:
        """Let a schedule fire no more until it is resumed.

        Args:
            schedule: Its name or id.
        """
        return self.runs.pause(self._enabled(schedule).id)

    def pause_schedule_details(self, schedule: str) -> Mapping[str, str]:
        """Say what will not happen."""
        found = self._enabled(schedule)
        left_out = f"{found.next_at:%a %Y-%m-%d %H:%M} UTC" if found.next_at else "unknown"
        return {"pauses": _told(found), "will not fire": f"{left_out} and after, until resumed"}

    def resume_schedule(self, schedule: str) -> Schedule:
        """Let a paused schedule fire again, from now on.

        Args:
            schedule: Its name or id.
        """
        return self.runs.resume(self._paused(schedule).id)

    def resume_schedule_details(self, schedule: str) -> Mapping[str, str]:
        """Say when it fires next."""
        found = self._paused(schedule)
        firings = next_firings(found.cron, SHOWN_FIRINGS, clock.now())
        shown = ", ".join(f"{at:%a %Y-%m-%d %H:%M}" for at in firings)
        return {"resumes": _told(found), "next": f"{shown} (UTC)", **self._needs()}

    def delete_schedule(self, schedule: str) -> Schedule:
        """Delete a schedule; the runs it started stay.

        Args:
            schedule: Its name or id.
        """
        found = find_schedule(self.runs, schedule)
        self.runs.delete_schedule(found.id)
        return found

    def delete_schedule_details(self, schedule: str) -> Mapping[str, str]:
        """Say what is lost."""
        found = find_schedule(self.runs, schedule)
        return {"deletes": _told(found), "loses": "its timetable; it has no trash", "keeps": "runs"}

    def _needs(self) -> Mapping[str, str]:
        """Say what must be up for schedules to fire, where that is on this machine."""
        if not isinstance(self.runs, Ticking):
            return {}
        return {
            "fires": "while an assistant or `mlops-swarm daemon` is up; what passes meanwhile is"
            " told as missed, and not run late"
        }

    def _enabled(self, schedule: str) -> Schedule:
        found = find_schedule(self.runs, schedule)
        if not found.enabled:
            raise RequestError(
                f"{found.name} is paused already.", hint="It fires again once it is resumed."
            )
        return found

    def _paused(self, schedule: str) -> Schedule:
        found = find_schedule(self.runs, schedule)
        if found.enabled:
            at = f", next on {found.next_at:%a %Y-%m-%d %H:%M} UTC" if found.next_at else ""
            raise RequestError(
                f"{found.name} is not paused.", hint=f"It fires {cron_in_words(found.cron)}{at}."
            )
        return found

    def tools(self) -> tuple[Tool, ...]:
        """Return the tools of this agent."""
        return (
            Tool(self.schedule_run, Effect.WRITES, details=self.schedule_run_details),
            Tool(self.list_schedules),
            Tool(self.pause_schedule, Effect.WRITES, details=self.pause_schedule_details),
            Tool(self.resume_schedule, Effect.WRITES, details=self.resume_schedule_details),
            Tool(self.delete_schedule, Effect.DESTROYS, details=self.delete_schedule_details),
        )


def find_schedule(runs: RunBackend, reference: str) -> Schedule:
    """Return a schedule by its name or id.

    Raises:
        NotFoundError: There is no such schedule; the hint names the closest.
    """
    every = runs.schedules()
    wanted = reference.strip().casefold()
    for schedule in every:
        if wanted in {schedule.name.casefold(), schedule.id.casefold()}:
            return schedule
    raise not_found("schedule", reference, [schedule.name for schedule in every])


def _told(schedule: Schedule) -> str:
    return f"{schedule.name}: {schedule.pipeline}, {cron_in_words(schedule.cron)}"
