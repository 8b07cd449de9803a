"""Runs pipelines on a Kubeflow Pipelines cluster."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from backends.runs_kubeflow.cluster import Cluster
from backends.runs_kubeflow.connection import Connection
from backends.runs_kubeflow.experiments import Experiments
from backends.runs_kubeflow.history import History
from backends.runs_kubeflow.listing import first
from backends.runs_kubeflow.logs import Logs
from backends.runs_kubeflow.names import DEFAULT, Names
from backends.runs_kubeflow.outputs import Outputs
from backends.runs_kubeflow.records import RunRecord
from backends.runs_kubeflow.results import Results
from backends.runs_kubeflow.schedules import Schedules, six_fields
from backends.runs_kubeflow.shelf import Shelf
from backends.runs_local.package import read_plan
from backends.runs_local.parameters import complete_parameters
from backends.runs_local.staging import named_objects
from core.errors import RequestError, SettingsError
from core.objects import ObjectStore
from core.paging import Page
from core.pipelines import Fill, ParameterValue, PipelineSpec, PipelineVersion, as_given
from core.runs import Artifact, Experiment, Run, RunLogs, RunQuery, RunState
from core.schedules import Schedule
from core.services import KubeflowSettings

STOPPING_SECONDS = 10
"""How long a run may take to stop before it is told as it stands."""
LOOK_SECONDS = 0.2
MOST_LISTED = 1000
LOOKED_THROUGH = 50
"""How many of the latest runs are looked through for what made or read an object."""


class KubeflowRuns:
    """Runs pipelines on a cluster and tells how they went.

    Nothing is asked of the cluster before the first call, so an assistant starts without it.

    Args:
        settings: Where the cluster is, who is asking and what is allowed.
        store: Where the cluster's runs read and write.
        shared: Whether the cluster reaches that store; a folder of this machine it does not.
        fill: Fills in what follows from a run's parameters.
    """

    def __init__(
        self,
        settings: KubeflowSettings,
        store: ObjectStore,
        *,
        shared: bool = True,
        fill: Fill = as_given,
    ) -> None:
        self._fill = fill
        self._settings = settings
        self._store = store
        self._shared = shared
        self._cluster = Cluster(Connection(settings), settings.namespace)
        self._names = Names(self._cluster)
        self._history = History(self._cluster, self._names)
        self._schedules = Schedules(self._cluster, self._names)
        outputs = Outputs(store)
        self._results = Results(self._history, outputs, settings.pipeline_root)
        self._logs = Logs(self._cluster, outputs)
        self._shelf = Shelf(self._cluster, self._names, settings.image)
        self._experiments = Experiments(self._cluster, self._names)

    @property
    def place(self) -> str:
        """Where runs happen, in words."""
        return f"on Kubeflow at {self._cluster.connection.host}"

    def describe(self) -> str:
        """Say whether the cluster answers, what it is and what may be done there.

        Raises:
            AssistantError: It does not answer.
        """
        health = self._cluster.health()
        release = self._cluster.release()
        total = self.list(limit=1).total
        space = f" in namespace {self._settings.namespace}" if self._settings.namespace else ""
        allowed = (
            "may be changed, after approval"
            if self._settings.allow_changes
            else "may only be looked at (runs.allow_changes is not set)"
        )
        return (
            f"{self.place}: Kubeflow Pipelines {release or '2 (it does not tell its release)'}"
            f" answers{', to several users' if health.multi_user else ''};"
            f" {total} runs{space}, which {allowed}"
        )

    def check(
        self, pipeline: PipelineSpec, parameters: Mapping[str, ParameterValue]
    ) -> Mapping[str, ParameterValue]:
        """Return the parameters as a run would use them, without starting one."""
        complete = self._fill(pipeline, complete_parameters(pipeline, parameters))
        self._addressed(pipeline, complete)
        return complete

    def start(
        self,
        pipeline: PipelineSpec,
        parameters: Mapping[str, ParameterValue],
        *,
        experiment: str = DEFAULT,
        name: str = "",
        use_cache: bool = True,
    ) -> Run:
        """Start a run and return at once."""
        complete = self._fill(pipeline, complete_parameters(pipeline, parameters))
        given = self._addressed(pipeline, complete)
        self._check_allowed("start a run")
        version = self._shelf.uploaded(pipeline, use_cache=use_cache)
        record = self._cluster.create_run(
            name=name or f"{pipeline.name}-{self._history.count(pipeline.name) + 1}",
            version=version,
            parameters=given,
            pipeline_root=self._settings.pipeline_root,
            experiment_id=self._names.experiment_for(experiment),
        )
        return self._run(record)

    def get(self, run_id: str) -> Run:
        """Return a run by its full id, with its tasks."""
        return self._run(self._history.record(run_id))

    def list(self, query: RunQuery = RunQuery(), limit: int = 10) -> Page[Run]:  # noqa: B008  # the port's own default, frozen
        """List runs, newest start first, without their tasks."""
        return self._history.list(query, limit)

    def artifacts(self, run_id: str) -> Sequence[Artifact]:
        """Return what a run read and made, as far as the object store shows it."""
        return self._results.artifacts(self._history.record(run_id))

    def recorded(self, bucket: str, key: str, content_hash: str = "") -> Sequence[Artifact]:
        """Return which of the latest runs read an object, and which run made it."""
        return self._results.recorded(bucket, key, content_hash)

    def logs(self, run_id: str, task: str = "", tail: int = 100) -> RunLogs:
        """Return the last `tail` lines of one task, or of all tasks in turn.

        Raises:
            UnavailableError: The cluster keeps no log; the hint says how to get one.
        """
        record = self._history.record(run_id)
        workflow = self._history.workflow(record)
        return self._logs.read(run_id, workflow, self._results.place(record), task, tail)

    def cancel(self, run_id: str) -> Run:
        """Stop a run and everything it started; a run that ended is returned as it is."""
        run = self.get(run_id)
        if run.state.ended:
            return run
        self._check_allowed("stop a run")
        self._cluster.change_run(run_id, "terminate")
        deadline = time.monotonic() + STOPPING_SECONDS
        while not (run := self.get(run_id)).state.ended and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
        return run

    def typical_seconds(self, pipeline: str) -> float | None:
        """Return the median duration of the pipeline's latest succeeded runs, if any."""
        return self._history.typical_seconds(pipeline)

    def unseen(self, run_id: str) -> str:
        """Say why what a run made cannot be seen from here; empty if it can."""
        return self._results.unseen(self._history.record(run_id))

    def log_folder(self, run_id: str) -> Path | None:
        """Return nothing: a cluster keeps its logs to itself."""
        del run_id
        return None

    def retry(self, run_id: str) -> Run:
        """Start a new attempt of a run that failed or was stopped, under the same id."""
        run = self.get(run_id)
        if run.state not in {RunState.FAILED, RunState.CANCELED}:
            raise RequestError(
                f"Run {run_id} ({run.name}) is {run.state}: there is nothing to try again.",
                hint="Only a run that failed or was stopped can be tried again.",
                quoted=[run.name],
            )
        self._check_allowed("try a run again")
        self._cluster.change_run(run_id, "retry")
        return self.get(run_id)

    def delete(self, run_id: str) -> None:
        """Move a run that ended to the cluster's archive; its objects stay."""
        run = self.get(run_id)
        if not run.state.ended:
            raise RequestError(
                f"Run {run_id} ({run.name}) is still at work.",
                hint="Stop it first.",
                quoted=[run.name],
            )
        self._check_allowed("delete a run")
        self._cluster.change_run(run_id, "archive")

    def trash(self) -> Sequence[Run]:
        """Return the runs in the cluster's archive, the latest started first."""
        found = first(self._history.trash(), MOST_LISTED)
        return [self._history.run(record) for record in found]

    def empty_trash(self) -> int:
        """Remove what is in the archive for good; return how many runs that were."""
        self._check_allowed("delete runs for good")
        archived = [record.run_id for record in self._history.trash().items]
        for run_id in archived:
            self._cluster.change_run(run_id, "delete")
        return len(archived)

    def pipelines(self) -> Sequence[PipelineSpec]:
        """Return the newest version of every pipeline that was uploaded, by name."""
        return self._shelf.pipelines()

    def versions(self, pipeline: str) -> Sequence[PipelineVersion]:
        """Return the versions of a pipeline that were uploaded, newest first."""
        return self._shelf.versions(pipeline)

    def upload(self, pipeline: PipelineSpec) -> PipelineVersion:
        """Keep a pipeline, or a new version of one, on the cluster."""
        if not read_plan(pipeline.package).tasks:
            raise RequestError(f"The pipeline {pipeline.name!r} has no task.")
        self._check_allowed("upload a pipeline")
        return self._shelf.upload(pipeline)

    def experiments(self) -> Sequence[Experiment]:
        """Return every experiment, the latest used first."""
        return self._experiments.all()

    def create_experiment(self, name: str, description: str = "") -> Experiment:
        """Create an experiment."""
        self._experiments.check_free(name)
        self._check_allowed("create an experiment")
        return self._experiments.create(name, description)

    def schedules(self) -> Sequence[Schedule]:
        """Return every schedule, by name."""
        return self._schedules.all()

    def schedule(
        self,
        pipeline: PipelineSpec,
        cron: str,
        parameters: Mapping[str, ParameterValue],
        *,
        name: str = "",
    ) -> Schedule:
        """Create a schedule; the cluster fires it, also while no assistant is up."""
        six_fields(cron)
        complete = self._fill(pipeline, complete_parameters(pipeline, parameters))
        given = self._addressed(pipeline, complete)
        name = self._schedules.free_name(pipeline.name, name)
        self._check_allowed("create a schedule")
        return self._schedules.create(
            pipeline=pipeline.name,
            version=self._shelf.uploaded(pipeline, use_cache=True),
            cron=cron,
            parameters=given,
            pipeline_root=self._settings.pipeline_root,
            name=name,
        )

    def pause(self, schedule_id: str) -> Schedule:
        """Let a schedule fire no more until it is resumed."""
        self._check_allowed("pause a schedule")
        return self._schedules.change(schedule_id, "disable")

    def resume(self, schedule_id: str) -> Schedule:
        """Let a paused schedule fire again, from now on."""
        self._check_allowed("resume a schedule")
        return self._schedules.change(schedule_id, "enable")

    def delete_schedule(self, schedule_id: str) -> None:
        """Remove a schedule; the runs it started stay."""
        self._check_allowed("delete a schedule")
        self._schedules.delete(schedule_id)

    def _check_allowed(self, what: str) -> None:
        if not self._settings.allow_changes:
            raise SettingsError(
                f"To {what} {self.place} is not allowed by the settings.",
                hint="Set runs.allow_changes to true (MLOPS_SWARM_RUNS__ALLOW_CHANGES=true);"
                " approvals are asked all the same.",
            )

    def _addressed(
        self, pipeline: PipelineSpec, complete: Mapping[str, ParameterValue]
    ) -> Mapping[str, ParameterValue]:
        """Return the parameters as pods can use them: objects by their address in the store."""
        plan = read_plan(pipeline.package)
        marked = {parameter.name for parameter in pipeline.parameters if parameter.is_object}
        named = named_objects(self._store, plan.objects, marked, complete)
        if named and not self._shared:
            raise SettingsError(
                f"{named[0][0].parameter!r} names an object {self._store.place}, which runs"
                f" {self.place} cannot read.",
                hint="Set store.kind to s3 and store.endpoint to the cluster's object store.",
            )
        scheme = self._settings.pipeline_root.partition("://")[0]
        scheme = scheme if scheme == "minio" else "s3"
        addresses = {item.parameter: f"{scheme}://{bucket}/{key}" for item, bucket, key in named}
        given = {name: value for name, value in complete.items() if value is not None}
        return {**given, **addresses}

    def _run(self, record: RunRecord) -> Run:
        tasks = self._history.workflow(record).tasks()
        return self._history.run(record, tasks, self._results.metrics(record))
