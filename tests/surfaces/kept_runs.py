"""Runs in memory for the terminal's tests, which a test may move on."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.errors import not_found
from core.paging import Page, page_of
from core.pipelines import Parameter, ParameterValue, PipelineSpec, TaskNode
from core.runs import Artifact, Run, RunLogs, RunQuery, RunState, Task, TaskState
from core.schedules import Schedule

BEGAN = datetime(2026, 3, 12, 9, 30, tzinfo=UTC)

PIPELINE = PipelineSpec(
    name="delay-prediction",
    description="Trains models that foretell late construction phases.",
    parameters=(Parameter(name="folds", type="integer", default=5),),
    tasks=tuple(TaskNode(name=name) for name in ("validate-data", "train", "evaluate", "report")),
    package="",
    version="0123456789ab",
)


def run_value(run_id: str, state: RunState, tasks: tuple[Task, ...] = (), **more: object) -> Run:
    ended = BEGAN + timedelta(seconds=192) if state.ended else None
    run = Run(
        id=run_id,
        name=f"run-{run_id[:2]}",
        pipeline=PIPELINE.name,
        state=state,
        parameters={"folds": 5},
        created_at=BEGAN,
        started_at=BEGAN,
        finished_at=ended,
        tasks=tasks,
    )
    return replace(run, **more)  # type: ignore[arg-type]  # fields of a run, by name


@dataclass
class KeptRuns:
    """Runs in memory, which a test may move on."""

    runs: dict[str, Run] = field(default_factory=dict)
    started: list[dict[str, ParameterValue]] = field(default_factory=list)

    def start(
        self, pipeline: PipelineSpec, parameters: dict[str, ParameterValue], **_: object
    ) -> Run:
        del pipeline
        self.started.append(dict(parameters))
        run = run_value(f"{len(self.runs) + 10}aa00bb", RunState.RUNNING)
        self.runs[run.id] = run
        return run

    def get(self, run_id: str) -> Run:
        if run_id not in self.runs:
            raise not_found("run", run_id, self.runs)
        return self.runs[run_id]

    def list(self, query: RunQuery | None = None, limit: int = 10) -> Page[Run]:
        del query
        return page_of([replace(run, tasks=()) for run in reversed(self.runs.values())], limit)

    def artifacts(self, run_id: str) -> Sequence[Artifact]:
        self.get(run_id)
        return ()

    def logs(self, run_id: str, task: str = "", tail: int = 100) -> RunLogs:
        self.get(run_id)
        lines = (f"{task or 'every task'} begins", "\x1b[31mred\x1b[0m and done")[:tail]
        return RunLogs(run_id=run_id, task=task, lines=lines, total_lines=2)

    def cancel(self, run_id: str) -> Run:
        self.runs[run_id] = replace(self.get(run_id), state=RunState.CANCELED)
        return self.runs[run_id]

    def typical_seconds(self, pipeline: str) -> float | None:
        del pipeline
        return None

    def unseen(self, run_id: str) -> str:
        del run_id
        return ""

    def schedules(self) -> Sequence[Schedule]:
        return ()

    def log_folder(self, run_id: str) -> Path | None:
        del run_id
        return None


class Catalog:
    def find(self, name: str) -> PipelineSpec:
        if name != PIPELINE.name:
            raise not_found("pipeline", name, [PIPELINE.name])
        return PIPELINE


RUNNING = run_value(
    "1f00ba12",
    RunState.RUNNING,
    (
        Task(
            name="validate-data",
            state=TaskState.SUCCEEDED,
            started_at=BEGAN,
            finished_at=BEGAN + timedelta(seconds=3),
        ),
        Task(name="train", state=TaskState.RUNNING, started_at=BEGAN + timedelta(seconds=3)),
    ),
)
FAILED = run_value(
    "2e00ba12",
    RunState.FAILED,
    (Task(name="train", state=TaskState.FAILED, started_at=BEGAN, reason="no memory left"),),
    reason="no memory left",
)
