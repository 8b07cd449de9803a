"""What a MinIO server announces by itself; other S3 endpoints do not."""

import contextlib
import json
from collections.abc import Iterator

from minio import Minio
from minio.error import S3Error
from urllib3.exceptions import HTTPError

from core.errors import UnavailableError

CREATED = "s3:ObjectCreated:*"
_NO_ANNOUNCEMENTS = frozenset({"NotImplemented", "MethodNotAllowed", "InvalidArgument"})
LONGEST_LINE = 1 << 20


def announcements(client: Minio, bucket: str, prefix: str) -> Iterator[None]:
    """Yield when listening has begun and at every event; ends where there are no such events.

    The client's own iterator asks again at once and for ever when it is answered with a listing,
    as a server does that does not know the question.

    Raises:
        UnavailableError: The connection broke.
    """
    query: dict[str, str | list[str] | tuple[str]] = {
        "prefix": prefix,
        "suffix": "",
        "events": [CREATED],
    }
    try:
        answer = client._execute("GET", bucket, query_params=query, preload_content=False)
    except S3Error as error:
        if error.code in _NO_ANNOUNCEMENTS:
            return
        raise
    with contextlib.closing(answer):
        if "xml" in str(answer.headers.get("Content-Type", "")):
            return
        yield
        while line := _line(answer):
            # Between events the server sends spaces, so that the connection stays.
            if line.strip() and _is_event(line):
                yield
    raise UnavailableError("The object store has stopped to announce what arrives.")


def _line(answer: object) -> bytes:
    try:
        return bytes(answer.readline(LONGEST_LINE))  # type: ignore[attr-defined]  # urllib3's response is a file
    except (HTTPError, OSError, ValueError) as error:
        raise UnavailableError(f"Listening to the object store broke off: {error}.") from error


def _is_event(line: bytes) -> bool:
    try:
        told = json.loads(line)
    except ValueError:
        return False
    return isinstance(told, dict) and bool(told.get("Records"))
