"""What the folder store knows of its files beyond their content."""

import contextlib
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from backends.sqlite_file import SqliteFile
from core.errors import UnavailableError
from core.objects import StoredObject

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS objects ("
    " bucket TEXT NOT NULL, key TEXT NOT NULL, etag TEXT NOT NULL, bytes INTEGER NOT NULL,"
    " modified_ns INTEGER NOT NULL, inode INTEGER NOT NULL, content_type TEXT NOT NULL,"
    " tags TEXT NOT NULL, PRIMARY KEY (bucket, key))",
    "CREATE TABLE IF NOT EXISTS trash ("
    " place TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, deleted_at TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS versions ("
    " number INTEGER PRIMARY KEY AUTOINCREMENT, place TEXT NOT NULL, bucket TEXT NOT NULL,"
    " key TEXT NOT NULL, facts TEXT NOT NULL, trash TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS versions_of_a_key ON versions (bucket, key)",
)
_EDITION = 1
"""Counts the shapes of this file; an older one is brought up to date when it is opened."""
_COLUMNS = "key, etag, bytes, modified_ns, inode, content_type, tags"
_MANY = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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

    @property
    def version(self) -> str:
        """A short name for this content at this time."""
        told = f"{self.etag}:{self.modified_ns}:{self.inode}"
        return hashlib.sha256(told.encode()).hexdigest()[:8]

    def describes(self, file: os.stat_result) -> bool:
        """Whether a file is the one that was hashed."""
        seen = (file.st_size, file.st_mtime_ns, file.st_ino)
        return seen == (self.bytes, self.modified_ns, self.inode)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A file that lies beside the buckets: an earlier version, or something in the trash."""

    place: str
    bucket: str
    key: str
    entry: Entry | None
    """Nothing for what an older edition of the index threw away."""
    deleted_at: datetime | None = None


class FolderIndex:
    """Hashes, content types, tags, versions and the trash by object, in a file of their own.

    The hash of a file that changed behind the index is simply made again; only tags, the list of
    earlier versions and that of the trash live nowhere else.
    """

    def __init__(self, path: Path) -> None:
        named = f"The object store's index {path} does not"
        self._file = SqliteFile(path, named, _EDITION, _bring_up_to_date, log_ahead=False)

    def find(self, bucket: str, key: str) -> Entry | None:
        """Return what is remembered of an object."""
        return self.find_many(bucket, [key]).get(key)

    def find_many(self, bucket: str, keys: Sequence[str]) -> Mapping[str, Entry]:
        """Return what is remembered of several objects, by key."""
        found: dict[str, Entry] = {}
        for start in range(0, len(keys), _MANY):
            some = keys[start : start + _MANY]
            marks = ", ".join("?" * len(some))
            rows = self._rows(
                f"SELECT {_COLUMNS} FROM objects WHERE bucket = ? AND key IN ({marks})",
                (bucket, *some),
            )
            found |= {row[0]: _entry(row[1:]) for row in rows}
        return found

    def versions(self, bucket: str, key: str) -> Sequence[Kept]:
        """Return the earlier versions of an object, newest first."""
        rows = self._rows(
            "SELECT place, facts FROM versions WHERE bucket = ? AND key = ? AND trash = ''"
            " ORDER BY number DESC",
            (bucket, key),
        )
        return [
            Kept(place=place, bucket=bucket, key=key, entry=_read(facts)) for place, facts in rows
        ]

    def trash(self) -> Sequence[Kept]:
        """Return what was thrown away, the latest first."""
        rows = self._rows(
            "SELECT place, bucket, key, facts, deleted_at FROM trash"
            " ORDER BY deleted_at DESC, rowid DESC",
            (),
        )
        return [
            Kept(
                place=place,
                bucket=bucket,
                key=key,
                entry=_read(facts) if facts else None,
                deleted_at=datetime.fromisoformat(deleted_at),
            )
            for place, bucket, key, facts, deleted_at in rows
        ]

    @contextlib.contextmanager
    def changing(self) -> Iterator["IndexChange"]:
        """Keep every other writer out while files and their entries change together."""
        self._file.path.parent.mkdir(parents=True, exist_ok=True)
        with self._file.changing() as connection:
            yield IndexChange(connection)

    def remember_if_possible(self, bucket: str, entries: Mapping[str, Entry]) -> None:
        """Remember entries, unless the disk cannot be written: then they are made again later."""
        with contextlib.suppress(UnavailableError, OSError), self.changing() as index:
            for key, entry in entries.items():
                index.remember(bucket, key, entry)

    def _rows(self, query: str, values: Sequence[str]) -> Sequence[tuple[str, ...]]:
        if not self._file.path.exists():
            return []
        with self._file.reading() as connection:
            return connection.execute(query, values).fetchall()


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

    def keep_version(
        self, bucket: str, key: str, entry: Entry, place: str, at_most: int
    ) -> Sequence[str]:
        """Note where an earlier version is; return the places of those that are too many now."""
        self._connection.execute(
            "INSERT INTO versions (place, bucket, key, facts, trash) VALUES (?, ?, ?, ?, '')",
            (place, bucket, key, _written(entry)),
        )
        rows = self._connection.execute(
            "SELECT number, place FROM versions WHERE bucket = ? AND key = ? AND trash = ''"
            " ORDER BY number DESC LIMIT -1 OFFSET ?",
            (bucket, key, at_most),
        ).fetchall()
        numbers = [(number,) for number, _ in rows]
        self._connection.executemany("DELETE FROM versions WHERE number = ?", numbers)
        return [place for _, place in rows]

    def announce_trash(self, thrown: Iterable[Kept]) -> None:
        """Note where in the trash files will be, before they are moved there."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO trash (place, bucket, key, deleted_at, facts)"
            " VALUES (?, ?, ?, ?, ?)",
            [
                (
                    kept.place,
                    kept.bucket,
                    kept.key,
                    (kept.deleted_at or datetime.now(UTC)).isoformat(),
                    _written(kept.entry) if kept.entry is not None else "",
                )
                for kept in thrown
            ],
        )

    def throw_away(self, thrown: Iterable[Kept]) -> None:
        """Forget objects, whose files and versions are in the trash now."""
        thrown = list(thrown)
        self.announce_trash(thrown)
        self._connection.executemany(
            "DELETE FROM objects WHERE bucket = ? AND key = ?",
            [(kept.bucket, kept.key) for kept in thrown],
        )
        self._connection.executemany(
            "UPDATE versions SET trash = ? WHERE bucket = ? AND key = ? AND trash = ''",
            [(kept.place, kept.bucket, kept.key) for kept in thrown],
        )

    def bring_back(self, kept: Kept, entry: Entry) -> None:
        """Remember an object that left the trash, with its versions."""
        self.remember(kept.bucket, kept.key, entry)
        self._connection.execute("UPDATE versions SET trash = '' WHERE trash = ?", (kept.place,))
        self._connection.execute("DELETE FROM trash WHERE place = ?", (kept.place,))

    def forget_trash(self) -> set[str]:
        """Forget what is in the trash; return the places of the versions that are still needed."""
        self._connection.execute("DELETE FROM trash")
        self._connection.execute("DELETE FROM versions WHERE trash != ''")
        return {place for (place,) in self._connection.execute("SELECT place FROM versions")}


def described(bucket: str, key: str, entry: Entry) -> StoredObject:
    """Return what an entry says of an object."""
    return StoredObject(
        bucket=bucket,
        key=key,
        bytes=entry.bytes,
        etag=entry.etag,
        content_type=entry.content_type,
        modified_at=moment(entry.modified_ns),
        tags=entry.tags,
        version=entry.version,
    )


def moment(nanoseconds: int) -> datetime:
    """Return the time that a file system counts in nanoseconds, cut to microseconds."""
    # A float would round the last digit one way here and the other way there.
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)


def _bring_up_to_date(connection: sqlite3.Connection, edition: int) -> None:
    del edition
    connection.execute("BEGIN IMMEDIATE")
    for statement in _SCHEMA:
        connection.execute(statement)
    columns = {row[1] for row in connection.execute("PRAGMA table_info(trash)")}
    if "facts" not in columns:
        connection.execute("ALTER TABLE trash ADD COLUMN facts TEXT NOT NULL DEFAULT ''")
    connection.execute(f"PRAGMA user_version = {_EDITION}")
    connection.execute("COMMIT")


def _entry(row: Sequence[str]) -> Entry:
    etag, size, modified_ns, inode, content_type, tags = row
    return Entry(
        etag=etag,
        bytes=int(size),
        modified_ns=int(modified_ns),
        inode=int(inode),
        content_type=content_type,
        tags=json.loads(tags),
    )


def _written(entry: Entry) -> str:
    return json.dumps(asdict(entry), ensure_ascii=False, sort_keys=True)


def _read(facts: str) -> Entry:
    return Entry(**json.loads(facts))
