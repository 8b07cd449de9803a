"""What exists, looked at once for one decision: the same question is not asked twice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from core.pipelines import PipelineSpec
from core.runs import Run
from core.schedules import Schedule
from core.world import World

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Implements `core.world.World`; remembers what another one answered."""

    world: World
    _seen: dict[tuple[str, ...], object] = field(default_factory=dict)

    def tools(self) -> frozenset[str]:
        """Return the names of the tools that can be called."""
        return self._once(("tools",), self.world.tools)

    def pipelines(self) -> Sequence[PipelineSpec]:
        """Return the pipelines that can be run."""
        return self._once(("pipelines",), self.world.pipelines)

    def recent_runs(self) -> Sequence[Run]:
        """Return the newest runs, newest first, without their tasks."""
        return self._once(("recent_runs",), self.world.recent_runs)

    def tasks(self, run: str) -> Sequence[str]:
        """Return the names of a run's tasks."""
        return self._once(("tasks", run), lambda: self.world.tasks(run))

    def buckets(self) -> Sequence[str]:
        """Return the names of the buckets."""
        return self._once(("buckets",), self.world.buckets)

    def keys(self, bucket: str) -> Sequence[str]:
        """Return the first keys of a bucket."""
        return self._once(("keys", bucket), lambda: self.world.keys(bucket))

    def models(self) -> Sequence[str]:
        """Return the names of the registered models."""
        return self._once(("models",), self.world.models)

    def model_versions(self, model: str) -> Sequence[str]:
        """Return what a model's versions can be called: numbers and aliases."""
        return self._once(("model_versions", model), lambda: self.world.model_versions(model))

    def experiments(self) -> Sequence[str]:
        """Return the names of the experiments."""
        return self._once(("experiments",), self.world.experiments)

    def schedules(self) -> Sequence[str]:
        """Return the names of the schedules."""
        return self._once(("schedules",), self.world.schedules)

    def timetable(self) -> Sequence[Schedule]:
        """Return the schedules themselves: what they start, when, and whether they are paused."""
        return self._once(("timetable",), self.world.timetable)

    def triggers(self) -> Sequence[str]:
        """Return the names of the triggers."""
        return self._once(("triggers",), self.world.triggers)

    def deployments(self) -> Sequence[str]:
        """Return the names of the deployments."""
        return self._once(("deployments",), self.world.deployments)

    def documented(self, question: str) -> bool:
        """Tell whether the documentation, as far as it was read, answers a question."""
        return self._once(("documented", question), lambda: self.world.documented(question))

    def sources(self) -> Sequence[str]:
        """Return the names of the documents' sources."""
        return self._once(("sources",), self.world.sources)

    def _once(self, question: tuple[str, ...], ask: Callable[[], Answer]) -> Answer:
        if question not in self._seen:
            self._seen[question] = ask()
        return self._seen[question]  # type: ignore[return-value]  # what was put there under it
