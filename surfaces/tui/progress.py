"""How far runs have come, as the panel shows it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.errors import AssistantError
from core.runs import Run, RunState, TaskState

if TYPE_CHECKING:
    from surfaces.tui.assistant import Assistant

SHOWN_RUNS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgress:
    """A run and how far it has come."""

    run: Run
    done: int
    total: int
    current: tuple[str, ...]
    """Names of the tasks that work now, or of the one that failed."""
    seconds: float | None
    """How long it took, or takes so far."""


def look(assistant: "Assistant") -> tuple[RunProgress, ...]:
    """Return the latest runs, those under way with their tasks.

    Raises:
        AssistantError: The runs cannot be read now.
    """
    latest = assistant.toolbox.masked(assistant.runs.list(limit=SHOWN_RUNS))
    return tuple(_progress(assistant, run) for run in latest.items)


def _progress(assistant: "Assistant", run: Run) -> RunProgress:
    if not run.state.ended or run.state is RunState.FAILED:
        run = assistant.toolbox.masked(assistant.runs.get(run.id))
    wanted = TaskState.FAILED if run.state is RunState.FAILED else TaskState.RUNNING
    seconds = run.seconds
    if seconds is None and run.started_at is not None and not run.state.ended:
        seconds = max(0, round((datetime.now(UTC) - run.started_at).total_seconds()))
    return RunProgress(
        run=run,
        done=sum(task.state not in {TaskState.PENDING, TaskState.RUNNING} for task in run.tasks),
        total=max(len(run.tasks), 0 if run.state.ended else _planned(assistant, run)),
        current=tuple(task.name for task in run.tasks if task.state is wanted),
        seconds=seconds,
    )


def _planned(assistant: "Assistant", run: Run) -> int:
    try:
        return len(assistant.catalog.find(run.pipeline).tasks)
    except AssistantError:
        # A run outlives its pipeline; then only the tasks that are known count.
        return 0
