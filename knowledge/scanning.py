"""Reading a source: only the files that changed since they were last read."""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from core.errors import AssistantError
from core.passages import Passage, SourceKind
from knowledge.folders import documents_in
from knowledge.manifest import FileRecord, SourceRecord
from knowledge.readers import MOST_BYTES, read_document
from knowledge.splitting import Document, cut

NOTHING: Mapping[str, FileRecord] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """A source as it is now, and the passages of the files that were read for it."""

    record: SourceRecord
    fresh: Mapping[str, Passage] = field(default_factory=dict)
    """By id."""


Reader = Callable[[Path, str], Document]


def scan_files(
    name: str,
    kind: SourceKind,
    location: Path,
    known: SourceRecord | None = None,
    wanted: Collection[str] = (),
) -> Scan:
    """Read a file or a folder.

    Args:
        name: The name of the source.
        kind: Where it comes from.
        location: The file or folder.
        known: The source as it was last read; its unchanged files are not read again.
        wanted: Ids of passages whose text is needed in any case.

    Raises:
        RequestError: The folder holds too many files.
    """
    if not location.exists():
        # A disk that is not there now may be back tomorrow: what was read is kept.
        gone = known or _record(name, kind, location, {}, {})
        return Scan(record=gone.model_copy(update={"missing": True}))
    documents, left_out = documents_in(location)
    others = {skipped.path: skipped.reason for skipped in left_out}
    blank = _record(name, kind, location, {}, others)
    return scan_documents(blank, documents, read_document, known, wanted)


def scan_documents(
    blank: SourceRecord,
    documents: Sequence[tuple[str, Path]],
    read: Reader,
    known: SourceRecord | None = None,
    wanted: Collection[str] = (),
) -> Scan:
    """Read the documents of a source.

    Args:
        blank: The source, without its files.
        documents: Their paths in the source, and where they are.
        read: Reads one.
        known: The source as it was last read; its unchanged files are not read again.
        wanted: Ids of passages whose text is needed in any case.
    """
    before = known.files if known else NOTHING
    files: dict[str, FileRecord] = {}
    fresh: dict[str, Passage] = {}
    for path, file in documents:
        last = before.get(path)
        if last is not None and not _touched(file, last) and not _needed(last, wanted):
            files[path] = last
            continue
        if last is not None and _needed(last, wanted):
            last = None
        files[path], passages = _read(file, path, blank.name, read, last)
        fresh |= {passage.id: passage for passage in passages}
    record = blank.model_copy(update={"files": files})
    if known is not None and (known.files, known.left_out) == (record.files, record.left_out):
        record = record.model_copy(update={"indexed_at": known.indexed_at})
    return Scan(record=record, fresh=fresh)


def _record(
    name: str,
    kind: SourceKind,
    location: Path,
    files: Mapping[str, FileRecord],
    left_out: Mapping[str, str],
) -> SourceRecord:
    return SourceRecord(
        name=name,
        kind=kind,
        location=str(location),
        indexed_at=datetime.now(tz=UTC),
        files=files,
        left_out=left_out,
    )


def _touched(file: Path, last: FileRecord) -> bool:
    try:
        now = file.stat()
    except OSError:
        return True
    return (now.st_mtime_ns, now.st_size) != (last.modified_ns, last.size)


def _needed(last: FileRecord, wanted: Collection[str]) -> bool:
    return bool(wanted) and any(key in wanted for key in last.passages)


def _read(
    file: Path, path: str, source: str, read: Reader, last: FileRecord | None
) -> tuple[FileRecord, tuple[Passage, ...]]:
    """Return what is known of a file now, and its passages if its text is another."""
    modified_ns, size, digest = 0, 0, ""
    try:
        stat = file.stat()
        modified_ns, size = stat.st_mtime_ns, stat.st_size
        if size <= MOST_BYTES:
            with file.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if last is not None and digest and digest == last.sha256:
            return last.model_copy(update={"modified_ns": modified_ns, "size": size}), ()
        passages = cut(read(file, path), source)
    except OSError as error:
        return _skipped(modified_ns, size, digest, f"cannot be read: {error.strerror}"), ()
    except AssistantError as error:
        return _skipped(modified_ns, size, digest, error.message), ()
    ids = tuple(passage.id for passage in passages)
    record = FileRecord(modified_ns=modified_ns, size=size, sha256=digest, passages=ids)
    return record, passages


def _skipped(modified_ns: int, size: int, digest: str, reason: str) -> FileRecord:
    return FileRecord(modified_ns=modified_ns, size=size, sha256=digest, skipped=reason)
