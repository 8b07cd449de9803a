"""The operations of a Kubeflow Pipelines cluster, with what they tell as checked values."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from backends.runs_kubeflow.connection import Connection
from backends.runs_kubeflow.listing import Found, Record
from backends.runs_kubeflow.queries import NEWEST_FIRST, Predicate, as_filter, equals
from backends.runs_kubeflow.records import (
    ExperimentRecord,
    Health,
    Listed,
    PipelineRecord,
    RecurringRecord,
    Reference,
    RunRecord,
    VersionRecord,
)
from core.errors import AssistantError, NotFoundError, UnavailableError
from core.pipelines import ParameterValue

PAGE = 200
"""The largest page that the API gives."""


class _Release(BaseModel):
    tag_name: str = ""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster, or one person's namespace of it."""

    connection: Connection
    namespace: str

    def health(self) -> Health:
        """Return what the cluster says of itself."""
        doing = "say whether it is well"
        return self._read(Health, doing, self.connection.call(doing, "healthz/get_healthz"))

    def release(self) -> str:
        """Return which release of Kubeflow Pipelines answers; empty where it does not say."""
        try:
            page = self.connection.text("say its release", "/apis/v1beta1/healthz")
            told = _Release.model_validate_json(page).tag_name
        except (AssistantError, ValidationError):
            # Only the page of the first API tells it, and newer clusters may drop that.
            return ""
        return "" if told == "unknown" else told

    def run(self, run_id: str) -> RunRecord:
        """Return a run with its nodes.

        Raises:
            NotFoundError: There is no such run.
        """
        doing = f"show run {run_id}"
        return self._read(RunRecord, doing, self.connection.call(doing, "run/get_run", run_id))

    def runs(
        self, predicates: Sequence[Predicate], *, experiment_id: str = "", page: int = PAGE
    ) -> Found[RunRecord]:
        """List runs, newest first."""
        return self._listed(
            RunRecord,
            "list the runs",
            "run/list_runs",
            "runs",
            predicates,
            page,
            experiment_id=experiment_id,
            namespace=self.namespace,
        )

    def create_run(
        self,
        *,
        name: str,
        version: Reference,
        parameters: Mapping[str, ParameterValue],
        pipeline_root: str,
        experiment_id: str,
    ) -> RunRecord:
        """Start a run of a version that is there."""
        from kfp_server_api import V2beta1Run  # type: ignore[import-untyped]  # it ships no types

        doing = f"start the run {name!r}"
        body = V2beta1Run(
            display_name=name,
            experiment_id=experiment_id or None,
            **_what_runs(version, parameters, pipeline_root),
        )
        return self._read(RunRecord, doing, self.connection.call(doing, "run/create_run", body))

    def change_run(self, run_id: str, verb: str) -> None:
        """Let a run be terminated, retried, archived or deleted: `terminate` and so on."""
        self.connection.call(f"{verb} run {run_id}", f"run/{verb}_run", run_id)

    def experiment(self, experiment_id: str) -> ExperimentRecord:
        """Return an experiment by its id."""
        doing = "show an experiment"
        answer = self.connection.call(doing, "experiment/get_experiment", experiment_id)
        return self._read(ExperimentRecord, doing, answer)

    def experiments(self, predicates: Sequence[Predicate] = ()) -> Found[ExperimentRecord]:
        """List experiments, newest first."""
        return self._listed(
            ExperimentRecord,
            "list the experiments",
            "experiment/list_experiments",
            "experiments",
            predicates,
            namespace=self.namespace,
        )

    def create_experiment(self, name: str, description: str) -> ExperimentRecord:
        """Create an experiment."""
        from kfp_server_api import V2beta1Experiment

        doing = f"create the experiment {name!r}"
        body = V2beta1Experiment(
            display_name=name, description=description, namespace=self.namespace or None
        )
        answer = self.connection.call(doing, "experiment/create_experiment", body)
        return self._read(ExperimentRecord, doing, answer)

    def pipeline(self, pipeline_id: str) -> PipelineRecord:
        """Return a pipeline by its id."""
        doing = "show a pipeline"
        answer = self.connection.call(doing, "pipeline/get_pipeline", pipeline_id)
        return self._read(PipelineRecord, doing, answer)

    def pipeline_named(self, name: str) -> PipelineRecord | None:
        """Return a pipeline by its name, if it was uploaded."""
        doing = f"look up the pipeline {name!r}"
        try:
            answer = self.connection.call(
                doing, "pipeline/get_pipeline_by_name", name, namespace=self.namespace
            )
        except NotFoundError:
            return None
        return self._read(PipelineRecord, doing, answer)

    def pipelines(self) -> Found[PipelineRecord]:
        """List pipelines, newest first."""
        return self._listed(
            PipelineRecord,
            "list the pipelines",
            "pipeline/list_pipelines",
            "pipelines",
            namespace=self.namespace,
        )

    def create_pipeline(self, name: str, description: str) -> PipelineRecord:
        """Create a pipeline without a version yet."""
        from kfp_server_api import V2beta1Pipeline

        doing = f"create the pipeline {name!r}"
        body = V2beta1Pipeline(
            name=name,
            display_name=name,
            description=description,
            namespace=self.namespace or None,
        )
        answer = self.connection.call(doing, "pipeline/create_pipeline", body)
        return self._read(PipelineRecord, doing, answer)

    def version(self, reference: Reference) -> VersionRecord:
        """Return a version of a pipeline by its ids."""
        doing = "show a version of a pipeline"
        answer = self.connection.call(
            doing,
            "pipeline/get_pipeline_version",
            reference.pipeline_id,
            reference.pipeline_version_id,
        )
        return self._read(VersionRecord, doing, answer)

    def versions(self, pipeline_id: str, name: str = "", page: int = PAGE) -> Found[VersionRecord]:
        """List the versions of a pipeline, newest first; only the ones of a name if it is given."""
        return self._listed(
            VersionRecord,
            "list the versions of a pipeline",
            "pipeline/list_pipeline_versions",
            "pipeline_versions",
            [equals("name", name)] if name else (),
            page,
            pipeline_id=pipeline_id,
        )

    def upload_version(self, pipeline_id: str, name: str, package: str) -> VersionRecord:
        """Upload a package as a version of a pipeline."""
        doing = f"take in version {name} of a pipeline"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "package.yaml"
            path.write_text(package, encoding="utf-8")
            answer = self.connection.call(
                doing,
                "upload/upload_pipeline_version",
                str(path),
                name=name,
                pipelineid=pipeline_id,
            )
        return self._read(VersionRecord, doing, answer)

    def recurring_run(self, recurring_run_id: str) -> RecurringRecord:
        """Return a recurring run by its id."""
        doing = f"show the schedule {recurring_run_id}"
        answer = self.connection.call(doing, "recurring_run/get_recurring_run", recurring_run_id)
        return self._read(RecurringRecord, doing, answer)

    def recurring_runs(self) -> Found[RecurringRecord]:
        """List recurring runs, newest first."""
        return self._listed(
            RecurringRecord,
            "list the schedules",
            "recurring_run/list_recurring_runs",
            "recurring_runs",
            namespace=self.namespace,
        )

    def create_recurring_run(
        self,
        *,
        name: str,
        cron: str,
        version: Reference,
        parameters: Mapping[str, ParameterValue],
        pipeline_root: str,
        experiment_id: str,
    ) -> RecurringRecord:
        """Create a recurring run; `cron` has six fields."""
        import kfp_server_api as api

        doing = f"create the schedule {name!r}"
        body = api.V2beta1RecurringRun(
            display_name=name,
            experiment_id=experiment_id or None,
            mode=api.RecurringRunMode.ENABLE,
            max_concurrency="1",
            # What was missed while the cluster was down is not made up for all at once.
            no_catchup=True,
            trigger=api.V2beta1Trigger(cron_schedule=api.V2beta1CronSchedule(cron=cron)),
            **_what_runs(version, parameters, pipeline_root),
        )
        answer = self.connection.call(doing, "recurring_run/create_recurring_run", body)
        return self._read(RecurringRecord, doing, answer)

    def change_recurring_run(self, recurring_run_id: str, verb: str) -> None:
        """Let a recurring run be disabled, enabled or deleted: `disable` and so on."""
        self.connection.call(
            f"{verb} the schedule {recurring_run_id}",
            f"recurring_run/{verb}_recurring_run",
            recurring_run_id,
        )

    def log(self, run_id: str, node: str) -> str:
        """Return what a node's pod wrote, as long as the cluster keeps it."""
        return self.connection.text(
            f"read the log of {node}",
            f"/apis/v1alpha1/runs/{quote(run_id, safe='')}/nodes/{quote(node, safe='')}/log",
        )

    def _listed(
        self,
        kind: type[Record],
        doing: str,
        operation: str,
        field: str,
        predicates: Sequence[Predicate] = (),
        page: int = PAGE,
        **restrictions: str,
    ) -> Found[Record]:
        def ask(token: str) -> Listed:
            answer = self.connection.call(
                doing,
                operation,
                page_token=token,
                page_size=min(page, PAGE),
                sort_by=NEWEST_FIRST,
                filter=as_filter(predicates),
                **restrictions,
            )
            return Listed(
                items=getattr(answer, field),
                total=answer.total_size,
                next_page_token=answer.next_page_token,
            )

        first = ask("")
        return Found(items=self._all(kind, doing, first, ask), total=first.total)

    def _all(
        self, kind: type[Record], doing: str, listed: Listed, ask: Callable[[str], Listed]
    ) -> Iterator[Record]:
        # A server that loses its place must not keep us for ever.
        seen = {""}
        while True:
            yield from (self._read(kind, doing, item) for item in listed.items)
            if listed.next_page_token in seen:
                return
            seen.add(listed.next_page_token)
            listed = ask(listed.next_page_token)

    def _read(self, kind: type[Record], doing: str, answer: Any) -> Record:
        try:
            return kind.model_validate(answer)
        except ValidationError as error:
            raise UnavailableError(
                f"Kubeflow at {self.connection.host} did not {doing} in a way that can be read.",
                hint="Is runs.host the address of the Pipelines API, version 2?",
            ) from error


def _what_runs(
    version: Reference, parameters: Mapping[str, ParameterValue], pipeline_root: str
) -> Mapping[str, Any]:
    import kfp_server_api as api

    return {
        "pipeline_version_reference": api.V2beta1PipelineVersionReference(
            pipeline_id=version.pipeline_id, pipeline_version_id=version.pipeline_version_id
        ),
        "runtime_config": api.V2beta1RuntimeConfig(
            parameters=dict(parameters), pipeline_root=pipeline_root or None
        ),
    }
