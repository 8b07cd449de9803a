"""A small world for tests of understanding: real values, no services."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from core.pipelines import PipelineSpec
from core.runs import Run, RunState
from core.schedules import Schedule
from pipelines.catalog import Catalog

START = datetime(2026, 5, 14, 9, tzinfo=UTC)


def a_run(number: int, state: RunState = RunState.SUCCEEDED, name: str = "") -> Run:
    """Return the nth newest run of a small history."""
    return Run(
        id=f"{number:x}7f3a1c{number:x}",
        name=name or f"delay-prediction-{number}",
        pipeline="delay-prediction",
        state=state,
        parameters={},
        created_at=START - timedelta(hours=number),
        started_at=START - timedelta(hours=number),
    )


@dataclass(frozen=True, slots=True)
class SmallWorld:
    """Implements `core.world.World`."""

    callable_tools: frozenset[str]
    runs: Sequence[Run] = ()
    objects: Mapping[str, Sequence[str]] = field(
        default_factory=lambda: {
            "artifacts": (),
            "datasets": ("schedule_management.csv",),
            "models": (),
        }
    )
    registered: Sequence[str] = ("delay",)
    answered: frozenset[str] = frozenset()
    """The questions that the documentation answers."""

    def tools(self) -> frozenset[str]:
        return self.callable_tools

    def pipelines(self) -> Sequence[PipelineSpec]:
        return Catalog().all()

    def recent_runs(self) -> Sequence[Run]:
        return self.runs

    def tasks(self, run: str) -> Sequence[str]:
        del run
        return ("validate-data", "tune-model [SVC]", "evaluate-models")

    def buckets(self) -> Sequence[str]:
        return list(self.objects)

    def keys(self, bucket: str) -> Sequence[str]:
        return self.objects[bucket]

    def models(self) -> Sequence[str]:
        return self.registered

    def model_versions(self, model: str) -> Sequence[str]:
        return ("3", "2", "1", "challenger", "champion") if model in self.registered else ()

    def experiments(self) -> Sequence[str]:
        return ("camera-study", "default", "spring-retraining")

    def schedules(self) -> Sequence[str]:
        return ("nightly-training", "weekly-drift")

    def timetable(self) -> Sequence[Schedule]:
        return (
            Schedule(
                id="s1", name="nightly-training", pipeline="delay-prediction", cron="0 2 * * *"
            ),
            Schedule(
                id="s2",
                name="weekly-drift",
                pipeline="drift-check",
                cron="0 6 * * 2",
                enabled=False,
            ),
        )

    def documented(self, question: str) -> bool:
        return question in self.answered

    def triggers(self) -> Sequence[str]:
        return ("planned-scoring", "exports-training")

    def deployments(self) -> Sequence[str]:
        return ("delay-api",)

    def sources(self) -> Sequence[str]:
        return ("corpus",)
