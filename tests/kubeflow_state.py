"""What a stand-in cluster knows, in memory, in the models of the API."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import kfp_server_api as api
import yaml
from kubeflow_lists import (
    INVALID,
    NOT_FOUND,
    PRECONDITION,
    TAKEN,
    ApiError,
    Asked,
    Listing,
    listed,
)
from kubeflow_nodes import Progress, nodes_of

RUN_FIELDS = {
    "run_id": "run_id",
    "id": "run_id",
    "display_name": "display_name",
    "name": "display_name",
    "created_at": "created_at",
    "finished_at": "finished_at",
    "storage_state": "storage_state",
    "state": "state",
    "experiment_id": "experiment_id",
    "recurring_run_id": "recurring_run_id",
    "pipeline_id": "pipeline_version_reference.pipeline_id",
    "pipeline_version_id": "pipeline_version_reference.pipeline_version_id",
}
NAMED_FIELDS = {"name": "display_name", "display_name": "display_name", "created_at": "created_at"}
ENDED = frozenset({"SUCCEEDED", "FAILED", "CANCELED", "SKIPPED"})


@dataclass
class KubeflowState:
    """Pipelines, experiments, runs and recurring runs."""

    start: datetime = datetime(2026, 5, 14, 6, tzinfo=UTC)
    """The time at which things begin to be made; each is a second later than the one before."""
    release: str = "2.17.0"
    token: str = ""
    """What callers must bring; everybody may call if it is empty."""
    knows_pipeline_id: bool = True
    """Whether runs can be filtered by their pipeline, which older clusters refuse."""
    slow_to_stop: int = 0
    """How often a stopped run is still told as CANCELING."""
    runs: dict[str, Any] = field(default_factory=dict)
    experiments: dict[str, Any] = field(default_factory=dict)
    pipelines: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, Any] = field(default_factory=dict)
    recurring: dict[str, Any] = field(default_factory=dict)
    logs: dict[tuple[str, str], str] = field(default_factory=dict)
    """What a run's pods wrote, by the run's id and the pod's name."""
    progress: dict[str, Progress] = field(default_factory=dict)
    made: int = 0

    def __post_init__(self) -> None:
        self.create_experiment(api.V2beta1Experiment(display_name="Default"))

    def now(self) -> datetime:
        """Return a moment later than every one before."""
        self.made += 1
        return self.start + timedelta(seconds=self.made)

    # What the API does.

    def healthz(self) -> Any:
        return api.V2beta1GetHealthzResponse(multi_user=False, pipeline_store="database")

    def create_experiment(self, given: Any) -> Any:
        if any(e.display_name == given.display_name for e in self.experiments.values()):
            raise ApiError(TAKEN, f"Experiment {given.display_name} already exists.")
        given.experiment_id = str(uuid.uuid4())
        given.created_at = self.now()
        given.storage_state = "AVAILABLE"
        given.namespace = given.namespace or ""
        self.experiments[given.experiment_id] = given
        return given

    def list_experiments(self, asked: Asked) -> Listing:
        return listed(
            self.experiments.values(), asked, NAMED_FIELDS, lambda item: item.experiment_id
        )

    def create_pipeline(self, given: Any) -> Any:
        name = given.name or given.display_name
        if any(known.name == name for known in self.pipelines.values()):
            raise ApiError(TAKEN, f"Already exist error: the name {name} already exists.")
        given.pipeline_id = str(uuid.uuid4())
        given.name = name
        given.display_name = given.display_name or name
        given.created_at = self.now()
        self.pipelines[given.pipeline_id] = given
        return given

    def pipeline_named(self, name: str) -> Any:
        for known in self.pipelines.values():
            if known.name == name:
                return known
        raise ApiError(NOT_FOUND, f"ResourceNotFoundError: Pipeline {name} not found.")

    def list_pipelines(self, asked: Asked) -> Listing:
        return listed(self.pipelines.values(), asked, NAMED_FIELDS, lambda item: item.pipeline_id)

    def upload_version(self, pipeline_id: str, name: str, package: bytes) -> Any:
        self.found(self.pipelines, pipeline_id, "Pipeline")
        if any(
            (known.pipeline_id, known.name) == (pipeline_id, name)
            for known in self.versions.values()
        ):
            raise ApiError(TAKEN, f"Already exist error: the version {name} already exists.")
        documents = list(yaml.safe_load_all(package))
        if not isinstance(documents[0], dict) or "root" not in documents[0]:
            raise ApiError(INVALID, "Invalid input error: not a pipeline spec")
        version = api.V2beta1PipelineVersion(
            pipeline_id=pipeline_id,
            pipeline_version_id=str(uuid.uuid4()),
            display_name=name,
            name=name,
            created_at=self.now(),
            pipeline_spec=documents[0],
        )
        self.versions[version.pipeline_version_id] = version
        return version

    def list_versions(self, pipeline_id: str, asked: Asked) -> Listing:
        of_it = [v for v in self.versions.values() if v.pipeline_id == pipeline_id]
        return listed(of_it, asked, NAMED_FIELDS, lambda item: item.pipeline_version_id)

    def create_run(self, given: Any) -> Any:
        spec = self._spec(given)
        values = given.runtime_config.parameters or {} if given.runtime_config else {}
        for name, declared in (
            spec["root"].get("inputDefinitions", {}).get("parameters", {}).items()
        ):
            if name not in values and not declared.get("isOptional"):
                raise ApiError(INVALID, f"Invalid input error: parameter {name} is missing")
        given.run_id = str(uuid.uuid4())
        given.experiment_id = given.experiment_id or next(iter(self.experiments))
        experiment = self.found(self.experiments, given.experiment_id, "Experiment")
        given.created_at = given.scheduled_at = experiment.last_run_created_at = self.now()
        given.storage_state = "AVAILABLE"
        given.finished_at = datetime(1970, 1, 1, tzinfo=UTC)
        given.state_history = []
        self._enter(given, "PENDING")
        self.runs[given.run_id] = given
        return given

    def get_run(self, run_id: str) -> Any:
        run = self.found(self.runs, run_id, "Run")
        if run.state == "CANCELING":
            if self.slow_to_stop <= 0:
                self.end(run_id, "CANCELED")
            self.slow_to_stop -= 1
        return run

    def list_runs(self, asked: Asked, experiment_id: str = "") -> Listing:
        fields = {
            key: value
            for key, value in RUN_FIELDS.items()
            if self.knows_pipeline_id or key != "pipeline_id"
        }
        runs = [r for r in self.runs.values() if experiment_id in {"", r.experiment_id}]
        return listed(runs, asked, fields, lambda item: item.run_id)

    def change_run(self, run_id: str, verb: str) -> Any:
        run = self.found(self.runs, run_id, "Run")
        match verb:
            case "terminate" if run.state not in ENDED:
                self._enter(run, "CANCELING")
            case "retry" if run.state in {"FAILED", "CANCELED"}:
                before = self.progress.get(run_id, Progress())
                done = {key for key, state in before.states.items() if state == "SUCCEEDED"}
                self.progress[run_id] = replace(before, states=dict.fromkeys(done, "SUCCEEDED"))
                run.finished_at = datetime(1970, 1, 1, tzinfo=UTC)
                self._enter(run, "RUNNING")
            case "archive":
                run.storage_state = "ARCHIVED"
            case "unarchive":
                run.storage_state = "AVAILABLE"
            case "delete":
                del self.runs[run_id]
            case _:
                raise ApiError(PRECONDITION, f"Run {run_id} cannot be {verb}d as {run.state}.")
        return {}

    def create_recurring(self, given: Any) -> Any:
        self._spec(given)
        cron = given.trigger.cron_schedule.cron if given.trigger.cron_schedule else "0 0 0 * * 0"
        if len(cron.split()) != 6:
            raise ApiError(INVALID, f"Invalid input error: schedule cron is malformed: {cron}")
        given.recurring_run_id = str(uuid.uuid4())
        given.experiment_id = given.experiment_id or next(iter(self.experiments))
        given.created_at = given.updated_at = self.now()
        given.status = "ENABLED" if given.mode == "ENABLE" else "DISABLED"
        self.recurring[given.recurring_run_id] = given
        return given

    def list_recurring(self, asked: Asked) -> Listing:
        return listed(
            self.recurring.values(), asked, NAMED_FIELDS, lambda item: item.recurring_run_id
        )

    def change_recurring(self, recurring_run_id: str, verb: str) -> Any:
        found = self.found(self.recurring, recurring_run_id, "Recurring run")
        if verb == "delete":
            del self.recurring[recurring_run_id]
        else:
            found.mode = "ENABLE" if verb == "enable" else "DISABLE"
            found.status = f"{found.mode}D"
        return {}

    def log(self, run_id: str, node: str) -> str:
        if (run_id, node) not in self.logs:
            raise ApiError(NOT_FOUND, f"pods {node!r} not found")
        return self.logs[run_id, node]

    def found(self, kept: Mapping[str, Any], key: str, kind: str) -> Any:
        if key not in kept:
            raise ApiError(NOT_FOUND, f"ResourceNotFoundError: {kind} {key} not found.")
        return kept[key]

    # What a test makes happen.

    def begin(self, run_id: str, **states: str) -> None:
        """Let a pending run begin, with its tasks in the given states."""
        self.progress[run_id] = Progress(states=states)
        self._enter(self.runs[run_id], "RUNNING")

    def end(self, run_id: str, state: str = "SUCCEEDED", progress: Progress | None = None) -> None:
        """Let a run end, as far as its tasks came."""
        run = self.runs[run_id]
        if progress is not None:
            self.progress[run_id] = progress
        if not any(change.state == "RUNNING" for change in run.state_history):
            self._enter(run, "RUNNING")
        self._enter(run, state)
        run.finished_at = self.now()
        self._enter_nodes(run)

    def fire(self, recurring_run_id: str) -> Any:
        """Let a recurring run start a run."""
        recurring = self.recurring[recurring_run_id]
        run = self.create_run(
            api.V2beta1Run(
                display_name=f"{recurring.display_name}-{self.made}",
                pipeline_version_reference=recurring.pipeline_version_reference,
                runtime_config=recurring.runtime_config,
            )
        )
        run.recurring_run_id = recurring_run_id
        return run

    def add_runs(self, count: int, version: Any) -> Sequence[Any]:
        """Add runs that ended, one a second."""
        reference = api.V2beta1PipelineVersionReference(
            pipeline_id=version.pipeline_id, pipeline_version_id=version.pipeline_version_id
        )
        return [self._add_run(number, reference) for number in range(count)]

    def _add_run(self, number: int, reference: Any) -> Any:
        run = api.V2beta1Run(
            run_id=str(uuid.UUID(int=number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128)),
            display_name=f"run-{number:05}",
            experiment_id=next(iter(self.experiments)),
            storage_state="AVAILABLE",
            created_at=self.now(),
            state="FAILED" if number % 10 == 0 else "SUCCEEDED",
            pipeline_version_reference=reference,
            runtime_config=api.V2beta1RuntimeConfig(parameters={"scale": number}),
            state_history=[],
        )
        run.finished_at = run.created_at + timedelta(seconds=30)
        self.runs[run.run_id] = run
        return run

    def _spec(self, given: Any) -> Mapping[str, Any]:
        reference = given.pipeline_version_reference
        if reference is None:
            if not given.pipeline_spec:
                raise ApiError(INVALID, "Invalid input error: no pipeline spec")
            spec: Mapping[str, Any] = given.pipeline_spec
            return spec.get("pipeline_spec", spec)
        version = self.found(self.versions, reference.pipeline_version_id, "PipelineVersion")
        return dict(version.pipeline_spec)

    def _enter(self, run: Any, state: str) -> None:
        run.state = state
        changed = api.V2beta1RuntimeStatus(update_time=self.now(), state=state)
        run.state_history = [*run.state_history, changed]
        self._enter_nodes(run)

    def _enter_nodes(self, run: Any) -> None:
        if run.state == "PENDING":
            return
        values = run.runtime_config.parameters or {} if run.runtime_config else {}
        progress = self.progress.get(run.run_id, Progress())
        nodes = nodes_of(run.run_id, self._spec(run), values, progress, run.created_at)
        run.run_details = api.V2beta1RunDetails(task_details=nodes)
