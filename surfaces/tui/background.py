"""Slow work in threads that nobody waits for when the terminal is left."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

Result = TypeVar("Result")


async def in_background(work: Callable[[], Result]) -> Result:
    """Do work in a thread of its own and return what comes of it.

    Unlike the threads of the event loop's pool it does not keep the program from ending: importing
    what answers takes seconds, and someone who quits meanwhile must not wait for it.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[Result] = loop.create_future()

    def settle(value: Result | None, error: BaseException | None) -> None:
        if outcome.done():
            return
        if error is None:
            outcome.set_result(value)  # type: ignore[arg-type]  # a result without an error
        else:
            outcome.set_exception(error)

    def run() -> None:
        value: Result | None = None
        error: BaseException | None = None
        try:
            value = work()
        except BaseException as raised:  # noqa: BLE001 (raised again where it is awaited)
            error = raised
        # The loop is closed when the terminal was left.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, value, error)

    threading.Thread(target=run, name="background", daemon=True).start()
    return await outcome
