"""Reads an object at an S3 endpoint like a file: in order, or here and there by ranges."""

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from minio import Minio
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from core.objects import StoredObject

BLOCK_BYTES = 1 << 20
"""Smaller ones cost more calls; larger ones leave the processor's caches before they are kept."""
BUFFER_BYTES = 256 << 10
ATTEMPTS = 4
"""How often in a row a stream may break without a byte having come."""

Opened = Callable[[int], BaseHTTPResponse]
"""Starts reading at a byte."""


def stream_of(client: Minio, found: StoredObject) -> Opened:
    """Return what opens an object at any byte; it fails when the content has changed since."""

    def start(offset: int) -> BaseHTTPResponse:
        response: BaseHTTPResponse = client.get_object(
            found.bucket,
            found.key,
            offset=offset,
            version_id=found.version or None,
            request_headers={"If-Match": f'"{found.etag}"'},
        )
        return response

    return start


def blocks(start: Opened, offset: int, size: int) -> Iterator[bytes]:
    """Yield an object's bytes from an offset on, opening it anew wherever the connection breaks.

    Raises:
        HTTPError: It broke several times at the same byte.
    """
    failed = 0
    shaky = False
    while offset < size:
        try:
            response = start(offset)
            # A whole block that was broken off is lost; what has come can also be taken at once,
            # which is slower.
            take = response.read1 if shaky else response.read
            try:
                while block := take(BLOCK_BYTES):
                    offset, failed = offset + len(block), 0
                    yield block
            finally:
                # What was not read to its end cannot be used for another request.
                response.close()
        except HTTPError:
            failed, shaky = failed + 1, True
            if failed >= ATTEMPTS:
                raise
        else:
            if offset < size:
                failed += 1
                if failed >= ATTEMPTS:
                    raise HTTPError("the content ends early")


class ObjectReader(io.RawIOBase):
    """An object as a file that can be sought in; only what is read is fetched.

    Args:
        start: Opens the object at a byte.
        size: Its bytes.
        explain: Turns the client's errors into words.
    """

    def __init__(
        self, start: Opened, size: int, explain: Callable[[], AbstractContextManager[None]]
    ) -> None:
        super().__init__()
        self._start = start
        self._explain = explain
        self._size = size
        self._at = 0
        self._coming: Iterator[bytes] | None = None
        self._left = memoryview(b"")

    def readable(self) -> bool:
        """Whether it can be read: always."""
        return True

    def seekable(self) -> bool:
        """Whether it can be sought in: always."""
        return True

    def tell(self) -> int:
        """Return where the next byte comes from."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go somewhere else; what was being fetched is dropped."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        wanted = max(0, base + offset)
        if wanted != self._at:
            self._drop()
            self._at = wanted
        return self._at

    def readinto(self, buffer: object) -> int:
        """Fill a buffer as far as one block goes."""
        target = memoryview(buffer).cast("B")  # type: ignore[arg-type]  # whatever has bytes
        if not self._left:
            if self._coming is None:
                self._coming = blocks(self._start, self._at, self._size)
            with self._explain():
                self._left = memoryview(next(self._coming, b""))
        taken = min(len(target), len(self._left))
        target[:taken] = self._left[:taken]
        self._left = self._left[taken:]
        self._at += taken
        return taken

    def close(self) -> None:
        """Let go of the connection."""
        self._drop()
        super().close()

    def _drop(self) -> None:
        coming, self._coming, self._left = self._coming, None, memoryview(b"")
        if coming is not None:
            coming.close()  # type: ignore[attr-defined]  # `blocks` is a generator
