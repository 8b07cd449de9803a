"""The SQLite file behind the history."""

from pathlib import Path

from backends.sqlite_file import SqliteFile, in_steps

MIGRATIONS = {
    1: """
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
""",
    2: """
ALTER TABLE runs ADD COLUMN attempt INTEGER NOT NULL DEFAULT 1;
ALTER TABLE runs ADD COLUMN schedule TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN use_cache INTEGER NOT NULL DEFAULT 1;
ALTER TABLE runs ADD COLUMN queued_at TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN launches INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN deleted_at TEXT;
DROP INDEX runs_by_time;
CREATE INDEX runs_kept ON runs (created_at) WHERE deleted_at IS NULL;
CREATE INDEX runs_by_pipeline ON runs (pipeline, created_at) WHERE deleted_at IS NULL;
CREATE INDEX runs_by_experiment ON runs (experiment, created_at) WHERE deleted_at IS NULL;
CREATE INDEX runs_by_state ON runs (state, created_at) WHERE deleted_at IS NULL;
CREATE INDEX runs_by_name ON runs (name);
CREATE INDEX runs_deleted ON runs (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX runs_open ON runs (state) WHERE state IN ('PENDING', 'RUNNING');
CREATE TABLE experiments (
    name TEXT PRIMARY KEY, description TEXT NOT NULL, created_at TEXT NOT NULL);
CREATE TABLE uploads (
    number INTEGER PRIMARY KEY, pipeline TEXT NOT NULL, version TEXT NOT NULL,
    uploaded_at TEXT NOT NULL, spec TEXT NOT NULL, UNIQUE (pipeline, version));
CREATE TABLE schedules (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, pipeline TEXT NOT NULL,
    version TEXT NOT NULL, spec TEXT NOT NULL, cron TEXT NOT NULL, parameters TEXT NOT NULL,
    enabled INTEGER NOT NULL, created_at TEXT NOT NULL, next_at TEXT, last_fired_at TEXT,
    last_run TEXT NOT NULL DEFAULT '', firing_at TEXT, missed TEXT NOT NULL DEFAULT '[]');
""",
    3: """
CREATE INDEX artifacts_by_name ON artifacts (bucket, key);
CREATE INDEX artifacts_by_content ON artifacts (content_hash);
""",
    # By name: a schedule that is deleted and made again goes on where it was.
    4: """
CREATE TABLE looks (schedule TEXT PRIMARY KEY, seen TEXT NOT NULL);
""",
}


class Database(SqliteFile):
    """The history's file.

    Args:
        path: Where it is; it is made at the first use.
    """

    def __init__(self, path: Path) -> None:
        named = f"The history of runs in {path} does not"
        super().__init__(path, named, max(MIGRATIONS), in_steps(MIGRATIONS))
