"""What tasks wrote: from the cluster while it keeps their pods, else from the object store."""

from collections.abc import Sequence
from dataclasses import dataclass

from backends.runs_kubeflow.cluster import Cluster
from backends.runs_kubeflow.outputs import Outputs, RunPlace
from backends.runs_kubeflow.steps import Workflow
from core.errors import (
    AssistantError,
    NotFoundError,
    RequestError,
    UnavailableError,
    not_found,
)
from core.runs import RunLogs, TaskState

# A cluster words a pod that is gone as one of these, depending on where it looked.
_NOT_KEPT = (NotFoundError, RequestError, UnavailableError)
_WROTE = frozenset({TaskState.RUNNING, TaskState.SUCCEEDED, TaskState.FAILED, TaskState.CANCELED})


@dataclass(frozen=True, slots=True)
class Logs:
    """Reads the logs of runs."""

    cluster: Cluster
    outputs: Outputs

    def read(
        self, run_id: str, workflow: Workflow, place: RunPlace | None, task: str, tail: int
    ) -> RunLogs:
        """Return the last lines of one task, or of all tasks in turn.

        Raises:
            NotFoundError: The run has no such task.
            UnavailableError: No log is kept; the hint says where to look.
        """
        tasks = workflow.tasks()
        names = [known.name for known in tasks]
        if task:
            if task not in names:
                raise not_found("task of this run", task, names)
            lines = self._lines(run_id, workflow, place, task)
        else:
            wrote = [known.name for known in tasks if known.state in _WROTE]
            lines = self._of_all(run_id, workflow, place, wrote)
        shown = lines[-tail:] if tail > 0 else []
        return RunLogs(run_id=run_id, task=task, lines=tuple(shown), total_lines=len(lines))

    def _of_all(
        self, run_id: str, workflow: Workflow, place: RunPlace | None, tasks: Sequence[str]
    ) -> list[str]:
        lines: list[str] = []
        missing: UnavailableError | None = None
        for name in tasks:
            try:
                found = self._lines(run_id, workflow, place, name)
            except UnavailableError as error:
                # One pod that is gone must not hide what the others wrote.
                missing = error
                found = ["(its log is not kept any more)"]
            lines += [f"{name} | {line}" for line in found]
        if missing is not None and all(line.endswith("kept any more)") for line in lines):
            raise missing
        return lines

    def _lines(
        self, run_id: str, workflow: Workflow, place: RunPlace | None, task: str
    ) -> list[str]:
        pods = workflow.pods(task)
        for pod in pods:
            try:
                return self.cluster.log(run_id, pod).splitlines()
            except _NOT_KEPT:
                continue
        kept = self._kept(place, task)
        if kept is None:
            raise self._not_kept(run_id, task, pods)
        return kept.splitlines()

    def _kept(self, place: RunPlace | None, task: str) -> str | None:
        if place is None:
            return None
        try:
            return self.outputs.log(place, task.partition(" [")[0])
        except AssistantError:
            # The second place to look; the error that is shown is about the log.
            return None

    def _not_kept(self, run_id: str, task: str, pods: Sequence[str]) -> UnavailableError:
        namespace = self.cluster.namespace or "kubeflow"
        which = pods[0] if pods else f"-l pipeline/runid={run_id}"
        return UnavailableError(
            f"Kubeflow at {self.cluster.connection.host} keeps no log of {task} of run {run_id}.",
            hint=f"While its pod is there: kubectl logs --namespace {namespace} {which}"
            " --container main.",
        )
