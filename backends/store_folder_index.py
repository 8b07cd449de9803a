"""What the folder store knows of its files beyond their content."""

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from backends.sqlite_damage import DAMAGED, is_damage
from core.errors import UnavailableError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL, key TEXT NOT NULL, etag TEXT NOT NULL, bytes INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL, inode INTEGER NOT NULL, content_type TEXT NOT NULL,
    tags TEXT NOT NULL, PRIMARY KEY (bucket, key));
CREATE TABLE IF NOT EXISTS trash (
    place TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, deleted_at TEXT NOT NULL);
"""
_WAIT_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is remembered of one file, and how to tell that it is still the same file."""

    etag: str
    bytes: int
    modified_ns: int
    inode: int
    content_type: str
    tags: Mapping[str, str]

    @classmethod
    def of_file(
        cls, file: os.stat_result, etag: str, content_type: str, tags: Mapping[str, str]
    ) -> "Entry":
        """Remember a file whose content was hashed."""
        return cls(
            etag=etag,
            bytes=file.st_size,
            modified_ns=file.st_mtime_ns,
            inode=file.st_ino,
            content_type=content_type,
            tags=tags,
        )

    def describes(self, file: os.stat_result) -> bool:
        """Whether a file is the one that was hashed."""
        seen = (file.st_size, file.st_mtime_ns, file.st_ino)
        return seen == (self.bytes, self.modified_ns, self.inode)


class FolderIndex:
    """Hashes, content types and tags by object, in a file of their own.

    The hash of a file that changed behind the index is simply made again, so the index may be
    deleted at any time; only tags and the trash's list live nowhere else.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self, bucket: str, key: str) -> Entry | None:
        """Return what is remembered of an object."""
        if not self._path.exists():
            return None
        with self._explained(), contextlib.closing(self._connect()) as connection:
            row = connection.execute(
                "SELECT etag, bytes, modified_ns, inode, content_type, tags"
                " FROM objects WHERE bucket = ? AND key = ?",
                (bucket, key),
            ).fetchone()
        if row is None:
            return None
        etag, size, modified_ns, inode, content_type, tags = row
        return Entry(
            etag=etag,
            bytes=size,
            modified_ns=modified_ns,
            inode=inode,
            content_type=content_type,
            tags=json.loads(tags),
        )

    @contextlib.contextmanager
    def changing(self) -> Iterator["IndexChange"]:
        """Keep every other writer out while files and their entries change together."""
        with self._explained(), contextlib.closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield IndexChange(connection)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def remember_if_possible(self, bucket: str, key: str, entry: Entry) -> None:
        """Remember an entry, unless the disk cannot be written: then it is made again next time."""
        with contextlib.suppress(UnavailableError, OSError), self.changing() as index:
            index.remember(bucket, key, entry)

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=_WAIT_SECONDS, isolation_level=None)
        connection.executescript(_SCHEMA)
        return connection

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise UnavailableError(
                f"The object store's index {self._path} does not answer: {error}.",
                hint=DAMAGED if is_damage(error) else "Is the disk full or read-only?",
            ) from error


class IndexChange:
    """One change of the index, inside its transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def remember(self, bucket: str, key: str, entry: Entry) -> None:
        """Remember what an object's file holds."""
        self._connection.execute(
            "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                bucket,
                key,
                entry.etag,
                entry.bytes,
                entry.modified_ns,
                entry.inode,
                entry.content_type,
                json.dumps(dict(entry.tags), ensure_ascii=False),
            ),
        )

    def throw_away(self, bucket: str, key: str, place: str, when: datetime) -> None:
        """Forget an object and note where in the trash its file is."""
        self._connection.execute("DELETE FROM objects WHERE bucket = ? AND key = ?", (bucket, key))
        self._connection.execute(
            "INSERT INTO trash VALUES (?, ?, ?, ?)", (place, bucket, key, when.isoformat())
        )
