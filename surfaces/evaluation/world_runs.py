"""Runs in a world: they end at once, with what the newest succeeded run of the pipeline left."""

import os
from dataclasses import replace
from pathlib import Path

from backends.runs_local import LocalRuns
from backends.runs_local.history import RunHistory
from backends.runs_local.job import Job
from backends.runs_local.logs import task_log
from backends.runs_local.package import read_plan
from backends.runs_local.processes import Worker
from core.runs import Artifact, Run, RunQuery, RunState, TaskState


class WorldRuns(LocalRuns):
    """Local runs whose worker would be too slow for a case: checks, names and history are real."""

    def _launch(self, job: Job) -> None:
        """Record a run that succeeded at once instead of starting a worker."""
        history = RunHistory(job.home / "runs.db")
        history.begin(job.run_id, this_process())
        for task in read_plan(job.package).tasks:
            name = history.start_task(job.run_id, task.label, task.label) or task.label
            with task_log(job.logs, name).open("w", encoding="utf-8") as log:
                log.write(f"{name} is done.\n")
            history.end_task(job.run_id, name, TaskState.SUCCEEDED)
        before = self._newest_succeeded(job.pipeline)
        if before is not None:
            made = [
                self._copied(artifact, job)
                for artifact in self.artifacts(before.id)
                if not artifact.is_input
            ]
            history.record(made, before.metrics, job.run_id)
        history.finish(job.run_id, RunState.SUCCEEDED)

    def _refuse(self, package: str) -> None:
        """Refuse nothing: what is never run need not be able to."""

    def _newest_succeeded(self, pipeline: str) -> Run | None:
        query = RunQuery(pipeline=pipeline, state=RunState.SUCCEEDED)
        return next(iter(self.list(query, limit=1)), None)

    def _copied(self, artifact: Artifact, job: Job) -> Artifact:
        """Store an artifact again, and what lies beside it, under the key of the run that began."""
        old = artifact.key.split("/")[1]
        beside = str(Path(artifact.key).with_suffix("")) + "."
        folder = artifact.key.rpartition("/")[0]
        kept = {f"{folder}/card.json", f"{folder}/reference.json"}
        for found in self._store.list(artifact.bucket, folder, limit=100):
            if found.key.startswith(beside) or found.key in kept:
                key = found.key.replace(old, job.run_id, 1)
                self._store.put(found.bucket, key, self._store.read(found.bucket, found.key))
        return replace(artifact, run_id=job.run_id, key=artifact.key.replace(old, job.run_id, 1))


def this_process() -> Worker:
    """Return the process that answers for the runs of a world: as long as it lives, they do."""
    return Worker.of(os.getpid(), detached=False)
