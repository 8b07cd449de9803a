import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from pathlib import Path

import pytest

from agents.events import Answer, ApprovalCard, Decision, Event
from core.runs import Run
from core.settings import Settings
from surfaces.assembly import Assistant, assemble

WAIT_SECONDS = 120


@pytest.fixture
def assistant(tmp_path: Path) -> Assistant:
    return assemble(Settings(home=tmp_path / "home", workers=2))


async def allow(card: ApprovalCard) -> Decision:
    del card
    return Decision(answer=Answer.ALLOW)


async def reject(card: ApprovalCard) -> Decision:
    del card
    return Decision(answer=Answer.REJECT)


async def collect(events: AsyncGenerator[Event]) -> Sequence[Event]:
    """Return every event of a turn."""
    async with aclosing(events):
        return [event async for event in events]


async def until_ended(get: Callable[[], Run]) -> Run:
    """Return a run once it has ended."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        run = get()
        if run.state.ended:
            return run
        await asyncio.sleep(0.1)
    raise AssertionError("the run did not end in time")
