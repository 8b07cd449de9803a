"""What the KFP agent can do with runs that ended."""

from collections.abc import Mapping
from dataclasses import dataclass

from agents.events import Effect
from agents.toolbox import Tool
from agents.tools.diagnosis import diagnose
from agents.tools.references import find_run
from core.errors import RequestError
from core.runs import Run, RunBackend, RunState, TaskState

NAMED_TASKS = 4


@dataclass(frozen=True, slots=True)
class AttemptTools:
    """Runs that ended: once more, or away."""

    runs: RunBackend

    def retry_run(self, run: str) -> Run:
        """Try a run that failed or was stopped once more; what succeeded is reused.

        Args:
            run: An id, the beginning of one, a name, or `latest failed`.
        """
        return self.runs.retry(_retriable(self.runs, run).id)

    def retry_run_details(self, run: str) -> Mapping[str, str]:
        """Say what is reused, what runs again, and whether that can help."""
        found = _retriable(self.runs, run)
        done = [
            task.name
            for task in found.tasks
            if task.state in {TaskState.SUCCEEDED, TaskState.CACHED}
        ]
        again = [
            task.name
            for task in found.tasks
            if task.state not in {TaskState.SUCCEEDED, TaskState.CACHED}
        ]
        details = {
            "tries": f"{found.id} ({found.name}) once more: attempt {found.attempt + 1}",
            "reuses": _named(done) or "nothing: no task had succeeded",
            "runs again": _named(again) or "nothing",
        }
        if found.state is RunState.FAILED:
            fault = diagnose(self.runs, found).fault
            if fault is not None:
                details["failed because"] = fault.cause
            if fault is not None and fault.retry_helps is False:
                details["likely"] = (
                    "the same again, unless the cause was removed. Data that was read already is"
                    " reused as it was: to read it anew, start a new run instead"
                )
        return details

    def delete_run(self, run: str) -> Run:
        """Delete a run that ended, with its logs; it goes to the trash, its objects stay.

        Args:
            run: An id, the beginning of one, a name, or `latest failed`.
        """
        found = _deletable(self.runs, run)
        self.runs.delete(found.id)
        return found

    def delete_run_details(self, run: str) -> Mapping[str, str]:
        """Say which run goes and what stays."""
        found = _deletable(self.runs, run)
        made = sum(not one.is_input for one in self.runs.artifacts(found.id))
        started = f", started {found.started_at:%Y-%m-%d %H:%M} UTC" if found.started_at else ""
        return {
            "deletes": f"{found.id} ({found.name}) of {found.pipeline}, {found.state}{started}",
            "loses": f"its record and the logs of {len(found.tasks)} tasks, until the trash is"
            " emptied",
            "keeps": f"the {made} objects it made",
        }

    def tools(self) -> tuple[Tool, ...]:
        """Return the tools of this agent."""
        return (
            Tool(self.retry_run, Effect.WRITES, details=self.retry_run_details),
            Tool(self.delete_run, Effect.DESTROYS, details=self.delete_run_details),
        )


def _retriable(runs: RunBackend, reference: str) -> Run:
    found = find_run(runs, reference)
    if found.state in {RunState.FAILED, RunState.CANCELED}:
        return found
    hint = (
        "It is at work still: stop it first."
        if not found.state.ended
        else f"To do it all again, start a new run of {found.pipeline}."
    )
    raise RequestError(
        f"Run {found.id} ({found.name}) is {found.state}: only a run that failed or was stopped"
        " can be tried again.",
        hint=hint,
        quoted=[found.name],
    )


def _deletable(runs: RunBackend, reference: str) -> Run:
    found = find_run(runs, reference)
    if not found.state.ended:
        raise RequestError(
            f"Run {found.id} ({found.name}) is at work: {found.state}.",
            hint="Stop it first, then delete it.",
            quoted=[found.name],
        )
    return found


def _named(tasks: list[str]) -> str:
    rest = len(tasks) - NAMED_TASKS
    return ", ".join([*tasks[:NAMED_TASKS], *([f"and {rest} more"] if rest > 0 else [])])
