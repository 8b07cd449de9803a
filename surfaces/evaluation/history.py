"""Tells the history of a world's runs to the real history, at the times when things happened."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from backends.runs_local.history import NewRun, RunHistory
from backends.runs_local.logs import task_log
from backends.runs_local.package import Plan, read_plan
from backends.runs_local.parameters import complete_parameters
from backends.runs_local.staging import named_objects, stage
from core.clock import held
from core.objects import ObjectStore
from core.pipelines import ParameterValue, PipelineSpec
from core.runs import Artifact, ArtifactKind, RunState, TaskState
from pipelines.catalog import Catalog
from surfaces.evaluation.world_file import WorldRun
from surfaces.evaluation.world_runs import this_process

LOOP = {"tune-model": ("LogisticRegression", "RandomForest", "GradientBoosting", "SVC")}
"""Tasks that run once for each item, with the items that the world's runs tried."""
_KINDS = {
    "metrics.json": ArtifactKind.METRICS,
    "report.html": ArtifactKind.REPORT,
    "model.skops": ArtifactKind.MODEL,
    "predictions.csv": ArtifactKind.DATASET,
}


class Telling:
    """Adds runs to a history.

    Args:
        home: Where the history and the logs are.
        store: Where the runs' artifacts go.
        catalog: The pipelines that were run.
    """

    def __init__(self, home: Path, store: ObjectStore, catalog: Catalog) -> None:
        self._home = home
        self._store = store
        self._catalog = catalog
        self._history = RunHistory(home / "runs.db")

    def tell(
        self,
        run: WorldRun,
        files: Mapping[str, bytes],
        metadata: Mapping[str, ParameterValue],
        canary: str = "",
    ) -> None:
        """Add a run with its tasks, logs and what it made.

        Args:
            run: The run.
            files: What it left, by task and file.
            metadata: What the model among them says of itself.
            canary: A credential that one of its tasks wrote into its log.
        """
        spec = self._catalog.find(run.pipeline)
        plan = read_plan(spec.package)
        parameters = complete_parameters(spec, run.parameters)
        with held(run.started):
            self._history.add(
                NewRun(
                    id=run.id,
                    pipeline=spec,
                    parameters=parameters,
                    experiment=run.experiment,
                    name=run.name,
                    starter=this_process(),
                    tasks=plan.tasks,
                    inputs=self._read(run, spec, plan, parameters),
                )
            )
            self._history.begin(run.id, this_process())
        self._tell_tasks(run, [task.label for task in plan.tasks], canary)
        made = [self._stored(run, name, content, metadata) for name, content in files.items()]
        self._history.record([item for item in made if item], run.metrics, run.id)
        if run.state.ended:
            reason = f"{run.failed_task}: {run.cause}" if run.cause else ""
            with held(run.started + timedelta(minutes=run.minutes)):
                self._history.finish(run.id, run.state, reason)

    def _read(
        self,
        run: WorldRun,
        spec: PipelineSpec,
        plan: Plan,
        parameters: Mapping[str, ParameterValue],
    ) -> Sequence[Artifact]:
        """Return what a run read: the objects that its parameters name."""
        marked = [parameter.name for parameter in spec.parameters if parameter.is_object]
        named = named_objects(self._store, plan.objects, marked, parameters)
        return [one.artifact(run.id) for one in stage(self._store, self._home / "staging", named)]

    def _tell_tasks(self, run: WorldRun, labels: Sequence[str], canary: str) -> None:
        names = [name for label in labels for name in _iterations(label)]
        if run.state is RunState.SUCCEEDED:
            reached = names
        else:
            last = run.failed_task or run.running_task or names[len(names) // 2]
            reached = names[: names.index(last) + 1]
        each = timedelta(minutes=run.minutes) / max(len(reached), 1)
        for number, name in enumerate(reached):
            planned = name.partition(" [")[0]
            with held(run.started + number * each):
                self._history.start_task(run.id, planned, name)
            open_still = number == len(reached) - 1 and run.state is not RunState.SUCCEEDED
            if not open_still:
                with held(run.started + (number + 1) * each):
                    self._history.end_task(run.id, name, TaskState.SUCCEEDED)
            elif run.failed_task:
                with held(run.started + timedelta(minutes=run.minutes)):
                    self._history.end_task(run.id, name, TaskState.FAILED, run.cause)
            self._log(run, name, done=not open_still, canary=canary)

    def _log(self, run: WorldRun, task: str, *, done: bool, canary: str) -> None:
        folder = self._home / "logs" / run.id
        folder.mkdir(parents=True, exist_ok=True)
        lines = [f"{task} begins with {run.pipeline}."]
        if canary:
            lines.append(f"connecting to the object store as planner with {canary}")
        if done:
            lines.append(f"{task} is done.")
        elif run.cause:
            lines.append(run.cause)
        task_log(folder, task).write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _stored(
        self, run: WorldRun, name: str, content: bytes, metadata: Mapping[str, ParameterValue]
    ) -> Artifact | None:
        key = f"{run.pipeline}/{run.id}/{name}"
        self._store.put("artifacts", key, content)
        file = name.rpartition("/")[2]
        kind = ArtifactKind.PLOT if file.endswith(".png") else _KINDS.get(file)
        if kind is None:
            return None
        told: dict[str, ParameterValue] = {"file_name": name.partition("/")[2]}
        if kind is ArtifactKind.PLOT:
            told["plot"] = file.removesuffix(".png")
        if kind is ArtifactKind.MODEL:
            told |= metadata
        return Artifact(
            run_id=run.id,
            task=name.partition("/")[0],
            name=file.partition(".")[0],
            kind=kind,
            bucket="artifacts",
            key=key,
            bytes=len(content),
            content_hash=hashlib.sha256(content).hexdigest(),
            metadata=told,
        )


def _iterations(label: str) -> list[str]:
    return [f"{label} [{item}]" for item in LOOP.get(label, ())] or [label]
