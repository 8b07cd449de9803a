"""What ids stand for: a cluster speaks in ids, people in names."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from backends.runs_kubeflow.cluster import Cluster
from backends.runs_kubeflow.listing import first
from backends.runs_kubeflow.packages import Upload, plan_in
from backends.runs_kubeflow.queries import equals
from backends.runs_kubeflow.records import (
    ExperimentRecord,
    PipelineRecord,
    RecurringRecord,
    Reference,
    VersionRecord,
)
from backends.runs_local.package import Plan
from core.errors import NotFoundError, RequestError
from core.pipelines import PipelineSpec

DEFAULT = "default"
"""The experiment of runs that name none; clusters write it with a capital letter."""


@dataclass(frozen=True)
class Names:
    """Looks things up by id and by name; what never changes is asked for once."""

    cluster: Cluster
    _known: dict[tuple[str, str], object] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def pipeline(self, pipeline_id: str) -> str:
        """Return a pipeline's name; its id once it was deleted."""
        found = self._once("pipeline", pipeline_id, lambda: self.cluster.pipeline(pipeline_id))
        return found.called if isinstance(found, PipelineRecord) else pipeline_id

    def version(self, reference: Reference) -> VersionRecord | None:
        """Return a version of a pipeline with its package; nothing once it was deleted."""
        found = self._once(
            "version", reference.pipeline_version_id, lambda: self.cluster.version(reference)
        )
        return found if isinstance(found, VersionRecord) else None

    def plan(self, reference: Reference) -> Plan:
        """Return what a version's package plans; an empty plan once it was deleted."""

        def read() -> Plan:
            version = self.version(reference)
            return plan_in(version.pipeline_spec if version else {})

        found = self._once("plan", reference.pipeline_version_id, read)
        return found if isinstance(found, Plan) else Plan(tasks=(), objects=())

    def experiment(self, experiment_id: str) -> str:
        """Return an experiment's name."""
        found = self._once(
            "experiment", experiment_id, lambda: self.cluster.experiment(experiment_id)
        )
        name = found.display_name if isinstance(found, ExperimentRecord) else experiment_id
        return DEFAULT if name.casefold() == DEFAULT or not name else name

    def schedule(self, recurring_run_id: str) -> str:
        """Return a schedule's name; its id once it was deleted."""
        found = self._once(
            "schedule", recurring_run_id, lambda: self.cluster.recurring_run(recurring_run_id)
        )
        return found.display_name if isinstance(found, RecurringRecord) else recurring_run_id

    def experiments_named(self, name: str) -> Sequence[ExperimentRecord]:
        """Return the experiment of a name, if there is one."""
        written = (name, name.capitalize()) if name == DEFAULT else (name,)
        for text in written:
            if found := first(self.cluster.experiments([equals("name", text)]), 1):
                return found
        return ()

    def experiment_for(self, name: str) -> str:
        """Return the id of an experiment for a new run, which is made if it is not there.

        Empty for the default one of a cluster of one user.
        """
        name = name or DEFAULT
        if name == DEFAULT and not self.cluster.namespace:
            return ""
        # Where several users work, each namespace has a default experiment of its own.
        found = self.experiments_named(name)
        if found:
            return found[0].experiment_id
        written = DEFAULT.capitalize() if name == DEFAULT else name
        return self.cluster.create_experiment(written, "").experiment_id

    def uploaded(self, pipeline: PipelineSpec, upload: Upload) -> Reference:
        """Return a version of a pipeline, which is uploaded if it is not there yet."""
        record = self.cluster.pipeline_named(pipeline.name)
        if record is None:
            record = self._made(pipeline)
        versions = first(self.cluster.versions(record.pipeline_id, upload.name, page=1), 1)
        version = (
            versions[0]
            if versions
            else self.cluster.upload_version(record.pipeline_id, upload.name, upload.package)
        )
        return Reference(
            pipeline_id=record.pipeline_id, pipeline_version_id=version.pipeline_version_id
        )

    def _made(self, pipeline: PipelineSpec) -> PipelineRecord:
        try:
            return self.cluster.create_pipeline(pipeline.name, pipeline.description)
        except RequestError:
            # Somebody else may have made it between our question and our answer.
            record = self.cluster.pipeline_named(pipeline.name)
            if record is None:
                raise
            return record

    def _once(self, kind: str, key: str, ask: Callable[[], object]) -> object:
        if not key:
            return None
        with self._lock:
            if (kind, key) in self._known:
                return self._known[kind, key]
        try:
            found = ask()
        except NotFoundError:
            found = None
        with self._lock:
            self._known[kind, key] = found
        return found
