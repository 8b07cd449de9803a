"""Keeps what a deployment was asked and what it said, as many rows as fit."""

import csv
import json
import queue
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic_core import to_json

from core.errors import RequestError
from core.pipelines import ParameterValue

KEPT_ROWS = 100_000
"""Older rows make room for later ones."""
WAITING_ROWS = 20_000
"""More rows than this are not waited for: answering comes first, and what is lost is counted."""
WRITTEN_TOGETHER = 1000
WRITE_SECONDS = 0.5
_TABLE = (
    "CREATE TABLE IF NOT EXISTS recorded (id INTEGER PRIMARY KEY, at TEXT NOT NULL,"
    " version INTEGER NOT NULL, features TEXT NOT NULL, probability REAL NOT NULL)"
)

Row = Mapping[str, ParameterValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One prediction with what it was made from."""

    at: datetime
    version: int
    features: Row
    probability: float


class Recorder:
    """Writes predictions behind the back of whoever answers.

    Args:
        path: The database.
        kept: How many rows stay.
    """

    def __init__(self, path: Path, kept: int = KEPT_ROWS) -> None:
        self._path = path
        self._kept = kept
        self._waiting: queue.Queue[Recorded | None] = queue.Queue(WAITING_ROWS)
        self._asked_to_end = threading.Event()
        self.lost = 0
        self._thread = threading.Thread(target=self._write, name="recorder", daemon=True)
        self._thread.start()

    def add(self, rows: Sequence[Recorded]) -> None:
        """Record rows soon; returns at once."""
        for row in rows:
            try:
                self._waiting.put_nowait(row)
            except queue.Full:
                self.lost += 1

    def close(self) -> None:
        """Write what waits, and end."""
        self._asked_to_end.set()
        self._waiting.put(None)
        self._thread.join()

    def _write(self) -> None:
        connection = sqlite3.connect(self._path)
        connection.execute("PRAGMA journal_mode=WAL")
        # Losing the last half second with the machine's power is fine; waiting for the disk is not.
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(_TABLE)
        ended = False
        while not ended:
            rows = [self._waiting.get()]
            # Seldom and many at once: a thread that is always busy slows down who answers.
            self._asked_to_end.wait(WRITE_SECONDS)
            while rows[-1] is not None and len(rows) < WRITTEN_TOGETHER:
                try:
                    rows.append(self._waiting.get_nowait())
                except queue.Empty:
                    break
            ended = rows[-1] is None
            self._insert(connection, [row for row in rows if row is not None])
        connection.close()

    def _insert(self, connection: sqlite3.Connection, rows: Sequence[Recorded]) -> None:
        try:
            with connection:
                connection.executemany(
                    "INSERT INTO recorded (at, version, features, probability) VALUES (?, ?, ?, ?)",
                    [
                        (
                            row.at.isoformat(),
                            row.version,
                            to_json(row.features).decode(),
                            row.probability,
                        )
                        for row in rows
                    ],
                )
                connection.execute(
                    "DELETE FROM recorded WHERE id <= (SELECT MAX(id) FROM recorded) - ?",
                    (self._kept,),
                )
        except sqlite3.Error:
            # A full disk must not end the service; the count tells.
            self.lost += len(rows)


def summary(path: Path) -> tuple[int, datetime | None]:
    """Return how many predictions are recorded, and when the last one was made."""
    if not path.exists():
        return 0, None
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        try:
            count, last = connection.execute("SELECT COUNT(*), MAX(at) FROM recorded").fetchone()
        except sqlite3.Error:
            return 0, None
        finally:
            connection.rollback()
    return int(count), datetime.fromisoformat(last).astimezone(UTC) if last else None


def as_table(path: Path, target: Path, name: str) -> Path:
    """Write what a deployment was asked as a table of features.

    Raises:
        RequestError: Nothing was recorded yet.
    """
    count, _ = summary(path)
    if not count:
        raise RequestError(
            f"The deployment {name!r} has recorded no prediction yet.",
            hint="Check again when it has been asked something, or check a table.",
        )
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        rows = connection.execute("SELECT features FROM recorded ORDER BY id")
        first: Row = json.loads(next(rows)[0])
        with target.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(first), extrasaction="ignore")
            writer.writeheader()
            writer.writerow(first)
            writer.writerows(json.loads(row) for (row,) in rows)
    connection.close()
    return target
