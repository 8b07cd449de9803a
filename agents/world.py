"""What exists right now, read from the ports."""

from collections.abc import Sequence
from dataclasses import dataclass

from agents.toolbox import Toolbox
from agents.tools.references import find_run
from core.errors import AssistantError
from core.objects import ObjectStore
from core.pipelines import PipelineSpec
from core.runs import Run, RunBackend
from core.schedules import Schedule
from core.triggers import TriggerBook
from knowledge.library import Library
from models.deployments.book import DeploymentBook
from models.registry import Registry
from pipelines.catalog import Catalog

RECENT = 100
"""How many runs and how many keys of a bucket are looked at."""


@dataclass(frozen=True, slots=True)
class KnownWorld:
    """Implements `core.world.World`; a port that does not answer shows nothing."""

    toolbox: Toolbox
    catalog: Catalog
    runs: RunBackend
    store: ObjectStore
    registry: Registry
    library: Library
    deployed: DeploymentBook
    book: TriggerBook

    def tools(self) -> frozenset[str]:
        """Return the names of the tools that can be called."""
        return frozenset(tool.name for tool in self.toolbox)

    def pipelines(self) -> Sequence[PipelineSpec]:
        """Return the pipelines that can be run."""
        return self.catalog.all()

    def recent_runs(self) -> Sequence[Run]:
        """Return the newest runs, newest first, without their tasks."""
        try:
            return self.runs.list(limit=RECENT).items
        except AssistantError:
            return ()

    def tasks(self, run: str) -> Sequence[str]:
        """Return the names of a run's tasks."""
        try:
            return [task.name for task in find_run(self.runs, run).tasks]
        except AssistantError:
            return ()

    def buckets(self) -> Sequence[str]:
        """Return the names of the buckets."""
        try:
            return self.store.bucket_names()
        except AssistantError:
            return ()

    def keys(self, bucket: str) -> Sequence[str]:
        """Return the first keys of a bucket."""
        try:
            return [found.key for found in self.store.list(bucket, limit=RECENT)]
        except AssistantError:
            return ()

    def models(self) -> Sequence[str]:
        """Return the names of the registered models."""
        try:
            return [model.name for model in self.registry.models()]
        except AssistantError:
            return ()

    def model_versions(self, model: str) -> Sequence[str]:
        """Return what a model's versions can be called: numbers and aliases."""
        try:
            found = next((m for m in self.registry.models() if m.name == model), None)
        except AssistantError:
            return ()
        if found is None:
            return ()
        return [*(str(v.version) for v in found.versions), *sorted(found.aliases)]

    def experiments(self) -> Sequence[str]:
        """Return the names of the experiments."""
        try:
            return [experiment.name for experiment in self.runs.experiments()]
        except AssistantError:
            return ()

    def schedules(self) -> Sequence[str]:
        """Return the names of the schedules."""
        try:
            return [schedule.name for schedule in self.runs.schedules()]
        except AssistantError:
            return ()

    def timetable(self) -> Sequence[Schedule]:
        """Return the schedules themselves: what they start, when, and whether they are paused."""
        try:
            return self.runs.schedules()
        except AssistantError:
            return ()

    def triggers(self) -> Sequence[str]:
        """Return the names of the triggers."""
        try:
            return [trigger.name for trigger in self.book.all()]
        except AssistantError:
            return ()

    def deployments(self) -> Sequence[str]:
        """Return the names of the deployments."""
        return self.deployed.names()

    def documented(self, question: str) -> bool:
        """Tell whether the documentation, as far as it was read, answers a question."""
        try:
            return self.library.knows(question)
        except AssistantError:
            return False

    def sources(self) -> Sequence[str]:
        """Return the names of the documents' sources."""
        try:
            return self.library.names()
        except AssistantError:
            return ()
