"""Conversations in an SQLite file."""

import json
import sqlite3
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from backends.sqlite_damage import DAMAGED, is_damage
from core.errors import UnavailableError, not_found
from core.sessions import UNNAMED, LongResult, SessionInfo, Turn, Watch

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS messages (
    number INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL REFERENCES sessions (id),
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS messages_by_session ON messages (session_id, number);
CREATE TABLE IF NOT EXISTS turns (
    number INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL REFERENCES sessions (id),
    question TEXT NOT NULL, answer TEXT NOT NULL, at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS turns_by_session ON turns (session_id, number);
CREATE TABLE IF NOT EXISTS watches (
    session_id TEXT NOT NULL REFERENCES sessions (id), run_id TEXT NOT NULL,
    request TEXT NOT NULL, asked INTEGER NOT NULL, PRIMARY KEY (session_id, run_id, request)
);
CREATE TABLE IF NOT EXISTS results (
    session_id TEXT NOT NULL REFERENCES sessions (id), number INTEGER NOT NULL,
    body TEXT NOT NULL, PRIMARY KEY (session_id, number)
);
"""
KEPT_RESULTS = 50
"""How many long results of one conversation are kept."""
_RESULT: TypeAdapter[LongResult] = TypeAdapter(LongResult)


class SqliteSessions:
    """Keeps conversations in one file that several assistants may use at once.

    Args:
        path: The file; it is made if it is not there.

    Raises:
        UnavailableError: The file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._connection() as connection:
            connection.executescript(_SCHEMA)
        # While one connection stays open, closing another one does not write the whole log back.
        self._held = self._open()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = self._open()
        try:
            with connection:
                yield connection
        except sqlite3.Error as error:
            raise self._unavailable(error) from error
        finally:
            connection.close()

    def _open(self) -> sqlite3.Connection:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self._path, timeout=30, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise self._unavailable(error) from error
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            # With a write-ahead log this is whole after a killed process; only a power cut may
            # take the last turn.
            connection.execute("PRAGMA synchronous = NORMAL")
        except sqlite3.Error as error:
            connection.close()
            raise self._unavailable(error) from error
        return connection

    def _unavailable(self, error: Exception) -> UnavailableError:
        return UnavailableError(
            f"Conversations cannot be kept in {self._path}: {error}.",
            hint=DAMAGED
            if is_damage(error)
            else "Check that the folder can be written and the disk is not full, "
            "or set MLOPS_SWARM_HOME to another folder.",
        )

    def list(self) -> Sequence[SessionInfo]:
        """Return every conversation in which something was said, latest first."""
        query = (
            "SELECT s.*, (SELECT count(*) FROM turns t WHERE t.session_id = s.id) AS turns,"
            " (SELECT count(*) FROM watches w WHERE w.session_id = s.id AND w.request <> '')"
            " AS waiting FROM sessions s"
            " WHERE EXISTS (SELECT 1 FROM messages m WHERE m.session_id = s.id)"
            " ORDER BY updated_at DESC, rowid DESC"
        )
        with self._connection() as connection:
            return [_info(row) for row in connection.execute(query)]

    def get(self, session_id: str) -> SessionInfo:
        """Return a conversation by id, the beginning of one, or name."""
        every = self.list()
        fitting = [s for s in every if session_id in {s.id, s.name}]
        fitting = fitting or [s for s in every if session_id and s.id.startswith(session_id)]
        if not fitting:
            names = dict.fromkeys(name for s in every for name in (s.id, s.name))
            hint = "`mlops-swarm sessions` lists them." if every else ""
            raise not_found("session", session_id, names, hint=hint)
        return fitting[0]

    def create(self, name: str = "") -> SessionInfo:
        """Begin a conversation."""
        now = datetime.now(UTC)
        session_id = uuid.uuid4().hex[:8]
        name = name or UNNAMED
        with self._connection() as connection:
            connection.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?)",
                (session_id, name, now.isoformat(), now.isoformat()),
            )
        return SessionInfo(id=session_id, name=name, updated_at=now, turns=0)

    def rename(self, session_id: str, name: str) -> None:
        """Give a conversation another name."""
        with self._connection() as connection:
            connection.execute("UPDATE sessions SET name = ? WHERE id = ?", (name, session_id))

    def messages(self, session_id: str) -> Sequence[Mapping[str, Any]]:
        """Return a conversation's messages as they were stored, in order."""
        query = "SELECT body FROM messages WHERE session_id = ? ORDER BY number"
        with self._connection() as connection:
            return [json.loads(row["body"]) for row in connection.execute(query, (session_id,))]

    def append(self, session_id: str, messages: Sequence[Mapping[str, Any]]) -> None:
        """Store further messages, all or none."""
        with self._connection() as connection:
            connection.executemany(
                "INSERT INTO messages (session_id, body) VALUES (?, ?)",
                [(session_id, json.dumps(message, default=str)) for message in messages],
            )
            self._touch(connection, session_id)

    def turns(self, session_id: str) -> Sequence[Turn]:
        """Return a conversation's turns, in order."""
        query = "SELECT * FROM turns WHERE session_id = ? ORDER BY number"
        with self._connection() as connection:
            return [
                Turn(
                    question=row["question"],
                    answer=row["answer"],
                    at=datetime.fromisoformat(row["at"]),
                )
                for row in connection.execute(query, (session_id,))
            ]

    def add_turn(self, session_id: str, question: str, answer: str) -> None:
        """Store what the person saw of a turn."""
        with self._connection() as connection:
            connection.execute(
                "INSERT INTO turns (session_id, question, answer, at) VALUES (?, ?, ?, ?)",
                (session_id, question, answer, datetime.now(UTC).isoformat()),
            )
            self._touch(connection, session_id)

    def watches(self, session_id: str) -> Sequence[Watch]:
        """Return the runs whose end a conversation waits for."""
        query = "SELECT * FROM watches WHERE session_id = ? ORDER BY rowid"
        with self._connection() as connection:
            return [
                Watch(run_id=row["run_id"], request=row["request"], asked=bool(row["asked"]))
                for row in connection.execute(query, (session_id,))
            ]

    def watch(self, session_id: str, watch: Watch) -> None:
        """Wait for the end of a run."""
        with self._connection() as connection:
            connection.execute(
                "INSERT INTO watches VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE"
                " SET asked = max(asked, excluded.asked)",
                (session_id, watch.run_id, watch.request, watch.asked),
            )

    def unwatch(self, session_id: str, watch: Watch) -> bool:
        """Stop waiting; False when another process did so first."""
        with self._connection() as connection:
            done = connection.execute(
                "DELETE FROM watches WHERE session_id = ? AND run_id = ? AND request = ?",
                (session_id, watch.run_id, watch.request),
            )
            return done.rowcount == 1

    def keep_result(self, session_id: str, result: LongResult) -> str:
        """Keep a long result, and return the name it is read on by; the oldest are dropped."""
        with self._connection() as connection:
            (number,) = connection.execute(
                "INSERT INTO results SELECT ?, coalesce(max(number), 0) + 1, ? FROM results"
                " WHERE session_id = ? RETURNING number",
                (session_id, _RESULT.dump_json(result).decode(), session_id),
            ).fetchone()
            connection.execute(
                "DELETE FROM results WHERE session_id = ? AND number <= ?",
                (session_id, number - KEPT_RESULTS),
            )
        return f"r{number}"

    def result(self, session_id: str, name: str) -> LongResult:
        """Return a long result by its name."""
        with self._connection() as connection:
            row = connection.execute(
                "SELECT body FROM results WHERE session_id = ? AND 'r' || number = ?",
                (session_id, name),
            ).fetchone()
        if row is None:
            raise not_found("result", name, self.results(session_id))
        return _RESULT.validate_json(row["body"])

    def results(self, session_id: str) -> Sequence[str]:
        """Return the names of the long results that are kept, in order."""
        query = "SELECT number FROM results WHERE session_id = ? ORDER BY number"
        with self._connection() as connection:
            return [f"r{row['number']}" for row in connection.execute(query, (session_id,))]

    @staticmethod
    def _touch(connection: sqlite3.Connection, session_id: str) -> None:
        connection.execute(
            "UPDATE sessions SET updated_at = ? WHERE id = ?",
            (datetime.now(UTC).isoformat(), session_id),
        )


def _info(row: sqlite3.Row) -> SessionInfo:
    return SessionInfo(
        id=row["id"],
        name=row["name"],
        updated_at=datetime.fromisoformat(row["updated_at"]),
        turns=row["turns"],
        waiting=row["waiting"],
    )
