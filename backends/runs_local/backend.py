"""Runs pipelines in worker processes of this machine."""

import contextlib
import os
import pickle
import secrets
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from backends.runs_local.history import NewRun, RunHistory
from backends.runs_local.job import Job
from backends.runs_local.logs import WORKER_LOG, read_lines, task_log
from backends.runs_local.package import Plan, read_plan
from backends.runs_local.parameters import complete_parameters
from backends.runs_local.processes import Worker
from backends.runs_local.staging import Named, named_objects, stage
from core.errors import AssistantError, UnavailableError, not_found
from core.objects import ObjectStore
from core.paging import Page
from core.pipelines import ParameterValue, PipelineSpec
from core.runs import Artifact, Run, RunLogs, RunQuery, RunState

WORKER_DIED = "The worker process ended before the run did."
RUNS_FOR_A_TYPICAL_TIME = 5


class LocalRuns:
    """Runs pipelines on this machine and remembers how they went.

    Every run has a process of its own session, which neither the end of the assistant nor Ctrl+C
    reaches. Several assistants may share a home.

    Args:
        home: Where history, logs, staged inputs and the tasks' files are kept.
        store: Where objects are; it is handed to the worker and so must pickle.
        workers: How many tasks of one run may work side by side.
        preload: Modules that tasks need and that are slow to import; and packages whose code, when
            it changes, makes cached results worthless.
    """

    def __init__(
        self, *, home: Path, store: ObjectStore, workers: int, preload: Sequence[str] = ()
    ) -> None:
        self._home = home.absolute()
        self._store = store
        self._workers = workers
        self._preload = tuple(preload)
        self._history = RunHistory(self._home / "runs.db")
        self._started: dict[str, subprocess.Popen[bytes]] = {}

    def check(
        self, pipeline: PipelineSpec, parameters: Mapping[str, ParameterValue]
    ) -> Mapping[str, ParameterValue]:
        """Return the parameters as a run would use them, without starting one."""
        complete = complete_parameters(pipeline, parameters)
        self._named(pipeline, read_plan(pipeline.package), complete)
        return complete

    def start(
        self,
        pipeline: PipelineSpec,
        parameters: Mapping[str, ParameterValue],
        *,
        experiment: str = "default",
        name: str = "",
        use_cache: bool = True,
    ) -> Run:
        """Start a run and return at once."""
        complete = complete_parameters(pipeline, parameters)
        plan = read_plan(pipeline.package)
        named = self._named(pipeline, plan, complete)
        with self._writable():
            staged = stage(self._store, self._home / "staging", named)
        run_id = secrets.token_hex(4)
        job = Job(
            run_id=run_id,
            pipeline=pipeline.name,
            package=pipeline.package,
            arguments={**complete, **{item.parameter: str(item.path) for item in staged}},
            home=self._home,
            store=self._store,
            workers=self._workers,
            preload=self._preload,
            use_cache=use_cache,
        )
        with self._writable():
            job.logs.mkdir(parents=True, exist_ok=True)
            job.work.mkdir(parents=True, exist_ok=True)
        self._history.add(
            NewRun(
                id=run_id,
                pipeline=pipeline,
                parameters=complete,
                experiment=experiment,
                name=name,
                starter=Worker.of(os.getpid(), detached=False),
                tasks=plan.tasks,
            )
        )
        self._history.record([item.artifact(run_id) for item in staged], {}, run_id)
        self._launch(job)
        return self._history.get(run_id)

    def get(self, run_id: str) -> Run:
        """Return a run by its full id, with its tasks."""
        self._settle()
        return self._history.get(run_id)

    def list(self, query: RunQuery = RunQuery(), limit: int = 10) -> Page[Run]:  # noqa: B008  # the port's own default, frozen
        """List runs, newest start first, without their tasks."""
        self._settle()
        return self._history.list(query, limit)

    def artifacts(self, run_id: str) -> Sequence[Artifact]:
        """Return what a run read and made, in the order of recording."""
        self._history.get(run_id)
        return self._history.artifacts(run_id)

    def logs(self, run_id: str, task: str = "", tail: int = 100) -> RunLogs:
        """Return the last `tail` lines of one task, or of all tasks in turn.

        The worker's own log stands in where no task wrote a line.
        """
        run = self.get(run_id)
        folder = self._home / "logs" / run_id
        names = [known.name for known in run.tasks]
        if task and task not in names:
            raise not_found("task of this run", task, names)
        path = task_log(folder, task) if task else folder
        if task:
            lines = read_lines(path)
        else:
            lines = [
                f"{name} | {line}" for name in names for line in read_lines(task_log(folder, name))
            ] or read_lines(folder / WORKER_LOG)
        shown = lines[-tail:] if tail > 0 else []
        return RunLogs(
            run_id=run_id, task=task, lines=tuple(shown), total_lines=len(lines), path=str(path)
        )

    def cancel(self, run_id: str) -> Run:
        """Stop a run and everything it started; a run that ended is returned as it is."""
        self._settle()
        worker = self._history.open_runs().get(run_id)
        # First the history, so that the worker cannot take its dying tasks for failures.
        if worker is not None and self._history.finish(run_id, RunState.CANCELED):
            worker.end()
            self._reap()
        return self._history.get(run_id)

    def typical_seconds(self, pipeline: str) -> float | None:
        """Return the median duration of the pipeline's latest succeeded runs, if any."""
        seconds = self._history.latest_seconds(pipeline, RUNS_FOR_A_TYPICAL_TIME)
        return statistics.median(seconds) if seconds else None

    def log_folder(self, run_id: str) -> Path | None:
        """Return where a run's logs are on this machine, if they are."""
        folder = self._home / "logs" / run_id
        return folder if folder.is_dir() else None

    def _named(
        self, pipeline: PipelineSpec, plan: Plan, parameters: Mapping[str, ParameterValue]
    ) -> Sequence[Named]:
        marked = {parameter.name for parameter in pipeline.parameters if parameter.is_object}
        return named_objects(self._store, plan.objects, marked, parameters)

    def _launch(self, job: Job) -> None:
        try:
            with (job.logs / WORKER_LOG).open("ab") as log:
                process = subprocess.Popen(
                    [sys.executable, "-P", "-u", "-m", "backends.runs_local"],
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=job.work,
                    start_new_session=True,
                )
            self._started[job.run_id] = process
            self._history.hand_over(job.run_id, Worker.of(process.pid))
        except (OSError, AssistantError) as error:
            self._history.finish(job.run_id, RunState.FAILED, "The worker could not be started.")
            raise UnavailableError(
                f"The run {job.run_id} could not be started: {error}.",
                hint="Is the machine out of memory or processes?",
            ) from error
        self._tell(process, job)

    @staticmethod
    def _tell(process: subprocess.Popen[bytes], job: Job) -> None:
        # A worker that ended at once cannot listen; the next look at the run says so.
        with contextlib.suppress(BrokenPipeError):
            assert process.stdin is not None
            with process.stdin as pipe:
                pipe.write(pickle.dumps(job))

    def _settle(self) -> None:
        """End the runs whose worker is gone: no run is at work for ever."""
        self._reap()
        for run_id, worker in self._history.open_runs().items():
            if not worker.lives() and self._history.finish(run_id, RunState.FAILED, WORKER_DIED):
                worker.end()

    def _reap(self) -> None:
        for run_id, process in list(self._started.items()):
            if process.poll() is not None:
                self._started.pop(run_id, None)

    @contextlib.contextmanager
    def _writable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise UnavailableError(
                f"The folder for runs, {self._home}, cannot be written: {error.strerror}.",
                hint="Is the disk full or read-only?",
            ) from error
