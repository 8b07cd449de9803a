"""The SQLite file behind the history, and its rows as values."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from backends.sqlite_damage import DAMAGED, is_damage
from core.errors import UnavailableError
from core.runs import Artifact, ArtifactKind, Run, RunState, Task, TaskState

SCHEMA_VERSION = 1
WAIT_SECONDS = 30

_SCHEMA = """
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS packages (
    version TEXT PRIMARY KEY, pipeline TEXT NOT NULL, package TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS runs (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
    pipeline TEXT NOT NULL, version TEXT NOT NULL, experiment TEXT NOT NULL,
    state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', parameters TEXT NOT NULL,
    created_at TEXT NOT NULL, started_at TEXT, finished_at TEXT,
    worker_pid INTEGER NOT NULL, worker_started REAL NOT NULL,
    worker_detached INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS runs_by_time ON runs (created_at);
CREATE TABLE IF NOT EXISTS tasks (
    number INTEGER PRIMARY KEY, run_id TEXT NOT NULL, name TEXT NOT NULL,
    position INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '',
    started_at TEXT, finished_at TEXT, UNIQUE (run_id, name));
CREATE TABLE IF NOT EXISTS artifacts (
    number INTEGER PRIMARY KEY, run_id TEXT NOT NULL, task TEXT NOT NULL, name TEXT NOT NULL,
    kind TEXT NOT NULL, bucket TEXT NOT NULL, key TEXT NOT NULL, bytes INTEGER NOT NULL,
    content_hash TEXT NOT NULL, metadata TEXT NOT NULL, is_input INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS artifacts_by_run ON artifacts (run_id);
CREATE TABLE IF NOT EXISTS metrics (
    run_id TEXT NOT NULL, name TEXT NOT NULL, value REAL NOT NULL, PRIMARY KEY (run_id, name));
COMMIT;
"""


class Database:
    """Short connections to one file, safe for several threads and processes.

    Args:
        path: The SQLite file; it is made at the first use.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Hand over a connection for reading."""
        with self._explained(), contextlib.closing(self._connect()) as connection:
            yield connection

    @contextlib.contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """Hand over a connection in a write transaction: all of it happens or nothing."""
        with self.reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=WAIT_SECONDS, isolation_level=None)
        connection.row_factory = sqlite3.Row
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version < SCHEMA_VERSION:
            # Changing the journal's mode does not wait for others: one after the other.
            with FileLock(self._path.with_suffix(".lock"), timeout=WAIT_SECONDS):
                connection.execute("PRAGMA journal_mode = WAL")
                connection.executescript(_SCHEMA)
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        return connection

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise UnavailableError(
                f"The history of runs in {self._path} does not answer: {error}.",
                hint=DAMAGED if is_damage(error) else "Is the disk full or read-only?",
            ) from error


def run_of(db: sqlite3.Connection, row: sqlite3.Row, tasks: tuple[Task, ...] = ()) -> Run:
    """Read a run with its metrics."""
    metrics = db.execute("SELECT name, value FROM metrics WHERE run_id = ?", (row["id"],))
    return Run(
        id=row["id"],
        name=row["name"],
        pipeline=row["pipeline"],
        pipeline_version=row["version"],
        experiment=row["experiment"],
        state=RunState(row["state"]),
        parameters=json.loads(row["parameters"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        started_at=_time(row["started_at"]),
        finished_at=_time(row["finished_at"]),
        reason=row["reason"],
        tasks=tasks,
        metrics=dict(metrics.fetchall()),
    )


def task_of(row: sqlite3.Row) -> Task:
    """Read a task."""
    return Task(
        name=row["name"],
        state=TaskState(row["state"]),
        started_at=_time(row["started_at"]),
        finished_at=_time(row["finished_at"]),
        reason=row["reason"],
    )


def artifact_of(row: sqlite3.Row) -> Artifact:
    """Read an artifact."""
    return Artifact(
        run_id=row["run_id"],
        task=row["task"],
        name=row["name"],
        kind=ArtifactKind(row["kind"]),
        bucket=row["bucket"],
        key=row["key"],
        bytes=row["bytes"],
        content_hash=row["content_hash"],
        metadata=json.loads(row["metadata"]),
        is_input=bool(row["is_input"]),
    )


def text_of(moment: datetime) -> str:
    """Write a time so that texts sort as the times they stand for."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
