"""The run backends under one contract: how a test lets a run begin and end on each."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import tiny_pipelines
from kubeflow_nodes import Progress
from kubeflow_state import KubeflowState
from tiny_pipelines import compiled, ended, looks

from backends.runs_kubeflow import KubeflowRuns
from backends.runs_local import LocalRuns
from backends.store_folder import FolderStore
from core.pipelines import PipelineSpec
from core.runs import Run, RunBackend, RunState

REASON = "The table has no column 'borough'. Check the file."
"""Why runs of `breaking` fail."""


class Bench(Protocol):
    """A backend with the means to let its runs happen."""

    runs: RunBackend
    store: FolderStore

    def pipeline(self, function: Callable[..., Any]) -> PipelineSpec: ...
    def under_way(self, run: Run) -> Run: ...
    def ended(self, run: Run) -> Run: ...


@dataclass
class LocalBench:
    """This machine: pipelines really run."""

    runs: LocalRuns
    store: FolderStore
    folder: Path

    def pipeline(self, function: Callable[..., Any]) -> PipelineSpec:
        return compiled(function, self.folder)

    def under_way(self, run: Run) -> Run:
        return next(seen for seen in looks(self.runs, run.id) if seen.state is RunState.RUNNING)

    def ended(self, run: Run) -> Run:
        return ended(self.runs, run.id)


@dataclass
class ClusterBench:
    """The stand-in cluster: runs move when they are told to."""

    runs: KubeflowRuns
    store: FolderStore
    folder: Path
    state: KubeflowState
    root: str = "artifacts/kfp"
    ends: dict[str, Progress] = field(
        default_factory=lambda: {
            "breaking": Progress(
                states={"break-off": "FAILED"},
                reasons={"break-off": REASON},
                not_reached=["say"],
            )
        }
    )
    """How far runs of a pipeline come; all the way if it is not here."""

    def pipeline(self, function: Callable[..., Any]) -> PipelineSpec:
        return compiled(function, self.folder)

    def under_way(self, run: Run) -> Run:
        self.state.begin(run.id)
        return self.runs.get(run.id)

    def ended(self, run: Run) -> Run:
        how = self.ends.get(run.pipeline)
        self.state.end(run.id, "FAILED" if how else "SUCCEEDED", how)
        if run.pipeline == "counting":
            self._counted(run)
        for node in self.state.runs[run.id].run_details.task_details:
            if node.pod_name and node.state == "SUCCEEDED":
                self.state.logs[run.id, node.pod_name] = "counted 3 lines\n"
        return self.runs.get(run.id)

    def _counted(self, run: Run) -> None:
        """Leave in the store what the tasks of `counting` would."""
        salt = "0b5f1f3e-6a0e-4c56-9d3d-7d1f6f8b2c11"
        outputs = {
            "count-lines/counted": b"lines\n3\n",
            "measure/metrics": b'{"scaled": 6.0, "note": "no number"}',
        }
        for name, content in outputs.items():
            task, _, output = name.partition("/")
            bucket, _, folder = self.root.partition("/")
            key = f"{folder}/counting/{run.id}/{task}/{salt}/{output}"
            self.store.put(bucket, key, content)


def content_hash(content: bytes) -> str:
    """Return the hash by which artifacts are compared."""
    return hashlib.sha256(content).hexdigest()


def all_pipelines() -> tuple[Callable[..., Any], ...]:
    """Return the pipelines that the contract uses."""
    return (tiny_pipelines.counting, tiny_pipelines.breaking, tiny_pipelines.sleeping)
