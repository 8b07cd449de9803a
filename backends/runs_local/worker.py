"""The worker process: runs one pipeline, tells the history, ends."""

import contextlib
import importlib
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backends.runs_local.cleaning import sweep
from backends.runs_local.component import Parent
from backends.runs_local.fingerprint import code_fingerprint
from backends.runs_local.history import Made, RunHistory
from backends.runs_local.job import Job, store_at
from backends.runs_local.launching import Launcher
from backends.runs_local.logs import WORKER_LOG, read_lines, reason_in, task_log
from backends.runs_local.package import read_plan
from backends.runs_local.processes import Worker
from backends.runs_local.recording import Output, measured, store_output
from backends.runs_local.space import (
    FULL,
    Reserve,
    is_for_want_of_space,
    is_full,
    tells_of_full_disk,
)
from core.errors import AssistantError
from core.objects import ObjectStore
from core.runs import Artifact, RunState, TaskState
from core.settings import read_settings

ENDED_WITHOUT_A_WORD = "The task ended with exit code {code} and without a message."
ENDED_BY_SIGNAL = "The task was ended by signal {signal}; often that is too little memory."


def make_ready() -> None:
    """Import what every run needs, before there is one."""
    _import_kfp()
    importlib.import_module("backends.runs_local.kfp_local")


def go_to_work(told: bytes, code: str, parent: Parent) -> bool:
    """Take the place of a worker that was started for a job, after having waited for it.

    Args:
        told: The job, as it arrived.
        code: What the code was known by when it was imported.
        parent: Forks the tasks' processes.

    Returns:
        Whether to go on; where the code has changed since, another worker has the job.
    """
    job = Job.model_validate_json(told)
    log = os.open(job.logs / WORKER_LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.close(log)
    if code != code_fingerprint(job.preload):
        _launcher(job).start(job)
        return False
    os.chdir(job.work)
    parent.write_to(job.logs / WORKER_LOG)
    return True


def work(told: bytes, parent: Parent) -> None:
    """Run a job, then see whose turn it is.

    Args:
        told: The job, as it arrived.
        parent: Forks the tasks' processes.
    """
    job = Job.model_validate_json(told)
    history = RunHistory(job.database)
    with contextlib.ExitStack() as after:
        after.enter_context(history.kept_open())
        if history.begin(job.run_id, Worker.of(os.getpid()), job.attempt):
            after.callback(_track, job, history)
            after.callback(_go_on, job, history)
            _run(job, history, parent)


def _run(job: Job, history: RunHistory, parent: Parent) -> None:
    log = _Watch(job, history, store_at(job.store, job.home))
    with _outcome(job, history):
        _import_kfp()
        from backends.runs_local.kfp_local import WatchedPipeline

        pipeline = WatchedPipeline(
            watcher=log,
            parent=parent,
            workers=job.workers,
            work=job.work,
            done=job.done,
            cache=job.home / "cache" / code_fingerprint(job.preload) if job.use_cache else None,
        )
        pipeline.run(job.package, job.arguments)


def _track(job: Job, history: RunHistory) -> None:
    """Log the run where a server for that is set; the run has ended, whatever comes of it."""
    try:
        # The worker has the environment of the assistant that started it.
        uri = read_settings(home=job.home).mlflow_tracking_uri
        if uri:
            from backends.tracking_mlflow import MlflowTracking

            tracking = MlflowTracking(uri, store_at(job.store, job.home))
            logged = tracking.log(history.get(job.run_id), history.artifacts(job.run_id))
            sys.stdout.write(f"Logged to MLflow as {logged}.\n")
    except AssistantError as error:
        sys.stderr.write(f"Not logged to MLflow: {error}\n")


def _go_on(job: Job, history: RunHistory) -> None:
    """Start the runs that waited for this one, and clear away what is old."""
    _launcher(job).advance()
    sweep(job.home, history.open_runs().keys(), code_fingerprint(job.preload))


def _launcher(job: Job) -> Launcher:
    return Launcher(
        home=job.home,
        store=job.store,
        workers=job.workers,
        preload=job.preload,
        at_once=job.at_once,
    )


def _import_kfp() -> None:
    """Import KFP without its clients for clusters and for Docker, which cost a second."""
    sys.modules["docker"] = None  # type: ignore[assignment]  # how Python says: not installed
    os.environ["_KFP_RUNTIME"] = "true"  # noqa: TID251  # written for the import, never read
    importlib.import_module("kfp")
    del os.environ["_KFP_RUNTIME"]  # noqa: TID251  # the rest of KFP is imported in full


@contextlib.contextmanager
def _outcome(job: Job, history: RunHistory) -> Iterator[None]:
    """End the run in the history, however the work ends."""
    reserve = Reserve(job.work)
    try:
        yield
    except BaseException as error:
        reserve.give_back()
        failed = [task for task in history.get(job.run_id).tasks if task.reason]
        failed.sort(key=lambda task: (task.finished_at is None, task.finished_at))
        reason = failed[0].reason if failed else f"The run could not go on: {error}"
        if is_for_want_of_space(error) or is_full(job.home):
            reason = FULL
        history.finish(job.run_id, RunState.FAILED, reason, job.attempt)
        if not failed:
            raise
    else:
        history.finish(job.run_id, RunState.SUCCEEDED, attempt=job.attempt)
    finally:
        reserve.give_back()


@dataclass
class _Watch:
    """Writes what happens to tasks into the history, and their outputs into the store."""

    job: Job
    history: RunHistory
    store: ObjectStore

    def __post_init__(self) -> None:
        self._labels = {task.path: task.label for task in read_plan(self.job.package).tasks}

    def started(self, path: str, items: tuple[str, ...]) -> tuple[str, Path]:
        planned = self._labels.get(path, path)
        name = f"{planned} [{', '.join(items)}]" if items else planned
        given = self.history.start_task(self.job.run_id, planned, name, self.job.attempt)
        if given is None:
            _stop_everything()
        task = given or name
        return task, task_log(self.job.logs, task)

    def forked(self, task: str) -> None:
        self.history.restart_clock(self.job.run_id, task)

    def skipped(self, path: str) -> None:
        below = f"{path}/"
        names = [
            label
            for place, label in self._labels.items()
            if place == path or place.startswith(below)
        ]
        self.history.skip_tasks(self.job.run_id, names)

    def ended(self, task: str, outputs: list[Output], *, cached: bool) -> None:
        if cached:
            self._say(task, "Nothing ran: the same task with the same inputs was done before.")
        known = cached and self.history.has_recorded(self.job.run_id, task)
        state = TaskState.CACHED if cached else TaskState.SUCCEEDED
        made = None if known else self._made(task, outputs)
        if not self.history.end_task(
            self.job.run_id, task, state, attempt=self.job.attempt, made=made
        ):
            _stop_everything()

    def failed(self, task: str, exit_code: int | None, reason: str) -> None:
        if not reason and exit_code is not None and exit_code < 0:
            # Whatever it said last, it was not why it ended.
            reason = ENDED_BY_SIGNAL.format(signal=signal.Signals(-exit_code).name)
        reason = reason or reason_in(read_lines(task_log(self.job.logs, task)))
        reason = reason or ENDED_WITHOUT_A_WORD.format(code=exit_code)
        if tells_of_full_disk(reason) or is_full(self.job.home):
            reason = FULL
        if not self.history.end_task(
            self.job.run_id, task, TaskState.FAILED, reason, self.job.attempt
        ):
            _stop_everything()

    def _made(self, task: str, outputs: list[Output]) -> Made:
        """Store what a task made, and say what it left out."""
        artifacts: list[Artifact] = []
        numbers: dict[str, float] = {}
        item = task.partition(" ")[2]
        for output in outputs:
            if not output.path.exists():
                self._say(task, f"The task left nothing for its output {output.name!r}.")
                continue
            artifacts += store_output(
                self.store,
                pipeline=self.job.pipeline,
                run_id=self.job.run_id,
                task=task,
                output=output,
            )
            numbers |= {f"{name} {item}".strip(): value for name, value in measured(output).items()}
        return Made(artifacts=artifacts, metrics=numbers)

    def _say(self, task: str, line: str) -> None:
        with task_log(self.job.logs, task).open("a", encoding="utf-8") as log:
            log.write(f"{line}\n")


def _stop_everything() -> None:
    """End this worker and its tasks: the run was ended by somebody else."""
    os.killpg(os.getpgrp(), signal.SIGKILL)
