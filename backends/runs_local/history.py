"""Writing the history of runs: a SQLite file that assistants and workers share."""

import itertools
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from backends.runs_local.package import PlannedTask
from backends.runs_local.processes import Worker
from backends.runs_local.records import OPEN, RunRecords
from backends.runs_local.rows import keep_package, text_of
from core import clock
from core.pipelines import ParameterValue, PipelineSpec
from core.runs import Artifact, RunState, TaskState

NOBODY = Worker(pid=0, started=0.0, detached=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a task made and measured."""

    artifacts: Sequence[Artifact]
    metrics: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """A run about to be added."""

    id: str
    pipeline: PipelineSpec
    parameters: Mapping[str, ParameterValue]
    experiment: str
    name: str
    """Empty for a name made from the pipeline and a number."""
    starter: Worker | None = None
    """Who answers for the run until its worker does; nobody while it waits for its turn."""
    tasks: Sequence[PlannedTask]
    use_cache: bool = True
    schedule: str = ""
    """The name of the schedule that started it."""
    inputs: Sequence[Artifact] = ()
    """What it reads."""
    ended: str = ""
    """Why it ended before it began; empty for a run that is to begin."""


class RunHistory(RunRecords):
    """Runs, their tasks, artifacts and metrics.

    An attempt that ended never changes again: every change asks for an open run, so a worker, a
    reader that finds the worker dead and somebody who cancels may race, and the first one wins.
    Where an attempt is named, what is left of an earlier one cannot speak for a later one.
    """

    def add(self, run: NewRun) -> None:
        """Add a pending run with every task it may reach."""
        starter = run.starter or NOBODY
        now = _now()
        with self._database.changing() as db:
            keep_package(db, run.pipeline)
            values = {
                "id": run.id,
                "name": run.name or _free_run_name(db, run.pipeline.name),
                "pipeline": run.pipeline.name,
                "version": run.pipeline.version,
                "experiment": run.experiment,
                "state": RunState.FAILED if run.ended else RunState.PENDING,
                "reason": run.ended,
                "finished_at": now if run.ended else None,
                "parameters": json.dumps(dict(run.parameters), ensure_ascii=False),
                "created_at": now,
                "queued_at": now,
                "worker_pid": starter.pid,
                "worker_started": starter.started,
                "worker_detached": starter.detached,
                "use_cache": run.use_cache,
                "schedule": run.schedule,
            }
            db.execute(
                f"INSERT INTO runs ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",
                tuple(values.values()),
            )
            _plan(db, run.id, run.tasks)
            _record(db, run.inputs, {}, run.id)

    def begin(self, run_id: str, worker: Worker, attempt: int | None = None) -> bool:
        """Let a worker take a pending run; false when the run ended before."""
        with self._database.changing() as db:
            taken = db.execute(
                "UPDATE runs SET state = ?, started_at = ?, worker_pid = ?, worker_started = ?,"
                " worker_detached = 1 WHERE id = ? AND state = ? AND attempt = ifnull(?, attempt)",
                (
                    RunState.RUNNING,
                    _now(),
                    worker.pid,
                    worker.started,
                    run_id,
                    RunState.PENDING,
                    attempt,
                ),
            )
            return taken.rowcount == 1

    def start_task(
        self, run_id: str, planned: str, name: str, attempt: int | None = None
    ) -> str | None:
        """Note that a task works now.

        Args:
            run_id: Its run.
            planned: The name under which it was planned.
            name: Its name; an iteration of a loop has its item in it.
            attempt: The run's attempt that it belongs to.

        Returns:
            The name it got, with a number where two iterations have the same item; nothing when
            the run ended in the meantime.
        """
        with self._database.changing() as db:
            if not _is_open(db, run_id, attempt):
                return None
            (position,) = db.execute(
                "SELECT coalesce(min(position), 1000000) FROM tasks"
                " WHERE run_id = ? AND (name = ? OR instr(name, ?) = 1)",
                (run_id, planned, f"{planned} ["),
            ).fetchone()
            # What was planned gives way to what really runs, be it itself or its iterations.
            db.execute(
                "DELETE FROM tasks WHERE run_id = ? AND name = ? AND state = ?",
                (run_id, planned, TaskState.PENDING),
            )
            free = _free_name(db, run_id, name)
            db.execute(
                "INSERT INTO tasks (run_id, name, position, state, started_at)"
                " VALUES (?, ?, ?, ?, ?)",
                (run_id, free, position, TaskState.RUNNING, _now()),
            )
            return free

    def restart_clock(self, run_id: str, name: str) -> None:
        """Count a task's time from now on: until now it waited for its turn."""
        with self._database.changing() as db:
            db.execute(
                "UPDATE tasks SET started_at = ? WHERE run_id = ? AND name = ? AND state = ?",
                (_now(), run_id, name, TaskState.RUNNING),
            )

    def skip_tasks(self, run_id: str, names: Iterable[str]) -> None:
        """Note that tasks of an open run will not be reached."""
        with self._database.changing() as db:
            if _is_open(db, run_id):
                db.executemany(
                    "UPDATE tasks SET state = ? WHERE run_id = ? AND name = ? AND state = ?",
                    [(TaskState.SKIPPED, run_id, name, TaskState.PENDING) for name in names],
                )

    def end_task(
        self,
        run_id: str,
        name: str,
        state: TaskState,
        reason: str = "",
        attempt: int | None = None,
        made: Made | None = None,
    ) -> bool:
        """Note how a task ended, with what it made; false when the run ended in the meantime."""
        with self._database.changing() as db:
            if not _is_open(db, run_id, attempt):
                return False
            if made is not None:
                # What an attempt left that was ended between storing and noting is noted once.
                db.execute(
                    "DELETE FROM artifacts WHERE run_id = ? AND task = ? AND is_input = 0",
                    (run_id, name),
                )
                _record(db, made.artifacts, made.metrics, run_id)
            db.execute(
                "UPDATE tasks SET state = ?, reason = ?, finished_at = ?"
                " WHERE run_id = ? AND name = ?",
                (state, reason, _now(), run_id, name),
            )
            return True

    def finish(
        self, run_id: str, state: RunState, reason: str = "", attempt: int | None = None
    ) -> bool:
        """End an open run; false when it had ended before.

        Tasks that were never reached become `SKIPPED`; tasks at work become `CANCELED` in a run
        that was canceled and `FAILED` in one that failed.
        """
        with self._database.changing() as db:
            ended = db.execute(
                f"UPDATE runs SET state = ?, reason = ?, finished_at = ? WHERE id = ? AND {OPEN}"
                " AND attempt = ifnull(?, attempt)",
                (state, reason, _now(), run_id, attempt),
            )
            if ended.rowcount == 0:
                return False
            canceled = state is RunState.CANCELED
            db.execute(
                "UPDATE tasks SET state = ?, reason = ?, finished_at = ?"
                " WHERE run_id = ? AND state = ?",
                (
                    TaskState.CANCELED if canceled else TaskState.FAILED,
                    "" if canceled else reason,
                    _now(),
                    run_id,
                    TaskState.RUNNING,
                ),
            )
            db.execute(
                "UPDATE tasks SET state = ? WHERE run_id = ? AND state = ?",
                (TaskState.SKIPPED, run_id, TaskState.PENDING),
            )
            return True

    def record(
        self, artifacts: Sequence[Artifact], metrics: Mapping[str, float], run_id: str
    ) -> None:
        """Add what a task read, made and measured."""
        with self._database.changing() as db:
            _record(db, artifacts, metrics, run_id)

    def reopen(
        self,
        run_id: str,
        attempt: int,
        tasks: Sequence[PlannedTask],
        inputs: Sequence[Artifact],
    ) -> int | None:
        """Queue a new attempt of a run that failed or was canceled; nothing if it did not.

        Args:
            run_id: The run.
            attempt: The attempt that ended.
            tasks: Every task it may reach.
            inputs: What it reads this time.

        Returns:
            The number of the attempt.
        """
        with self._database.changing() as db:
            row = db.execute(
                "UPDATE runs SET state = ?, reason = '', attempt = attempt + 1, launches = 0,"
                " queued_at = ?, started_at = NULL, finished_at = NULL, worker_pid = 0"
                " WHERE id = ? AND attempt = ? AND state IN (?, ?) AND deleted_at IS NULL"
                " RETURNING attempt",
                (RunState.PENDING, _now(), run_id, attempt, RunState.FAILED, RunState.CANCELED),
            ).fetchone()
            if row is None:
                return None
            db.execute("DELETE FROM tasks WHERE run_id = ?", (run_id,))
            db.execute("DELETE FROM artifacts WHERE run_id = ? AND is_input = 1", (run_id,))
            _plan(db, run_id, tasks)
            _record(db, inputs, {}, run_id)
            return int(row["attempt"])

    def delete(self, run_id: str) -> bool:
        """Move a run that ended to the trash; false when it is at work or not there."""
        with self._database.changing() as db:
            moved = db.execute(
                "UPDATE runs SET deleted_at = ?"
                f" WHERE id = ? AND deleted_at IS NULL AND NOT {OPEN}",
                (_now(), run_id),
            )
            return moved.rowcount == 1

    def remove_deleted(self) -> Sequence[str]:
        """Forget every run in the trash; return their ids."""
        with self._database.changing() as db:
            rows = db.execute(
                "DELETE FROM runs WHERE deleted_at IS NOT NULL RETURNING id"
            ).fetchall()
            ids = [(row["id"],) for row in rows]
            for table in ("tasks", "artifacts", "metrics"):
                db.executemany(f"DELETE FROM {table} WHERE run_id = ?", ids)
        return [run_id for (run_id,) in ids]


def _plan(db: sqlite3.Connection, run_id: str, tasks: Sequence[PlannedTask]) -> None:
    db.executemany(
        "INSERT INTO tasks (run_id, name, position, state) VALUES (?, ?, ?, ?)",
        [(run_id, task.label, place, TaskState.PENDING) for place, task in enumerate(tasks)],
    )


def _record(
    db: sqlite3.Connection,
    artifacts: Iterable[Artifact],
    metrics: Mapping[str, float],
    run_id: str,
) -> None:
    db.executemany(
        "INSERT INTO artifacts (run_id, task, name, kind, bucket, key, bytes,"
        " content_hash, metadata, is_input) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                run_id,
                artifact.task,
                artifact.name,
                artifact.kind,
                artifact.bucket,
                artifact.key,
                artifact.bytes,
                artifact.content_hash,
                json.dumps(dict(artifact.metadata), ensure_ascii=False),
                artifact.is_input,
            )
            for artifact in artifacts
        ],
    )
    db.executemany(
        "INSERT OR REPLACE INTO metrics VALUES (?, ?, ?)",
        [(run_id, name, value) for name, value in metrics.items()],
    )


def _is_open(db: sqlite3.Connection, run_id: str, attempt: int | None = None) -> bool:
    row = db.execute(
        f"SELECT 1 FROM runs WHERE id = ? AND {OPEN} AND attempt = ifnull(?, attempt)",
        (run_id, attempt),
    ).fetchone()
    return row is not None


def _free_run_name(db: sqlite3.Connection, pipeline: str) -> str:
    (before,) = db.execute("SELECT count(*) FROM runs WHERE pipeline = ?", (pipeline,)).fetchone()
    names = (f"{pipeline}-{number}" for number in itertools.count(before + 1))
    taken = "SELECT 1 FROM runs WHERE name = ?"
    return next(name for name in names if db.execute(taken, (name,)).fetchone() is None)


def _free_name(db: sqlite3.Connection, run_id: str, name: str) -> str:
    rows = db.execute("SELECT name FROM tasks WHERE run_id = ?", (run_id,)).fetchall()
    taken = {row["name"] for row in rows}
    numbered = (f"{name} #{number}" for number in itertools.count(2))
    return name if name not in taken else next(free for free in numbered if free not in taken)


def _now() -> str:
    return text_of(clock.now())
