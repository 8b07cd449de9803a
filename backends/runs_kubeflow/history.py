"""Runs as a cluster tells of them, in our words."""

import itertools
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from pydantic import JsonValue

from backends.runs_kubeflow.cluster import PAGE, Cluster
from backends.runs_kubeflow.listing import Found, first
from backends.runs_kubeflow.names import Names
from backends.runs_kubeflow.outputs import SCHEMES
from backends.runs_kubeflow.packages import (
    defaults_in,
    loops_in,
    name_in,
    plan_in,
    version_in,
)
from backends.runs_kubeflow.queries import (
    Predicate,
    archived,
    contains,
    equals,
    in_state,
    run_state,
    since,
)
from backends.runs_kubeflow.records import RunRecord
from backends.runs_kubeflow.steps import Workflow
from backends.runs_local.package import Plan
from core.errors import NotFoundError, RequestError, not_found
from core.paging import Page
from core.pipelines import ParameterValue
from core.runs import Run, RunQuery, RunState, Task, TaskState

RUNS_FOR_A_TYPICAL_TIME = 5
MOST_LOOKED_THROUGH = 2000
"""Runs that are looked at one by one where a cluster cannot look for us."""
CANDIDATES = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class History:
    """The runs of a cluster."""

    cluster: Cluster
    names: Names

    def record(self, run_id: str) -> RunRecord:
        """Return a run that is not in the trash, as the API tells of it.

        Raises:
            NotFoundError: There is no such run; the hint names the closest.
        """
        try:
            record = self.cluster.run(run_id)
        except NotFoundError:
            record = None
        if record is None or record.archived:
            recent = first(self.cluster.runs([archived(False)], page=CANDIDATES), CANDIDATES)
            raise not_found("run", run_id, [known.run_id for known in recent])
        return record

    def list(self, query: RunQuery, limit: int) -> Page[Run]:
        """List runs, newest first."""
        found = self._found(query, max(1, limit))
        if found is None:
            return Page(items=(), total=0)
        items = tuple(self.run(record) for record in first(found, limit))
        return Page(
            items=items,
            total=found.total,
            has_more=len(items) < found.total,
            at_least=not found.is_counted,
        )

    def count(self, pipeline: str) -> int:
        """Return how many runs a pipeline has."""
        found = self._found(RunQuery(pipeline=pipeline), 1)
        return found.total if found else 0

    def trash(self) -> Found[RunRecord]:
        """List the runs in the archive."""
        return self.cluster.runs([archived(True)])

    def typical_seconds(self, pipeline: str) -> float | None:
        """Return the median duration of the latest succeeded runs, if any."""
        query = RunQuery(pipeline=pipeline, state=RunState.SUCCEEDED)
        page = self.list(query, RUNS_FOR_A_TYPICAL_TIME)
        seconds = [run.seconds for run in page if run.seconds is not None]
        return statistics.median(seconds) if seconds else None

    def run(
        self,
        record: RunRecord,
        tasks: tuple[Task, ...] = (),
        metrics: Mapping[str, float] | None = None,
    ) -> Run:
        """Return a run in our words."""
        reference = record.pipeline_version_reference
        version = self.names.version(reference) if reference else None
        spec = self.spec_of(record)
        state = run_state(record.state)
        changes = record.state_history
        starts = [change.update_time for change in changes if change.state == "RUNNING"]
        started = next((moment for moment in starts if moment), None)
        created = record.created_at or started or _EPOCH
        has_begun = state is not RunState.PENDING
        return Run(
            id=record.run_id,
            name=record.display_name,
            pipeline=self.pipeline_of(record),
            pipeline_version=version_in(version.called) if version else "",
            experiment=self.names.experiment(record.experiment_id),
            state=state,
            parameters={**defaults_in(spec), **plain_parameters(record.parameters)},
            created_at=created,
            started_at=(started or created) if has_begun else None,
            finished_at=record.finished_at if state.ended else None,
            reason=_reason(record, tasks or self.workflow(record).tasks())
            if state is RunState.FAILED
            else "",
            tasks=tasks,
            metrics=metrics or {},
            attempt=1 + _retries(record),
            schedule=self.names.schedule(record.recurring_run_id),
        )

    def pipeline_of(self, record: RunRecord) -> str:
        """Return the name of a run's pipeline."""
        reference = record.pipeline_version_reference
        if reference and reference.pipeline_id:
            return self.names.pipeline(reference.pipeline_id)
        return name_in(record.pipeline_spec)

    def spec_of(self, record: RunRecord) -> Mapping[str, JsonValue]:
        """Return the package that a run runs; nothing once it was deleted."""
        if record.pipeline_spec:
            return record.pipeline_spec
        reference = record.pipeline_version_reference
        version = self.names.version(reference) if reference else None
        return version.pipeline_spec if version else {}

    def workflow(self, record: RunRecord) -> Workflow:
        """Return a run's nodes with the plan behind them."""
        spec = self.spec_of(record)
        plan = self.plan(record)
        return Workflow(
            nodes=record.nodes,
            plan=plan,
            state=run_state(record.state),
            loops=loops_in(spec, record.parameters) if plan.tasks else {},
        )

    def plan(self, record: RunRecord) -> Plan:
        """Return what a run's package plans; an empty plan once it was deleted."""
        reference = record.pipeline_version_reference
        if reference is None:
            return plan_in(record.pipeline_spec)
        return self.names.plan(reference)

    def _found(self, query: RunQuery, limit: int) -> Found[RunRecord] | None:
        """Return what a query asks for; nothing where a name in it is unknown."""
        predicates = [archived(False), *_predicates(query)]
        experiment_id = ""
        if query.experiment:
            named = self.names.experiments_named(query.experiment)
            if not named:
                return None
            experiment_id = named[0].experiment_id
        if not query.pipeline:
            found = self.cluster.runs(predicates, experiment_id=experiment_id, page=limit)
        else:
            pipeline = self.cluster.pipeline_named(query.pipeline)
            if pipeline is None:
                return None
            found = self._of_pipeline(predicates, pipeline.pipeline_id, experiment_id, limit)
        # The API finds a text anywhere in an id.
        return _begun(found, query.id_prefix) if query.id_prefix else found

    def _of_pipeline(
        self, predicates: Sequence[Predicate], pipeline_id: str, experiment_id: str, limit: int
    ) -> Found[RunRecord]:
        try:
            return self.cluster.runs(
                [*predicates, equals("pipeline_id", pipeline_id)],
                experiment_id=experiment_id,
                page=limit,
            )
        except RequestError:
            # Clusters before this was a field to ask for refuse it.
            everything = self.cluster.runs(predicates, experiment_id=experiment_id, page=PAGE)
            fitting = [
                record
                for record in first(everything, MOST_LOOKED_THROUGH)
                if record.pipeline_version_reference
                and record.pipeline_version_reference.pipeline_id == pipeline_id
            ]
            return Found(items=iter(fitting), total=len(fitting), is_counted=False)


def plain_parameters(values: Mapping[str, JsonValue]) -> Mapping[str, ParameterValue]:
    """Return parameters as people write them: `bucket/key` instead of an address."""
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: JsonValue) -> ParameterValue:
    match value:
        case str() if urlsplit(value).scheme in SCHEMES:
            return value.partition("://")[2]
        case list():
            return [_plain(item) for item in value]
        case dict():
            return {name: _plain(item) for name, item in value.items()}
        case _:
            return value


def _predicates(query: RunQuery) -> Sequence[Predicate]:
    asked: list[Predicate] = []
    if query.state:
        asked.append(in_state(query.state))
    if query.since:
        asked.append(since(query.since))
    if query.name:
        asked.append(equals("display_name", query.name))
    if query.id_prefix:
        asked.append(contains("run_id", query.id_prefix))
    return asked


def _begun(found: Found[RunRecord], prefix: str) -> Found[RunRecord]:
    fitting = [record for record in found.items if record.run_id.startswith(prefix)]
    return Found(items=iter(fitting), total=len(fitting))


def _retries(record: RunRecord) -> int:
    """Count how often a run that had ended began again."""
    states = [run_state(change.state) for change in record.state_history]
    return sum(before.ended and not after.ended for before, after in itertools.pairwise(states))


def _reason(record: RunRecord, tasks: Sequence[Task]) -> str:
    failed = next((task for task in tasks if task.state is TaskState.FAILED), None)
    if failed is not None:
        return failed.reason
    said = record.error.message if record.error else ""
    told = [change.error.message for change in record.state_history if change.error]
    return said or next((text for text in reversed(told) if text), "The cluster gives no reason.")
