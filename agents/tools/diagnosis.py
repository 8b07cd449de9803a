"""What the KFP agent can do about runs that failed."""

from collections.abc import Sequence
from dataclasses import dataclass

from agents.toolbox import Tool
from agents.tools.references import find_run
from core.diagnosis import Diagnosis, Fault
from core.errors import NotFoundError, UnavailableError
from core.runs import Run, RunBackend, RunState, TaskState
from pipelines.diagnosis.finding import TaskLog, find_faults
from pipelines.diagnosis.memory import earlier_faults, what_ended

READ_LINES = 400
"""How many of the last lines of each failed task are looked at."""
READ_TASKS = 5
SHOWN_FAULTS = 3


@dataclass(frozen=True, slots=True)
class DiagnosisTools:
    """Why runs fail."""

    runs: RunBackend

    def diagnose_run(self, run: str) -> Diagnosis:
        """Say why a run failed: the cause, the log lines that show it, what to do about it.

        Runs that failed in the same way before are named, with what ended that.

        Args:
            run: An id, the beginning of one, a name, `latest failed` or `latest`.
        """
        return diagnose(self.runs, find_run(self.runs, run))

    def tools(self) -> tuple[Tool, ...]:
        """Return the tools of this agent."""
        return (Tool(self.diagnose_run, untrusted=True),)


def diagnose(runs: RunBackend, run: Run) -> Diagnosis:
    """Return what is known of why a run did not succeed.

    Raises:
        UnavailableError: The history of runs cannot be read.
    """
    base = Diagnosis(
        run_id=run.id,
        run_name=run.name,
        pipeline=run.pipeline,
        state=run.state,
        fault=None,
        summary=_not_failed(run),
    )
    if run.state not in {RunState.FAILED, RunState.CANCELED}:
        return base
    logs, notes = _logs(runs, run)
    first, *others = find_faults(run, logs)
    since = what_ended(runs, run)
    return Diagnosis(
        run_id=run.id,
        run_name=run.name,
        pipeline=run.pipeline,
        state=run.state,
        fault=first,
        summary=_summary(run, first),
        others=tuple(others[: SHOWN_FAULTS - 1]),
        earlier=tuple(earlier_faults(runs, run)),
        since=since if since.fixed_by else None,
        notes=tuple(notes),
    )


def _not_failed(run: Run) -> str:
    if run.state is RunState.SUCCEEDED:
        return f"Run {run.id} ({run.name}) succeeded: there is nothing to explain."
    broken = [task.name for task in run.tasks if task.state is TaskState.FAILED]
    so_far = f"{broken[0]} has failed so far" if broken else "nothing has failed so far"
    return f"Run {run.id} ({run.name}) is {run.state.value.lower()}: {so_far}."


def _summary(run: Run, fault: Fault) -> str:
    if run.state is RunState.CANCELED:
        return f"Run {run.id} ({run.name}) was stopped. {fault.cause}"
    where = f" in task {fault.task}" if fault.task else ""
    return f"Run {run.id} ({run.name}) failed{where}. {fault.cause}"


def _logs(runs: RunBackend, run: Run) -> tuple[Sequence[TaskLog], Sequence[str]]:
    """Return the logs of what failed, and remarks about those that cannot be read."""
    failed = [task.name for task in run.tasks if task.state is TaskState.FAILED]
    logs, notes = [], []
    # Where no task failed, the run itself broke off: then whatever was written counts.
    for name in failed[:READ_TASKS] or [""]:
        try:
            logs.append(TaskLog(task=name, lines=runs.logs(run.id, name, READ_LINES).lines))
        except (NotFoundError, UnavailableError) as error:
            notes.append(f"The log of {name or 'the run'} could not be read: {error.message}")
    return logs, notes
