"""Triggers, and which objects they have met, in an SQLite file."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from backends.sqlite_file import SqliteFile, in_steps
from core import clock
from core.errors import RequestError, not_found
from core.objects import StoredObject
from core.triggers import Firing, Trigger

ABANDONED_AFTER = timedelta(minutes=15)
"""After this time, who claimed an object and has not started a run has ended."""
LOST = "Whoever was to start the run ended before it was there."

_SCHEMA = """
CREATE TABLE IF NOT EXISTS triggers (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, bucket TEXT NOT NULL,
    prefix TEXT NOT NULL, pipeline TEXT NOT NULL, parameter TEXT NOT NULL,
    parameters TEXT NOT NULL, enabled INTEGER NOT NULL, created_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS met (
    trigger INTEGER NOT NULL REFERENCES triggers (id) ON DELETE CASCADE,
    key TEXT NOT NULL, etag TEXT NOT NULL, state TEXT NOT NULL, at TEXT,
    run TEXT NOT NULL DEFAULT '', problem TEXT NOT NULL DEFAULT '', number INTEGER,
    PRIMARY KEY (trigger, key, etag)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS met_fired ON met (trigger, number) WHERE number IS NOT NULL;
CREATE INDEX IF NOT EXISTS met_open ON met (at) WHERE state = 'claimed';
"""
_SEEN, _CLAIMED, _STARTED, _FAILED = "seen", "claimed", "started", "failed"
_AT_ONCE = 200
"""How many objects one question to SQLite asks for."""


class SqliteTriggers:
    """Implements `core.triggers.TriggerBook` in one file that several assistants may use at once.

    Args:
        path: The file; it is made at the first use.
    """

    def __init__(self, path: Path) -> None:
        named = f"The triggers in {path} do not"
        steps = in_steps({1: _SCHEMA})
        self._file = SqliteFile(path, named, 1, steps, foreign_keys=True)

    def all(self) -> Sequence[Trigger]:
        """Return every trigger, by name."""
        if not self._file.path.exists():
            # Most homes have none, and looking must not make a file.
            return ()
        with self._file.reading() as db:
            rows = db.execute("SELECT * FROM triggers ORDER BY name").fetchall()
            return [_trigger(db, row) for row in rows]

    def add(self, trigger: Trigger, present: Iterator[Sequence[StoredObject]]) -> Trigger:
        """Keep a trigger; the objects that are present count as seen.

        It rests until all of them are noted: nothing that was there before starts a run.
        """
        with self._file.changing() as db:
            if db.execute("SELECT 1 FROM triggers WHERE name = ?", (trigger.name,)).fetchone():
                raise RequestError(
                    f"There is a trigger {trigger.name!r} already.",
                    hint="Choose another name, or delete that one first.",
                    quoted=[trigger.name],
                )
            db.execute(
                "INSERT INTO triggers (name, bucket, prefix, pipeline, parameter, parameters,"
                " enabled, created_at) VALUES (?, ?, ?, ?, ?, ?, 0, ?)",
                (
                    trigger.name,
                    trigger.bucket,
                    trigger.prefix,
                    trigger.pipeline,
                    trigger.parameter,
                    json.dumps(dict(trigger.parameters), ensure_ascii=False),
                    _text(trigger.created_at),
                ),
            )
        try:
            return self.resume(trigger.name, present)
        except BaseException:
            self.delete(trigger.name)
            raise

    def pause(self, name: str) -> Trigger:
        """Let a trigger fire no more until it is resumed."""
        return self._enable(name, enabled=False)

    def resume(self, name: str, present: Iterator[Sequence[StoredObject]]) -> Trigger:
        """Let a paused trigger fire again; the objects that are present count as seen."""
        for some in present:
            with self._file.changing() as db:
                number = _row(db, name)["id"]
                db.executemany(
                    "INSERT OR IGNORE INTO met (trigger, key, etag, state) VALUES (?, ?, ?, ?)",
                    [(number, one.key, one.etag, _SEEN) for one in some],
                )
        return self._enable(name, enabled=True)

    def delete(self, name: str) -> None:
        """Remove a trigger; the runs it started stay."""
        with self._file.changing() as db:
            db.execute("DELETE FROM triggers WHERE id = ?", (_row(db, name)["id"],))

    def unseen(self, name: str, objects: Sequence[StoredObject]) -> Sequence[StoredObject]:
        """Return those objects whose content a trigger has not met yet."""
        met: set[tuple[str, str]] = set()
        with self._file.reading() as db:
            number = _row(db, name)["id"]
            for begin in range(0, len(objects), _AT_ONCE):
                keys = [one.key for one in objects[begin : begin + _AT_ONCE]]
                marks = ", ".join("?" * len(keys))
                met |= {
                    (row["key"], row["etag"])
                    for row in db.execute(
                        f"SELECT key, etag FROM met WHERE trigger = ? AND key IN ({marks})",
                        (number, *keys),
                    )
                }
        return [one for one in objects if (one.key, one.etag) not in met]

    def claim(self, name: str, object: StoredObject) -> bool:  # noqa: A002  # the word for it here
        """Take an object for a run; False if somebody took it before, or the trigger rests."""
        with self._file.changing() as db:
            row = db.execute("SELECT id, enabled FROM triggers WHERE name = ?", (name,)).fetchone()
            if row is None or not row["enabled"]:
                return False
            done = db.execute(
                "INSERT OR IGNORE INTO met (trigger, key, etag, state, at, number) VALUES"
                " (?, ?, ?, ?, ?, (SELECT ifnull(max(number), 0) + 1 FROM met"
                " WHERE trigger = ? AND number IS NOT NULL))",
                (row["id"], object.key, object.etag, _CLAIMED, _text(clock.now()), row["id"]),
            )
            return done.rowcount == 1

    def settle(self, firing: Firing) -> None:
        """Note what a claimed object has become; nothing if the trigger is gone by now."""
        with self._file.changing() as db:
            db.execute(
                "UPDATE met SET state = ?, run = ?, problem = ? WHERE key = ? AND etag = ?"
                " AND trigger = (SELECT id FROM triggers WHERE name = ?)",
                (
                    _FAILED if firing.problem else _STARTED,
                    firing.run,
                    firing.problem,
                    firing.object.key,
                    firing.object.etag,
                    firing.trigger,
                ),
            )

    def abandoned(self) -> Sequence[Firing]:
        """Note and return the claims whose owner ended before there was a run, each once."""
        if not self._file.path.exists():
            return ()
        late = _text(clock.now() - ABANDONED_AFTER)
        wanted = "state = 'claimed' AND at < ?"
        with self._file.reading() as db:
            if not db.execute(f"SELECT 1 FROM met WHERE {wanted} LIMIT 1", (late,)).fetchone():
                return ()
        with self._file.changing() as db:
            rows = db.execute(
                "SELECT name, bucket, key, etag, at FROM met JOIN triggers ON id = trigger"
                f" WHERE {wanted}",
                (late,),
            ).fetchall()
            db.execute(
                f"UPDATE met SET state = ?, problem = ? WHERE {wanted}", (_FAILED, LOST, late)
            )
        return [_lost(row) for row in rows]

    def _enable(self, name: str, *, enabled: bool) -> Trigger:
        with self._file.changing() as db:
            row = _row(db, name)
            db.execute("UPDATE triggers SET enabled = ? WHERE id = ?", (enabled, row["id"]))
            return _trigger(db, _row(db, name))


def _row(db: sqlite3.Connection, name: str) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM triggers WHERE name = ?", (name,)
    ).fetchone()
    if row is None:
        names = [known for (known,) in db.execute("SELECT name FROM triggers ORDER BY name")]
        raise not_found("trigger", name, names)
    return row


def _trigger(db: sqlite3.Connection, row: sqlite3.Row) -> Trigger:
    last = db.execute(
        "SELECT * FROM met WHERE trigger = ? AND number IS NOT NULL ORDER BY number DESC LIMIT 1",
        (row["id"],),
    ).fetchone()
    run = db.execute(
        "SELECT run FROM met WHERE trigger = ? AND number IS NOT NULL AND run != ''"
        " ORDER BY number DESC LIMIT 1",
        (row["id"],),
    ).fetchone()
    counted = dict(
        db.execute(
            "SELECT state, count(*) FROM met WHERE trigger = ? AND number IS NOT NULL"
            " GROUP BY state",
            (row["id"],),
        ).fetchall()
    )
    return Trigger(
        name=row["name"],
        bucket=row["bucket"],
        prefix=row["prefix"],
        pipeline=row["pipeline"],
        parameter=row["parameter"],
        parameters=json.loads(row["parameters"]),
        enabled=bool(row["enabled"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        last_fired_at=datetime.fromisoformat(last["at"]) if last else None,
        last_key=last["key"] if last else "",
        last_run=run["run"] if run else "",
        runs=counted.get(_STARTED, 0),
        failures=counted.get(_FAILED, 0),
        problem=last["problem"] if last else "",
    )


def _lost(row: sqlite3.Row) -> Firing:
    found = StoredObject(
        bucket=row["bucket"],
        key=row["key"],
        bytes=0,
        etag=row["etag"],
        content_type="",
        modified_at=datetime.fromisoformat(row["at"]),
    )
    return Firing(trigger=row["name"], object=found, problem=LOST)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
