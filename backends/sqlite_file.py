"""Short connections to one SQLite file that several threads and processes use at once."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from filelock import FileLock

from backends.sqlite_damage import DAMAGED, is_damage
from core.errors import UnavailableError

WAIT_SECONDS = 30

Migrate = Callable[[sqlite3.Connection, int], None]
"""Brings a file of an earlier version, which it is told, up to date."""


class SqliteFile:
    """One file, made and brought up to date at its first use.

    Args:
        path: Where it is.
        named: What it is called where it does not answer: `The history of runs in … does not`.
        version: The version of what is in it.
        migrate: Brings an older one up to date.
        log_ahead: Whether changes go to a log first: readers then never wait, and a process that
            dies loses nothing; the power may take the last changes.
        foreign_keys: Whether what refers to a row goes with it.
    """

    def __init__(
        self,
        path: Path,
        named: str,
        version: int,
        migrate: Migrate,
        *,
        log_ahead: bool = True,
        foreign_keys: bool = False,
    ) -> None:
        self.path = path
        self._named = named
        self._version = version
        self._migrate = migrate
        self._log_ahead = log_ahead
        self._foreign_keys = foreign_keys

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Hand over a connection for reading.

        Raises:
            UnavailableError: The file cannot be opened, read or written.
        """
        with contextlib.closing(self._connect()) as connection:
            try:
                yield connection
            except sqlite3.Error as error:
                raise self._unavailable(error) from error

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

    @contextlib.contextmanager
    def kept_open(self) -> Iterator[None]:
        """Keep a connection open beside the short ones.

        When the last one closes, SQLite writes its log back and waits for the disk; who changes
        much in a row should not wait for that each time.
        """
        with contextlib.closing(self._connect()) as beside:
            beside.execute("SELECT count(*) FROM sqlite_master")
            yield

    def _connect(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.path, timeout=WAIT_SECONDS, isolation_level=None)
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
        except (sqlite3.Error, OSError) as error:
            raise self._unavailable(error) from error
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.row_factory = sqlite3.Row
        if self._foreign_keys:
            connection.execute("PRAGMA foreign_keys = ON")
        if self._log_ahead:
            connection.execute("PRAGMA synchronous = NORMAL")
        if _version(connection) >= self._version:
            return
        if not self._log_ahead:
            self._migrate(connection, _version(connection))
            return
        # Changing the journal's mode does not wait for others: one after the other.
        with FileLock(self.path.with_suffix(".lock"), timeout=WAIT_SECONDS):
            connection.execute("PRAGMA journal_mode = WAL")
            self._migrate(connection, _version(connection))

    def _unavailable(self, error: Exception) -> UnavailableError:
        return UnavailableError(
            f"{self._named} answer: {error}.",
            hint=DAMAGED if is_damage(error) else "Is the disk full or read-only?",
        )


def in_steps(steps: Mapping[int, str]) -> Migrate:
    """Return what brings a file up to date with a script for each version, each as a whole."""

    def migrate(connection: sqlite3.Connection, version: int) -> None:
        for step in range(version + 1, max(steps) + 1):
            connection.executescript(
                f"BEGIN IMMEDIATE; {steps[step]} PRAGMA user_version = {step}; COMMIT;"
            )

    return migrate


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
