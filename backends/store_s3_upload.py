"""Uploads to an S3 endpoint: in parts side by side, and on from where a connection broke."""

import contextlib
import fcntl
import hashlib
import io
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from minio import Minio
from minio.datatypes import Part
from minio.error import InvalidResponseError, S3Error, ServerError
from pydantic import BaseModel, ConfigDict, ValidationError
from urllib3.exceptions import HTTPError

from backends.store_folder_files import explained
from core.errors import RequestError
from core.objects import Progress

PART_BYTES = 16 << 20
"""A content up to this size is sent in one piece."""
MOST_PARTS = 10_000
"""What S3 allows; parts grow for a content that would need more."""
SIDE_BY_SIDE = 4


class Unfinished(BaseModel):
    """What is noted of an upload until it is whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    upload: str
    part_bytes: int
    headers: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where an upload goes, and with which headers.

    The steps are the client's own, which it keeps to itself: its `fput_object` cannot go on.
    """

    client: Minio
    bucket: str
    key: str
    headers: Mapping[str, str]
    endpoint: str

    def begin(self) -> str:
        """Start an upload in parts."""
        # The client adds to the headers it is given.
        return self.client._create_multipart_upload(self.bucket, self.key, dict(self.headers))

    def send(self, upload: str, number: int, part: bytes) -> Part:
        """Send one part."""
        etag = self.client._upload_part(self.bucket, self.key, part, None, upload, number)
        return Part(number, etag, size=len(part))

    def sent(self, upload: str) -> Mapping[int, Part]:
        """Return the parts that the server has, by number."""
        found: dict[int, Part] = {}
        marker: str | None = None
        while True:
            page = self.client._list_parts(self.bucket, self.key, upload, part_number_marker=marker)
            found |= {part.part_number: part for part in page.parts}
            marker = str(page.next_part_number_marker or "")
            if not page.is_truncated or not marker:
                return found

    def finish(self, upload: str, parts: Mapping[int, Part]) -> str:
        """Make an object of the parts; return its version."""
        ordered = [parts[number] for number in sorted(parts)]
        done = self.client._complete_multipart_upload(self.bucket, self.key, upload, ordered)
        return done.version_id or ""

    def drop(self, upload: str) -> None:
        """Take back what was sent, if the server still can be told."""
        with contextlib.suppress(S3Error, ServerError, InvalidResponseError, HTTPError):
            self.client._abort_multipart_upload(self.bucket, self.key, upload)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """What is uploaded."""

    file: BinaryIO
    size: int
    check: Callable[[], None]
    """Raises when the file changed since it was opened."""


def upload(
    target: Target, data: bytes | Path, notes: Path, progress: Progress | None = None
) -> str:
    """Store bytes or a file, all of it or nothing, and return the version's id.

    A large content goes in parts. Only when all are there does the server make an object of them.
    After a broken connection the parts stay, and the next upload of the same content to the same
    key goes on with those whose hashes are right. An upload that was stopped leaves nothing.

    Args:
        target: Where it goes.
        data: The content.
        notes: Folder in which unfinished uploads of this machine are noted.
        progress: Told how far it is.

    Raises:
        RequestError: The file is none, or changed while it was read.
    """
    with _opened(data) as content:
        if content.size <= PART_BYTES:
            whole = content.file.read(content.size)
            content.check()
            version = _in_one_piece(target, whole)
            if progress is not None:
                progress(len(whole), len(whole))
            return version
        with _noted(notes, target) as note:
            return _in_parts(target, content, note, progress)


def _in_one_piece(target: Target, whole: bytes) -> str:
    done = target.client._put_object(target.bucket, target.key, whole, dict(target.headers))
    return done.version_id or ""


def _in_parts(target: Target, content: _Content, note: "_Note", progress: Progress | None) -> str:
    part_bytes = max(PART_BYTES, -(-content.size // MOST_PARTS))
    number, sent = _taken_up(target, note, part_bytes)
    try:
        parts = _send(target, content, number, sent, part_bytes, progress)
        content.check()
        version = target.finish(number, parts)
    except HTTPError:
        # The connection: what was sent stays for the next attempt.
        raise
    except BaseException:
        target.drop(number)
        note.forget()
        raise
    note.forget()
    return version


def _taken_up(target: Target, note: "_Note", part_bytes: int) -> tuple[str, Mapping[int, Part]]:
    """Return the upload to go on with and what it has, or a fresh one."""
    before = note.read()
    if before is not None:
        if before.part_bytes == part_bytes and before.headers == dict(target.headers):
            try:
                return before.upload, target.sent(before.upload)
            except S3Error as error:
                if error.code != "NoSuchUpload":
                    raise
        else:
            target.drop(before.upload)
    begun = target.begin()
    note.write(Unfinished(upload=begun, part_bytes=part_bytes, headers=dict(target.headers)))
    return begun, {}


def _send(
    target: Target,
    content: _Content,
    number: str,
    sent: Mapping[int, Part],
    part_bytes: int,
    progress: Progress | None,
) -> Mapping[int, Part]:
    """Send what is missing, a few parts at a time, and return them all."""
    arrived = _Arrived(content.size, progress)
    waiting: set[Future[Part]] = set()
    with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="upload") as threads:
        try:
            for place, block in enumerate(_blocks(content, part_bytes), start=1):
                there = sent.get(place)
                if there is not None and _holds(there, block):
                    arrived.keep(there)
                    continue
                waiting.add(threads.submit(target.send, number, place, block))
                if len(waiting) >= SIDE_BY_SIDE:
                    waiting = arrived.keep_first(waiting)
            while waiting:
                waiting = arrived.keep_first(waiting)
        finally:
            for future in waiting:
                future.cancel()
    return arrived.parts


class _Arrived:
    """The parts that the server has, and who is told of them."""

    def __init__(self, size: int, progress: Progress | None) -> None:
        self.parts: dict[int, Part] = {}
        self._bytes = 0
        self._size = size
        self._progress = progress

    def keep(self, part: Part) -> None:
        """Note a part."""
        self.parts[part.part_number] = part
        self._bytes += part.size or 0
        if self._progress is not None:
            self._progress(self._bytes, self._size)

    def keep_first(self, waiting: set[Future[Part]]) -> set[Future[Part]]:
        """Wait for the next part to arrive; return those that are still on their way."""
        ready, still = wait(waiting, return_when=FIRST_COMPLETED)
        for future in ready:
            self.keep(future.result())
        return still


def _holds(part: Part, block: bytes) -> bool:
    digest = hashlib.md5(block, usedforsecurity=False).hexdigest()
    return part.size == len(block) and part.etag == digest


def _blocks(content: _Content, part_bytes: int) -> Iterator[bytes]:
    for _ in range(0, content.size, part_bytes):
        yield content.file.read(part_bytes)


@contextlib.contextmanager
def _opened(data: bytes | Path) -> Iterator[_Content]:
    if isinstance(data, bytes):
        yield _Content(file=io.BytesIO(data), size=len(data), check=lambda: None)
        return
    if not data.is_file():
        raise RequestError(f"{data} is not a file.", hint="Give the path of one file.")
    with explained(str(data)), data.open("rb") as file:
        before = os.fstat(file.fileno())

        def check() -> None:
            after = os.fstat(file.fileno())
            if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
                raise RequestError(
                    f"{data} changed while it was being uploaded; nothing was stored.",
                    hint="Try again when nothing writes to it.",
                )

        yield _Content(file=file, size=before.st_size, check=check)


@dataclass(frozen=True, slots=True)
class _Note:
    """Where an unfinished upload is noted; without a file, nothing is taken up or kept."""

    file: BinaryIO | None
    path: Path

    def read(self) -> Unfinished | None:
        """Return the upload that was noted."""
        if self.file is None:
            return None
        self.file.seek(0)
        try:
            return Unfinished.model_validate_json(self.file.read() or b"null")
        except ValidationError:
            return None

    def write(self, unfinished: Unfinished) -> None:
        """Note an upload before its first part is sent."""
        if self.file is not None:
            self.file.seek(0)
            self.file.truncate()
            self.file.write(unfinished.model_dump_json().encode())
            self.file.flush()

    def forget(self) -> None:
        """Remove the note: nothing is left to go on with."""
        if self.file is not None:
            self.path.unlink(missing_ok=True)


@contextlib.contextmanager
def _noted(notes: Path, target: Target) -> Iterator[_Note]:
    """Open the note of a target; while it is locked, no other process goes on with its upload."""
    place = f"{target.endpoint}/{target.bucket}/{target.key}"
    path = notes / f"{hashlib.sha256(place.encode()).hexdigest()[:32]}.json"
    with explained(str(notes)):
        notes.mkdir(parents=True, exist_ok=True)
        file = path.open("a+b")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            ours = os.path.samestat(os.fstat(file.fileno()), os.lstat(path))
        except (BlockingIOError, FileNotFoundError):
            ours = False
        yield _Note(file if ours else None, path)
