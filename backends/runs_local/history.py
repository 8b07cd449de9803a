"""The history of runs: a SQLite file that assistants and workers share."""

import itertools
import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from backends.runs_local.database import Database, artifact_of, run_of, task_of, text_of
from backends.runs_local.package import PlannedTask
from backends.runs_local.processes import Worker
from core import clock
from core.errors import not_found
from core.paging import Page
from core.pipelines import ParameterValue, PipelineSpec
from core.runs import Artifact, Run, RunQuery, RunState, TaskState

_OPEN = "state IN ('PENDING', 'RUNNING')"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """A run about to be added."""

    id: str
    pipeline: PipelineSpec
    parameters: Mapping[str, ParameterValue]
    experiment: str
    name: str
    """Empty for a name made from the pipeline and a number."""
    starter: Worker
    """Who answers for the run until its worker does."""
    tasks: Sequence[PlannedTask]


class RunHistory:
    """Runs, their tasks, artifacts and metrics.

    A run that ended never changes again: every change asks for an open run, so a worker, a reader
    that finds the worker dead and somebody who cancels may race, and the first one wins.

    Args:
        path: The SQLite file; it is made at the first use.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path)

    def add(self, run: NewRun) -> None:
        """Add a pending run with every task it may reach."""
        with self._database.changing() as db:
            db.execute(
                "INSERT OR IGNORE INTO packages VALUES (?, ?, ?)",
                (run.pipeline.version, run.pipeline.name, run.pipeline.package),
            )
            (before,) = db.execute(
                "SELECT count(*) FROM runs WHERE pipeline = ?", (run.pipeline.name,)
            ).fetchone()
            db.execute(
                "INSERT INTO runs (id, name, pipeline, version, experiment, state, parameters,"
                " created_at, worker_pid, worker_started, worker_detached)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    run.id,
                    run.name or f"{run.pipeline.name}-{before + 1}",
                    run.pipeline.name,
                    run.pipeline.version,
                    run.experiment,
                    RunState.PENDING,
                    json.dumps(dict(run.parameters), ensure_ascii=False),
                    _now(),
                    run.starter.pid,
                    run.starter.started,
                    run.starter.detached,
                ),
            )
            db.executemany(
                "INSERT INTO tasks (run_id, name, position, state) VALUES (?, ?, ?, ?)",
                [
                    (run.id, task.label, position, TaskState.PENDING)
                    for position, task in enumerate(run.tasks)
                ],
            )

    def hand_over(self, run_id: str, worker: Worker) -> None:
        """Note which process answers for a run from now on."""
        with self._database.changing() as db:
            db.execute(
                "UPDATE runs SET worker_pid = ?, worker_started = ?, worker_detached = ?"
                " WHERE id = ?",
                (worker.pid, worker.started, worker.detached, run_id),
            )

    def begin(self, run_id: str, worker: Worker) -> bool:
        """Let a worker take a pending run; false when the run ended before."""
        with self._database.changing() as db:
            taken = db.execute(
                "UPDATE runs SET state = ?, started_at = ?, worker_pid = ?, worker_started = ?,"
                " worker_detached = 1 WHERE id = ? AND state = ?",
                (RunState.RUNNING, _now(), worker.pid, worker.started, run_id, RunState.PENDING),
            )
            return taken.rowcount == 1

    def start_task(self, run_id: str, planned: str, name: str) -> str | None:
        """Note that a task works now.

        Args:
            run_id: Its run.
            planned: The name under which it was planned.
            name: Its name; an iteration of a loop has its item in it.

        Returns:
            The name it got, with a number where two iterations have the same item; nothing when
            the run ended in the meantime.
        """
        with self._database.changing() as db:
            if not _is_open(db, run_id):
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

    def end_task(self, run_id: str, name: str, state: TaskState, reason: str = "") -> bool:
        """Note how a task ended; false when the run ended in the meantime."""
        with self._database.changing() as db:
            if not _is_open(db, run_id):
                return False
            db.execute(
                "UPDATE tasks SET state = ?, reason = ?, finished_at = ?"
                " WHERE run_id = ? AND name = ?",
                (state, reason, _now(), run_id, name),
            )
            return True

    def finish(self, run_id: str, state: RunState, reason: str = "") -> bool:
        """End an open run; false when it had ended before.

        Tasks that were never reached become `SKIPPED`; tasks at work become `CANCELED` in a run
        that was canceled and `FAILED` in one that failed.
        """
        with self._database.changing() as db:
            ended = db.execute(
                f"UPDATE runs SET state = ?, reason = ?, finished_at = ? WHERE id = ? AND {_OPEN}",
                (state, reason, _now(), run_id),
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

    def get(self, run_id: str) -> Run:
        """Return a run with its tasks.

        Raises:
            NotFoundError: There is no such run.
        """
        with self._database.reading() as db:
            row = db.execute("SELECT * FROM runs WHERE id = ?", (run_id,)).fetchone()
            if row is None:
                known = db.execute("SELECT id FROM runs ORDER BY number DESC LIMIT 1000")
                raise not_found("run", run_id, [known_id for (known_id,) in known])
            tasks = db.execute(
                "SELECT * FROM tasks WHERE run_id = ? ORDER BY position, number", (run_id,)
            ).fetchall()
            return run_of(db, row, tuple(map(task_of, tasks)))

    def list(self, query: RunQuery, limit: int) -> Page[Run]:
        """List runs, newest first, without their tasks."""
        where, values = _conditions(query)
        with self._database.reading() as db:
            (total,) = db.execute(f"SELECT count(*) FROM runs WHERE {where}", values).fetchone()
            rows = db.execute(
                f"SELECT * FROM runs WHERE {where} ORDER BY created_at DESC, number DESC LIMIT ?",
                (*values, max(0, limit)),
            ).fetchall()
            items = tuple(run_of(db, row) for row in rows)
        return Page(items=items, total=total, has_more=len(items) < total)

    def artifacts(self, run_id: str) -> Sequence[Artifact]:
        """Return what a run read and made, in the order of recording."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT * FROM artifacts WHERE run_id = ? ORDER BY number", (run_id,)
            ).fetchall()
        return [artifact_of(row) for row in rows]

    def open_runs(self) -> Mapping[str, Worker]:
        """Return the runs that have not ended, with the process that answers for each."""
        with self._database.reading() as db:
            rows = db.execute(
                f"SELECT id, worker_pid, worker_started, worker_detached FROM runs WHERE {_OPEN}"
            ).fetchall()
        return {
            run_id: Worker(pid=pid, started=started, detached=bool(detached))
            for run_id, pid, started, detached in rows
        }

    def latest_seconds(self, pipeline: str, limit: int) -> Sequence[float]:
        """Return how long the latest succeeded runs took that did all of their work."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT started_at, finished_at FROM runs WHERE pipeline = ? AND state = ?"
                " AND NOT EXISTS (SELECT 1 FROM tasks WHERE run_id = runs.id AND state = ?)"
                " ORDER BY number DESC LIMIT ?",
                (pipeline, RunState.SUCCEEDED, TaskState.CACHED, limit),
            ).fetchall()
        return [
            (datetime.fromisoformat(finished) - datetime.fromisoformat(started)).total_seconds()
            for started, finished in rows
        ]


def _is_open(db: sqlite3.Connection, run_id: str) -> bool:
    row = db.execute(f"SELECT 1 FROM runs WHERE id = ? AND {_OPEN}", (run_id,)).fetchone()
    return row is not None


def _free_name(db: sqlite3.Connection, run_id: str, name: str) -> str:
    rows = db.execute("SELECT name FROM tasks WHERE run_id = ?", (run_id,)).fetchall()
    taken = {row["name"] for row in rows}
    numbered = (f"{name} #{number}" for number in itertools.count(2))
    return name if name not in taken else next(free for free in numbered if free not in taken)


def _conditions(query: RunQuery) -> tuple[str, list[str]]:
    given = {
        "pipeline = ?": query.pipeline,
        "state = ?": query.state or "",
        "experiment = ?": query.experiment,
        "created_at >= ?": text_of(query.since) if query.since else "",
        "name = ?": query.name,
        "instr(id, ?) = 1": query.id_prefix,
    }
    used = {condition: value for condition, value in given.items() if value}
    return " AND ".join(used) or "1", list(used.values())


def _now() -> str:
    return text_of(clock.now())
