"""What exists right now, so that words can be matched with things."""

from collections.abc import Sequence
from typing import Protocol

from core.pipelines import PipelineSpec
from core.runs import Run
from core.schedules import Schedule


class World(Protocol):
    """Answers quickly what there is; a part that cannot be reached is empty."""

    def tools(self) -> frozenset[str]:
        """Return the names of the tools that can be called."""
        ...

    def pipelines(self) -> Sequence[PipelineSpec]:
        """Return the pipelines that can be run."""
        ...

    def recent_runs(self) -> Sequence[Run]:
        """Return the newest runs, newest first, without their tasks."""
        ...

    def tasks(self, run: str) -> Sequence[str]:
        """Return the names of a run's tasks."""
        ...

    def buckets(self) -> Sequence[str]:
        """Return the names of the buckets."""
        ...

    def keys(self, bucket: str) -> Sequence[str]:
        """Return the first keys of a bucket."""
        ...

    def models(self) -> Sequence[str]:
        """Return the names of the registered models."""
        ...

    def model_versions(self, model: str) -> Sequence[str]:
        """Return what a model's versions can be called: numbers and aliases."""
        ...

    def experiments(self) -> Sequence[str]:
        """Return the names of the experiments."""
        ...

    def schedules(self) -> Sequence[str]:
        """Return the names of the schedules."""
        ...

    def timetable(self) -> Sequence[Schedule]:
        """Return the schedules themselves: what they start, when, and whether they are paused."""
        ...

    def triggers(self) -> Sequence[str]:
        """Return the names of the triggers."""
        ...

    def deployments(self) -> Sequence[str]:
        """Return the names of the deployments."""
        ...

    def documented(self, question: str) -> bool:
        """Tell whether the documentation, as far as it was read, answers a question."""
        ...

    def sources(self) -> Sequence[str]:
        """Return the names of the documents' sources."""
        ...
