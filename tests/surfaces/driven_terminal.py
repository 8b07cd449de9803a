"""Drives the terminal in tests: starts it, types, waits, and reads what it shows."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from scripted_terminal import ScriptedAssistant
from textual.pilot import Pilot

from core.settings import Settings
from surfaces.tui.app import SwarmApp
from surfaces.tui.messages import Message, Remark

ATTEMPTS = 1000


async def until(pilot: Pilot[None], holds: Callable[[], object], attempts: int = ATTEMPTS) -> None:
    """Let the terminal work until something holds."""
    for _ in range(attempts):
        if holds():
            return
        await pilot.pause(0.01)
    raise AssertionError("it never came to hold")


@asynccontextmanager
async def terminal(
    home: Path, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[tuple[SwarmApp, Pilot[None], ScriptedAssistant]]:
    settings = Settings(home=home)
    assistant = ScriptedAssistant(settings)
    app = SwarmApp(lambda: settings, lambda _: assistant)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.session is not None)
        yield app, pilot, assistant


async def send(app: SwarmApp, pilot: Pilot[None], text: str) -> None:
    app.prompt.fill(text)
    await pilot.press("enter")


def answers(app: SwarmApp) -> list[str]:
    return [message.text for message in app.query(Message)]


def remarks(app: SwarmApp) -> str:
    return "\n".join(str(remark.render()) for remark in app.query(Remark))
