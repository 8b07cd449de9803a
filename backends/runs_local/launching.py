"""Starting the workers of the runs whose turn it is."""

import contextlib
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from backends.runs_local.history import RunHistory
from backends.runs_local.job import Job, StorePlace
from backends.runs_local.logs import WORKER_LOG
from backends.runs_local.processes import Worker
from backends.runs_local.ready import ReadyWorkers, greeting, worker_process
from backends.runs_local.turns import RunQueue, Turn
from core.errors import AssistantError
from core.pipelines import ParameterValue
from core.runs import Artifact, RunState

NOT_STARTED = "The worker could not be started: {error}."


class Launcher:
    """Starts a worker process for each run whose turn it is.

    Assistants have one, and so does every worker: it starts the next run when its own has ended,
    so that a queue goes on when nobody looks.

    Args:
        home: Where history, logs, staged inputs and the tasks' files are kept.
        store: Where objects are, for the workers.
        workers: How many tasks of one run may work side by side.
        preload: Modules that tasks need and that are slow to import.
        at_once: How many runs may be at work.
        patience_seconds: How long a worker that was expected waits for a run; zero to keep none.
        launch: Takes a job in place of a worker process; the usual one if none.
    """

    def __init__(
        self,
        *,
        home: Path,
        store: StorePlace,
        workers: int,
        preload: Sequence[str],
        at_once: int,
        patience_seconds: float = 0,
        launch: Callable[[Job], None] | None = None,
    ) -> None:
        self._home = home
        self._store = store
        self._workers = workers
        self._preload = tuple(preload)
        self._at_once = at_once
        self._launch = launch or self.start
        self._history = RunHistory(home / "runs.db")
        self._queue = RunQueue(home / "runs.db", at_once)
        self._ready = ReadyWorkers(home, self._preload, patience_seconds)
        self._started: dict[int, subprocess.Popen[bytes]] = {}

    def expect(self) -> None:
        """Have a worker ready for a run that may start soon."""
        self._ready.expect()

    def advance(self) -> None:
        """Start the runs whose turn it is."""
        self.reap()
        me = Worker.of(os.getpid(), detached=False)
        while (turn := self._queue.next(me)) is not None:
            try:
                job = self._job(turn)
                job.logs.mkdir(parents=True, exist_ok=True)
                job.work.mkdir(parents=True, exist_ok=True)
                self._launch(job)
            except (OSError, AssistantError) as error:
                reason = NOT_STARTED.format(error=str(error).rstrip("."))
                self._history.finish(turn.run_id, RunState.FAILED, reason, turn.attempt)
            except BaseException:
                self._queue.put_back(turn.run_id, me)
                raise

    def start(self, job: Job) -> None:
        """Tell a worker its job: the one that waits, or a process of its own."""
        process, told = self._ready.take(), b""
        if process is None:
            told = greeting(self._preload, 0)
            with (job.logs / WORKER_LOG).open("ab") as log:
                process = worker_process(log, job.work)
        self._started[process.pid] = process
        self._queue.hand_over(job.run_id, job.attempt, Worker.of(process.pid))
        # A worker that ended at once cannot listen; the next look at the run says so.
        with contextlib.suppress(BrokenPipeError):
            assert process.stdin is not None
            with process.stdin as pipe:
                pipe.write(told + job.written())

    def reap(self) -> None:
        """Let go of the workers that have ended."""
        for pid, process in list(self._started.items()):
            if process.poll() is not None:
                self._started.pop(pid, None)

    def put_back(self, run_id: str, worker: Worker) -> None:
        """Let a run wait again whose worker was lost before it began."""
        self._queue.put_back(run_id, worker)

    def _job(self, turn: Turn) -> Job:
        return Job(
            run_id=turn.run_id,
            attempt=turn.attempt,
            pipeline=turn.pipeline,
            package=turn.package,
            arguments={**turn.parameters, **self._paths(turn.inputs)},
            home=self._home,
            store=self._store,
            workers=self._workers,
            preload=self._preload,
            at_once=self._at_once,
            use_cache=turn.use_cache,
        )

    def _paths(self, inputs: Sequence[Artifact]) -> Mapping[str, ParameterValue]:
        return {item.name: str(staged_path(self._home, item)) for item in inputs}


def staged_path(home: Path, item: Artifact) -> Path:
    """Return where the content of an input is, for the tasks to read."""
    return home / "staging" / item.content_hash / PurePosixPath(item.key).name
