"""A home with triggers, and whoever watches it."""

import os
from collections.abc import Iterator, Sequence
from contextlib import aclosing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from agents.approval import Approver, Caller
from agents.events import Answer, ApprovalCard, Decision, ToolFinished, TurnFinished
from core import clock
from core.clock import held
from core.errors import AssistantError
from core.settings import Settings
from core.triggers import Firing, Trigger
from knowledge.library import Library
from surfaces.assembly import Assistant, assemble
from surfaces.evaluation.world_runs import WorldRuns
from surfaces.services import library_of
from surfaces.watching import Watcher

SECONDS = 30
TABLE = b"phase,planned_duration_days\nA,12\n"
WATCHED: dict[str, object] = {
    "bucket": "datasets",
    "prefix": "planned",
    "pipeline": "delay-prediction",
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return library_of(Settings(home=tmp_path_factory.mktemp("indexed")))


@pytest.fixture
def here(tmp_path: Path, library: Library) -> Assistant:
    settings = Settings(home=tmp_path / "home")
    return assemble(settings, run_backend=WorldRuns, library=library)


def at(home: Path, **settings: object) -> Assistant:
    return assemble(Settings.model_validate({"home": home, **settings}), run_backend=WorldRuns)


class Told:
    """What a watcher said, and the person's answers to cards."""

    def __init__(self) -> None:
        self.firings: list[Firing] = []
        self.problems: list[AssistantError] = []
        self.cards: list[ApprovalCard] = []

    def watch(self, assistant: Assistant) -> Watcher:
        watcher = assistant.watcher(self.firings.append, self.problems.append)
        assert watcher is not None
        return watcher

    async def allow(self, card: ApprovalCard) -> Decision:
        self.cards.append(card)
        return Decision(answer=Answer.ALLOW)

    async def decline(self, card: ApprovalCard) -> Decision:
        self.cards.append(card)
        return Decision(answer=Answer.REJECT)


async def call(assistant: Assistant, tool: str, approve: Approver, **arguments: object) -> object:
    caller = Caller(agent="person", approve=approve, notify=lambda _: None)
    return await assistant.toolbox.call(tool, arguments, caller)


async def set_up(assistant: Assistant, **changes: object) -> Trigger:
    value = await call(assistant, "create_trigger", Told().allow, **(WATCHED | changes))
    assert isinstance(value, Trigger)
    return value


async def say(assistant: Assistant, told: Told, *turns: str) -> Sequence[str]:
    session = assistant.session()
    answers = []
    for text in turns:
        async with aclosing(session.ask(text, told.allow)) as events:
            async for event in events:
                if isinstance(event, TurnFinished):
                    answers.append(event.answer)
                if isinstance(event, ToolFinished):
                    assert event.ok, event.error
    return answers


def rested(assistant: Assistant, key: str) -> None:
    """Put a file into the store's folder that was written long ago."""
    path = assistant.settings.home / "objects" / "datasets" / key
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(TABLE)
    os.utime(path, (1_700_000_000, 1_700_000_000))


@contextmanager
def later(seconds: float = 60) -> Iterator[None]:
    """Look when a file has rested: one that was written just now may still be copied."""
    with held(clock.now() + timedelta(seconds=seconds)):
        yield
