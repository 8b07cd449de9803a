"""How far a call is that moves bytes: told to the surface now and then, and stopped with it."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar

from agents.events import ToolProgressed
from core.errors import RequestError
from core.objects import Progress

EVERY_SECONDS = 0.2
"""How often it is told; what takes less is not told at all."""


class Moving:
    """What the thread of a call tells its event loop; made in the loop, called in the thread.

    Args:
        notify: Told, in the loop.
        call_id: Which call it is.
        agent: Who made it.
        tool: What was called.
    """

    def __init__(
        self, notify: Callable[[ToolProgressed], None], call_id: str, agent: str, tool: str
    ) -> None:
        self._notify = notify
        self._call_id, self._agent, self._tool = call_id, agent, tool
        self._loop = asyncio.get_running_loop()
        self._stopped = threading.Event()
        self._began = self._told = time.monotonic()
        self._before: int | None = None

    def __call__(self, done: int, total: int) -> None:
        """Take note of how far it is.

        Raises:
            RequestError: The call was given up; what was moved so far is to be cleared away.
        """
        if self._stopped.is_set():
            raise RequestError("The transfer was stopped.", hint="Start it again.")
        if self._before is None:
            # A transfer that goes on has moved nothing yet, however far it is.
            self._before = done
        now = time.monotonic()
        if now - self._told >= EVERY_SECONDS:
            self._told = now
            event = ToolProgressed(
                call_id=self._call_id,
                agent=self._agent,
                tool=self._tool,
                done=done,
                total=total,
                rate=(done - self._before) / (now - self._began),
            )
            # The loop may be closed by now: then there is nobody to tell.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._notify, event)

    def stop(self) -> None:
        """Let the transfer end at its next step, if it is still under way."""
        self._stopped.set()


progress_of_call: ContextVar[Progress | None] = ContextVar("progress_of_call", default=None)
"""What a tool that moves bytes hands on to the store; none outside of a call."""
