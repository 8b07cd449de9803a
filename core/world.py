"""What exists right now, so that words can be matched with things."""

from collections.abc import Sequence
from typing import Protocol

from core.runs import PipelineSpec, Run


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
