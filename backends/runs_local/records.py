"""Reading the history of runs."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from backends.runs_local.database import Database
from backends.runs_local.processes import Worker
from backends.runs_local.rows import artifact_of, run_of, runs_of, text_of, time_of
from core.errors import not_found
from core.paging import Page
from core.runs import Artifact, Experiment, Run, RunQuery, RunState, TaskState

OPEN = "state IN ('PENDING', 'RUNNING')"
_KEPT = "deleted_at IS NULL"
NEAR_RUNS = 1000
"""Among how many of the latest runs a mistaken id is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRun:
    """A run that has not ended."""

    state: RunState
    worker: Worker | None
    """Who answers for it; nobody while it waits for its turn."""
    attempt: int
    launches: int
    """How often a worker was started for this attempt."""


class RunRecords:
    """What is known of runs, their tasks, artifacts and metrics.

    Args:
        path: The SQLite file; it is made at the first use.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path)

    def kept_open(self) -> AbstractContextManager[None]:
        """Make many changes in a row cheap."""
        return self._database.kept_open()

    def get(self, run_id: str) -> Run:
        """Return a run with its tasks.

        Raises:
            NotFoundError: There is no such run, or it is in the trash.
        """
        with self._database.reading() as db:
            row = db.execute(f"SELECT * FROM runs WHERE id = ? AND {_KEPT}", (run_id,)).fetchone()
            if row is None:
                raise _unknown(db, run_id)
            tasks = db.execute(
                "SELECT * FROM tasks WHERE run_id = ? ORDER BY position, number", (run_id,)
            ).fetchall()
            metrics = db.execute("SELECT name, value FROM metrics WHERE run_id = ?", (run_id,))
            return run_of(row, dict(metrics.fetchall()), tasks)

    def package_of(self, run: Run) -> str:
        """Return the compiled package that a run was started from."""
        with self._database.reading() as db:
            (package,) = db.execute(
                "SELECT package FROM packages WHERE version = ?", (run.pipeline_version,)
            ).fetchone()
        return str(package)

    def list(self, query: RunQuery, limit: int) -> Page[Run]:
        """List runs, newest first, without their tasks."""
        where, values = _conditions(query)
        with self._database.reading() as db:
            (total,) = db.execute(f"SELECT count(*) FROM runs WHERE {where}", values).fetchone()
            rows = db.execute(
                f"SELECT * FROM runs WHERE {where} ORDER BY created_at DESC, number DESC LIMIT ?",
                (*values, max(0, limit)),
            ).fetchall()
            items = runs_of(db, rows)
        return Page(items=items, total=total, has_more=len(items) < total)

    def trash(self) -> Sequence[Run]:
        """Return the deleted runs, the latest deleted first."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT * FROM runs WHERE deleted_at IS NOT NULL"
                " ORDER BY deleted_at DESC, number DESC"
            ).fetchall()
            return runs_of(db, rows)

    def artifacts(self, run_id: str) -> Sequence[Artifact]:
        """Return what a run read and made, in the order of recording."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT * FROM artifacts WHERE run_id = ? ORDER BY number", (run_id,)
            ).fetchall()
        return [artifact_of(row) for row in rows]

    def recorded(self, bucket: str, key: str, content_hash: str = "") -> Sequence[Artifact]:
        """Return what is recorded of an object's name or content, the newest record first."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT * FROM artifacts WHERE (bucket = ? AND key = ?)"
                " OR (? <> '' AND content_hash = ?) ORDER BY number DESC",
                (bucket, key, content_hash, content_hash),
            ).fetchall()
        return [artifact_of(row) for row in rows]

    def has_recorded(self, run_id: str, task: str) -> bool:
        """Whether what a task made is known from an earlier attempt of its run."""
        with self._database.reading() as db:
            row = db.execute(
                "SELECT 1 FROM artifacts WHERE run_id = ? AND task = ? AND is_input = 0 LIMIT 1",
                (run_id, task),
            ).fetchone()
        return row is not None

    def open_runs(self) -> Mapping[str, OpenRun]:
        """Return the runs that have not ended, the longest waiting first."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT id, state, worker_pid, worker_started, worker_detached, attempt, launches"
                f" FROM runs WHERE {OPEN} ORDER BY queued_at, number"
            ).fetchall()
        return {
            row["id"]: OpenRun(
                state=RunState(row["state"]),
                worker=_worker(row),
                attempt=row["attempt"],
                launches=row["launches"],
            )
            for row in rows
        }

    def latest_seconds(self, pipeline: str, limit: int) -> Sequence[float]:
        """Return how long the latest succeeded runs took that did all of their work."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT started_at, finished_at FROM runs WHERE pipeline = ? AND state = ?"
                f" AND {_KEPT} AND attempt = 1"
                " AND NOT EXISTS (SELECT 1 FROM tasks WHERE run_id = runs.id AND state = ?)"
                " ORDER BY created_at DESC, number DESC LIMIT ?",
                (pipeline, RunState.SUCCEEDED, TaskState.CACHED, limit),
            ).fetchall()
        return [
            (datetime.fromisoformat(finished) - datetime.fromisoformat(started)).total_seconds()
            for started, finished in rows
        ]

    def experiments(self) -> Sequence[Experiment]:
        """Return the experiments that were created or that runs name, the latest used first."""
        with self._database.reading() as db:
            used = {
                row["experiment"]: (row["runs"], row["latest"])
                for row in db.execute(
                    "SELECT experiment, count(*) AS runs, max(created_at) AS latest"
                    f" FROM runs WHERE {_KEPT} GROUP BY experiment"
                )
            }
            created = {row["name"]: row for row in db.execute("SELECT * FROM experiments")}
        found = [
            Experiment(
                name=name,
                description=created[name]["description"] if name in created else "",
                created_at=time_of(created[name]["created_at"]) if name in created else None,
                runs=used.get(name, (0, None))[0],
                last_run_at=time_of(used.get(name, (0, None))[1]),
            )
            for name in sorted({*used, *created})
        ]
        return sorted(found, key=_last_used, reverse=True)


def _last_used(experiment: Experiment) -> str:
    moment = experiment.last_run_at or experiment.created_at
    return text_of(moment) if moment else ""


def _worker(row: sqlite3.Row) -> Worker | None:
    if row["worker_pid"] == 0:
        return None
    return Worker(
        pid=row["worker_pid"],
        started=row["worker_started"],
        detached=bool(row["worker_detached"]),
    )


def _unknown(db: sqlite3.Connection, run_id: str) -> Exception:
    row = db.execute("SELECT name FROM runs WHERE id = ?", (run_id,)).fetchone()
    known = db.execute(f"SELECT id FROM runs WHERE {_KEPT} ORDER BY number DESC LIMIT {NEAR_RUNS}")
    hint = f"{row['name']} was deleted and is in the trash." if row else ""
    return not_found("run", run_id, [known_id for (known_id,) in known], hint=hint)


def _conditions(query: RunQuery) -> tuple[str, list[str]]:
    given = {
        "pipeline = ?": query.pipeline,
        "state = ?": query.state or "",
        "experiment = ?": query.experiment,
        "created_at >= ?": text_of(query.since) if query.since else "",
        "name = ?": query.name,
        # A range uses the index on ids; ids are hexadecimal, so `g` ends every prefix.
        "id >= ?": query.id_prefix,
        "id < ?": f"{query.id_prefix}g" if query.id_prefix else "",
    }
    used = {condition: value for condition, value in given.items() if value}
    return " AND ".join([_KEPT, *used]), list(used.values())
