"""What happens round every request: it is timed, and one that is too large is refused."""

import time
from typing import Any

from models.serving.measures import Measures

LARGEST_BYTES = 2 << 20
PATHS = frozenset({"/predict", "/health", "/metrics", "/docs", "/openapi.json"})
"""Others are counted together: a path is whatever somebody types."""
_TOO_LARGE = b'{"detail":"The request is larger than 2 MiB.","fields":[]}'


class Guard:
    """Times requests and bounds their bodies, without a task of its own for each."""

    def __init__(self, app: Any, measures: Measures) -> None:
        self._app = app
        self._measures = measures

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500
        received = 0

        async def counted() -> Any:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > LARGEST_BYTES:
                raise _TooLargeError
            return message

        async def noted(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            if _announced(scope) > LARGEST_BYTES:
                raise _TooLargeError
            await self._app(scope, counted, noted)
        except _TooLargeError:
            await _refuse(noted)
        finally:
            path = scope["path"] if scope["path"] in PATHS else "other"
            self._measures.answered(path, status, time.perf_counter() - started)


class _TooLargeError(Exception):
    """A body that is not read to its end."""


def _announced(scope: Any) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


async def _refuse(send: Any) -> None:
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": _TOO_LARGE})
