"""Runs pipelines in worker processes of this machine."""

import shutil
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from backends.runs_local.engine import RunEngine
from backends.runs_local.history import RunHistory
from backends.runs_local.job import Job, place_of
from backends.runs_local.launching import Launcher
from backends.runs_local.logs import WORKER_LOG, read_lines, task_log
from backends.runs_local.package import read_plan
from backends.runs_local.refusals import refuse_what_cannot_run
from backends.runs_local.schedules import Firing, ScheduleBook
from backends.runs_local.uploads import Shelf
from core.errors import AssistantError, RequestError, not_found
from core.objects import ObjectStore
from core.paging import Page
from core.pipelines import (
    Fill,
    ParameterValue,
    PipelineSpec,
    PipelineVersion,
    Spread,
    as_given,
    one_run,
)
from core.runs import Artifact, Experiment, Run, RunLogs, RunQuery
from core.schedules import Schedule

RUNS_FOR_A_TYPICAL_TIME = 5
RUNS_AT_ONCE = 4


class LocalRuns:
    """Runs pipelines on this machine and remembers how they went.

    Every run has a process of its own session, which neither the end of the assistant nor Ctrl+C
    reaches. Several assistants may share a home.

    Args:
        home: Where history, logs, staged inputs and the tasks' files are kept.
        store: Where objects are; workers open it again from its description.
        workers: How many tasks of one run may work side by side.
        preload: Modules that tasks need and that are slow to import; and packages whose code, when
            it changes, makes cached results worthless.
        at_once: How many runs may be at work in the home; others wait for their turn.
        ready_seconds: How long a worker waits for a run that was checked, its imports done; zero
            to begin with them when the run starts.
        fill: Fills in what follows from a run's parameters, when it starts.
        spread: Says which runs a firing of a schedule is.
    """

    def __init__(
        self,
        *,
        home: Path,
        store: ObjectStore,
        workers: int,
        preload: Sequence[str] = (),
        at_once: int = RUNS_AT_ONCE,
        ready_seconds: float = 0,
        fill: Fill = as_given,
        spread: Spread = one_run,
    ) -> None:
        self._spread = spread
        self._home = home.absolute()
        self._store = store
        database = self._home / "runs.db"
        self._history = RunHistory(database)
        self._book = ScheduleBook(database)
        self._shelf = Shelf(database)
        self._launcher = Launcher(
            home=self._home,
            store=place_of(store),
            workers=workers,
            preload=preload,
            at_once=at_once,
            patience_seconds=ready_seconds,
            launch=self._launch,
        )
        self._engine = RunEngine(
            self._home, store, self._history, self._launcher, self._refuse, fill
        )

    @property
    def place(self) -> str:
        """Where runs happen, in words."""
        return "on this machine"

    def check(
        self, pipeline: PipelineSpec, parameters: Mapping[str, ParameterValue]
    ) -> Mapping[str, ParameterValue]:
        """Return the parameters as a run would use them, without starting one.

        A run that is checked may start soon, so a worker does its imports already.
        """
        checked = self._engine.check(pipeline, parameters)
        self._launcher.expect()
        return checked

    def start(
        self,
        pipeline: PipelineSpec,
        parameters: Mapping[str, ParameterValue],
        *,
        experiment: str = "default",
        name: str = "",
        use_cache: bool = True,
    ) -> Run:
        """Start a run and return at once; it is pending until there is a place for it."""
        with self._history.kept_open():
            return self._engine.start(
                pipeline, parameters, experiment=experiment, name=name, use_cache=use_cache
            )

    def get(self, run_id: str) -> Run:
        """Return a run by its full id, with its tasks."""
        self._engine.settle()
        return self._history.get(run_id)

    def list(self, query: RunQuery = RunQuery(), limit: int = 10) -> Page[Run]:  # noqa: B008  # the port's own default, frozen
        """List runs, newest start first, without their tasks."""
        self._engine.settle()
        return self._history.list(query, limit)

    def artifacts(self, run_id: str) -> Sequence[Artifact]:
        """Return what a run read and made, in the order of recording."""
        self._history.get(run_id)
        return self._history.artifacts(run_id)

    def recorded(self, bucket: str, key: str, content_hash: str = "") -> Sequence[Artifact]:
        """Return what is recorded of an object's name or content, the newest record first."""
        return self._history.recorded(bucket, key, content_hash)

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
        self._engine.settle()
        return self._engine.cancel(run_id)

    def retry(self, run_id: str) -> Run:
        """Start a new attempt of a run that failed or was stopped, under the same id.

        What succeeded in an earlier attempt is reused as long as its files are kept.
        """
        self._engine.settle()
        return self._engine.retry(run_id)

    def delete(self, run_id: str) -> None:
        """Move a run that ended, with its logs, to the trash; its objects stay."""
        run = self.get(run_id)
        if not self._history.delete(run_id):
            raise RequestError(
                f"The run {run.name} is at work.", hint="Stop it first, then delete it."
            )
        logs = self._home / "logs" / run_id
        if logs.is_dir():
            self._trashed_logs.mkdir(parents=True, exist_ok=True)
            logs.replace(self._trashed_logs / run_id)

    def trash(self) -> Sequence[Run]:
        """Return the runs in the trash, the latest deleted first."""
        return self._history.trash()

    def empty_trash(self) -> int:
        """Remove what is in the trash for good; return how many runs that were."""
        removed = self._history.remove_deleted()
        for run_id in removed:
            for folder in (self._trashed_logs, self._home / "logs", self._home / "work"):
                shutil.rmtree(folder / run_id, ignore_errors=True)
        return len(removed)

    def pipelines(self) -> Sequence[PipelineSpec]:
        """Return the newest version of every pipeline that was uploaded, by name."""
        return self._shelf.pipelines()

    def versions(self, pipeline: str) -> Sequence[PipelineVersion]:
        """Return the versions of a pipeline that were uploaded, newest first."""
        return self._shelf.versions(pipeline)

    def upload(self, pipeline: PipelineSpec) -> PipelineVersion:
        """Keep a pipeline, or a new version of one, so that it can be run by its name."""
        read_plan(pipeline.package)
        self._refuse(pipeline.package)
        return self._shelf.keep(pipeline)

    def experiments(self) -> Sequence[Experiment]:
        """Return every experiment, the latest used first."""
        return self._history.experiments()

    def create_experiment(self, name: str, description: str = "") -> Experiment:
        """Create an experiment."""
        return self._shelf.create_experiment(name, description)

    def schedules(self) -> Sequence[Schedule]:
        """Return every schedule, by name."""
        return self._book.all()

    def schedule(
        self,
        pipeline: PipelineSpec,
        cron: str,
        parameters: Mapping[str, ParameterValue],
        *,
        name: str = "",
    ) -> Schedule:
        """Create a schedule; its first run is at the next time the cron fields name."""
        self._engine.check(pipeline, parameters)
        return self._book.add(pipeline, cron, parameters, name)

    def pause(self, schedule_id: str) -> Schedule:
        """Let a schedule fire no more until it is resumed."""
        return self._book.pause(schedule_id)

    def resume(self, schedule_id: str) -> Schedule:
        """Let a paused schedule fire again, from now on."""
        return self._book.resume(schedule_id)

    def delete_schedule(self, schedule_id: str) -> None:
        """Remove a schedule; the runs it started stay."""
        self._book.delete(schedule_id)

    def fire_due(self) -> Sequence[Run]:
        """Start the runs that are due now and return them; safe when several ask at once.

        A run that cannot start is there as a failed one, with the reason.
        """
        self._engine.settle()
        started: list[Run] = []
        for firing in self._book.claim_due():
            started += self._fire(firing)
        return started

    def typical_seconds(self, pipeline: str) -> float | None:
        """Return the median duration of the pipeline's latest succeeded runs, if any."""
        seconds = self._history.latest_seconds(pipeline, RUNS_FOR_A_TYPICAL_TIME)
        return statistics.median(seconds) if seconds else None

    def unseen(self, run_id: str) -> str:
        """Say nothing: what runs make here is recorded as they make it."""
        del run_id
        return ""

    def log_folder(self, run_id: str) -> Path | None:
        """Return where a run's logs are on this machine, if they are."""
        folder = self._home / "logs" / run_id
        return folder if folder.is_dir() else None

    @property
    def _trashed_logs(self) -> Path:
        return self._home / "trash" / "logs"

    def _fire(self, firing: Firing) -> Sequence[Run]:
        pipeline, schedule = firing.pipeline, firing.schedule
        try:
            due = self._spread(pipeline, firing.parameters, firing.seen, firing.created_at)
        except AssistantError as error:
            failed = self._engine.not_started(pipeline, firing.parameters, schedule, error)
            self._book.fired(firing, failed.id)
            return [failed]
        runs = [self._engine.start_scheduled(pipeline, each, schedule) for each in due.runs]
        # Only now: whoever ends in between lets a table be taken twice rather than never.
        self._book.fired(firing, runs[-1].id if runs else "", due.seen)
        return runs

    def _launch(self, job: Job) -> None:
        """Bring a run to life whose turn it is."""
        self._launcher.start(job)

    def _refuse(self, package: str) -> None:
        """Raise where a package cannot be run here, before anything starts."""
        refuse_what_cannot_run(package)
