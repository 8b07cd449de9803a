"""A TCP proxy on this machine that counts, breaks connections off, or stops taking them."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator

CHUNK_BYTES = 64 << 10
_RESET = struct.pack("ii", 1, 0)
"""Lets the end of a connection be a reset instead of a farewell."""


class FaultProxy:
    """Passes bytes on to a server.

    Args:
        target: Port of the server on this machine.
        reset_at: Break a connection off at this chunk of one direction; never if 0.
        resets: How many connections are broken off before the proxy is harmless.
        answers_only: Break off only what comes from the server, so that it has done what was asked.
        rewritten: What becomes of bytes on their way, in either direction.
    """

    def __init__(
        self,
        target: int,
        reset_at: int = 0,
        resets: int = 1_000_000,
        *,
        answers_only: bool = False,
        rewritten: Callable[[bytes], bytes] = bytes,
    ) -> None:
        self._rewritten = rewritten
        self._answers_only = answers_only
        self._target = target
        self._reset_at = reset_at
        self._resets_left = resets
        self.sent = self.received = 0
        """Bytes that went to the server, and that came from it."""
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._broken = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no connection any more, and break off those that are open."""
        self._ended.set()
        with contextlib.suppress(OSError):
            # Closing alone would leave the other thread waiting in accept.
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def break_off(self) -> None:
        """Break off what is open and what comes, until it is mended."""
        self._broken.set()

    def mend(self) -> None:
        """Pass everything on again."""
        self._broken.clear()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                ours, _ = self._listening.accept()
            except OSError:
                return
            if self._broken.is_set():
                _reset(ours)
                continue
            theirs = socket.create_connection(("127.0.0.1", self._target))
            for pair in ((ours, theirs, True), (theirs, ours, False)):
                threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, source: socket.socket, to: socket.socket, up: bool) -> None:
        chunks = 0
        with contextlib.suppress(OSError):
            while block := source.recv(CHUNK_BYTES):
                chunks += 1
                spared = up and self._answers_only
                if self._is_broken() or (not spared and self._breaks_at(chunks)):
                    _reset(source)
                    _reset(to)
                    return
                block = self._rewritten(block)
                to.sendall(block)
                with self._lock:
                    if up:
                        self.sent += len(block)
                    else:
                        self.received += len(block)
        for one in (source, to):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _is_broken(self) -> bool:
        return self._ended.is_set() or self._broken.is_set()

    def _breaks_at(self, chunks: int) -> bool:
        with self._lock:
            if not self._reset_at or chunks < self._reset_at or not self._resets_left:
                return False
            self._resets_left -= 1
            return True


def _reset(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        # Another thread waits in recv on it: a mere close would not reach the other side.
        one.shutdown(socket.SHUT_RD)
    one.close()


@contextlib.contextmanager
def proxied(
    target: int,
    reset_at: int = 0,
    resets: int = 1_000_000,
    *,
    answers_only: bool = False,
    rewritten: Callable[[bytes], bytes] = bytes,
) -> Iterator[FaultProxy]:
    """Run a proxy in front of a server."""
    proxy = FaultProxy(target, reset_at, resets, answers_only=answers_only, rewritten=rewritten)
    try:
        yield proxy
    finally:
        proxy.close()
