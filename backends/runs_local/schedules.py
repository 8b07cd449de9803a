"""Schedules: runs that start by the clock while an assistant or the daemon is there."""

import itertools
import json
import secrets
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from backends.runs_local.database import Database
from backends.runs_local.rows import keep_package, spec_of, text_of, text_of_spec, time_of
from core import clock
from core.errors import RequestError, not_found
from core.pipelines import ParameterValue, PipelineSpec
from core.schedules import Schedule
from core.timetable import next_firings

LATE_SECONDS = 120
"""By how much a run may be late; a firing that is older was missed."""
MISSED_KEPT = 50
"""How many of the latest missed firings are remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """A run that is due, claimed by this process."""

    schedule: str
    """Its name."""
    schedule_id: str
    pipeline: PipelineSpec
    parameters: Mapping[str, ParameterValue]
    created_at: datetime
    """When the schedule was made."""
    seen: frozenset[str] | None
    """Marks of what its firings have seen; None where none has looked yet."""


class ScheduleBook:
    """Keeps schedules and hands out each firing once, however many ask.

    A firing that passed while nobody asked is noted as missed and never made up for: ten late
    runs at once help nobody.

    Args:
        path: The SQLite file of the history.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path)

    def all(self) -> Sequence[Schedule]:
        """Return every schedule, by name."""
        now = clock.now()
        with self._database.reading() as db:
            rows = db.execute("SELECT * FROM schedules ORDER BY name").fetchall()
        return [_schedule(row, now) for row in rows]

    def add(
        self,
        pipeline: PipelineSpec,
        cron: str,
        parameters: Mapping[str, ParameterValue],
        name: str,
    ) -> Schedule:
        """Create a schedule.

        Raises:
            RequestError: The cron fields make no sense, or the name is taken.
        """
        now = clock.now()
        (first,) = next_firings(cron, 1, now)
        with self._database.changing() as db:
            taken = {row["name"] for row in db.execute("SELECT name FROM schedules")}
            if name in taken:
                raise RequestError(
                    f"There is a schedule {name!r} already.",
                    hint="Choose another name, or delete that one first.",
                    quoted=[name],
                )
            keep_package(db, pipeline)
            values = {
                "id": secrets.token_hex(4),
                "name": name or _free_name(pipeline.name, taken),
                "pipeline": pipeline.name,
                "version": pipeline.version,
                "spec": text_of_spec(pipeline),
                "cron": " ".join(cron.split()),
                "parameters": json.dumps(dict(parameters), ensure_ascii=False),
                "enabled": True,
                "created_at": text_of(now),
                "next_at": text_of(first),
            }
            marks = ", ".join("?" * len(values))
            db.execute(
                f"INSERT INTO schedules ({', '.join(values)}) VALUES ({marks})",
                tuple(values.values()),
            )
            return _schedule(_row(db, str(values["id"])), now)

    def pause(self, schedule_id: str) -> Schedule:
        """Let a schedule fire no more until it is resumed."""
        return self._enable(schedule_id, enabled=False)

    def resume(self, schedule_id: str) -> Schedule:
        """Let a paused schedule fire again, from now on."""
        return self._enable(schedule_id, enabled=True)

    def delete(self, schedule_id: str) -> None:
        """Remove a schedule."""
        with self._database.changing() as db:
            row = _row(db, schedule_id)
            db.execute("DELETE FROM schedules WHERE id = ?", (row["id"],))

    def claim_due(self) -> Iterator[Firing]:
        """Claim what is due now, and note what passed before."""
        now = clock.now()
        with self._database.reading() as db:
            due = db.execute(
                "SELECT id FROM schedules WHERE next_at <= ? OR firing_at <= ?",
                (text_of(now), text_of(now - timedelta(seconds=LATE_SECONDS))),
            ).fetchall()
        for (schedule_id,) in due:
            with self._database.changing() as db:
                firing = _claim(db, schedule_id, now)
            if firing is not None:
                yield firing

    def fired(self, firing: Firing, run_id: str, seen: frozenset[str] | None = None) -> None:
        """Note the last run that a firing has become, if any, and what it has seen."""
        with self._database.changing() as db:
            db.execute(
                "UPDATE schedules SET last_run = ifnull(?, last_run), firing_at = NULL"
                " WHERE id = ?",
                (run_id or None, firing.schedule_id),
            )
            if seen is not None:
                db.execute(
                    "INSERT OR REPLACE INTO looks VALUES (?, ?)",
                    (firing.schedule, json.dumps(sorted(seen), ensure_ascii=False)),
                )

    def _enable(self, schedule_id: str, *, enabled: bool) -> Schedule:
        now = clock.now()
        with self._database.changing() as db:
            row = _row(db, schedule_id)
            if bool(row["enabled"]) != enabled:
                first = text_of(next_firings(row["cron"], 1, now)[0]) if enabled else None
                db.execute(
                    "UPDATE schedules SET enabled = ?, next_at = ? WHERE id = ?",
                    (enabled, first, row["id"]),
                )
            return _schedule(_row(db, row["id"]), now)


def _claim(db: sqlite3.Connection, schedule_id: str, now: datetime) -> Firing | None:
    """Take the firing that is due, if no one else has taken it since."""
    row = db.execute("SELECT * FROM schedules WHERE id = ?", (schedule_id,)).fetchone()
    if row is None:
        return None
    late = now - timedelta(seconds=LATE_SECONDS)
    missed = _read_times(row["missed"])
    claimed = time_of(row["firing_at"])
    if claimed is not None and claimed <= late:
        # Who claimed it ended before there was a run.
        missed.append(claimed)
        claimed = None
    next_at = time_of(row["next_at"])
    fires = None
    if next_at is not None and next_at <= now:
        passed, next_at = _passed(row["cron"], next_at, now)
        if passed[-1] > late:
            fires = passed.pop()
        missed += passed
    db.execute(
        "UPDATE schedules SET next_at = ?, missed = ?, firing_at = ?,"
        " last_fired_at = ifnull(?, last_fired_at) WHERE id = ?",
        (
            text_of(next_at) if next_at else None,
            json.dumps([text_of(moment) for moment in missed[-MISSED_KEPT:]]),
            text_of(pending) if (pending := fires or claimed) else None,
            text_of(fires) if fires else None,
            schedule_id,
        ),
    )
    if fires is None:
        return None
    look = db.execute("SELECT seen FROM looks WHERE schedule = ?", (row["name"],)).fetchone()
    return Firing(
        schedule=row["name"],
        schedule_id=schedule_id,
        pipeline=spec_of(db, row),
        parameters=json.loads(row["parameters"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        seen=frozenset(json.loads(look["seen"])) if look else None,
    )


def _passed(cron: str, first: datetime, now: datetime) -> tuple[list[datetime], datetime]:
    """Return the latest firings from `first` to `now`, oldest first, and the next one after."""
    from croniter import croniter

    # Backwards from now: a schedule of every minute has passed half a million times in a year.
    before = croniter(cron, now + timedelta(milliseconds=1))
    times = (before.get_prev(datetime) for _ in range(MISSED_KEPT + 1))
    latest = list(itertools.takewhile(lambda moment: moment > first, times))
    return [first, *reversed(latest)], next_firings(cron, 1, now)[0]


def _read_times(text: str) -> list[datetime]:
    return [datetime.fromisoformat(moment) for moment in json.loads(text)]


def _free_name(pipeline: str, taken: set[str]) -> str:
    number = 1
    while (name := f"{pipeline}-schedule-{number}") in taken:
        number += 1
    return name


def _row(db: sqlite3.Connection, schedule_id: str) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM schedules WHERE id = ? OR name = ? ORDER BY id = ? DESC",
        (schedule_id, schedule_id, schedule_id),
    ).fetchone()
    if row is None:
        names = [name for (name,) in db.execute("SELECT name FROM schedules ORDER BY name")]
        raise not_found("schedule", schedule_id, names)
    return row


def _schedule(row: sqlite3.Row, now: datetime) -> Schedule:
    """Read a schedule; what passed and was not noted yet counts as missed."""
    missed = _read_times(row["missed"])
    next_at = time_of(row["next_at"])
    late = now - timedelta(seconds=LATE_SECONDS)
    if next_at is not None and next_at <= late:
        passed, next_at = _passed(row["cron"], next_at, now)
        missed += [moment for moment in passed if moment <= late]
    return Schedule(
        id=row["id"],
        name=row["name"],
        pipeline=row["pipeline"],
        cron=row["cron"],
        parameters=json.loads(row["parameters"]),
        enabled=bool(row["enabled"]),
        created_at=time_of(row["created_at"]),
        next_at=next_at,
        last_fired_at=time_of(row["last_fired_at"]),
        last_run=row["last_run"],
        missed=tuple(missed[-MISSED_KEPT:]),
    )
