"""The world of the cases, as tests of it and of evaluations use it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.approval import Caller
from agents.events import Answer, ApprovalCard, Decision, Event
from core.clock import held
from core.settings import Settings
from surfaces.assembly import Assistant, assemble
from surfaces.evaluation.running import Worlds, temporary_worlds
from surfaces.evaluation.world import CANARY, World
from surfaces.evaluation.world_runs import WorldRuns

CASES = Path(__file__).parents[1] / "cases"


@pytest.fixture(scope="module")
def worlds() -> Iterator[Worlds]:
    with temporary_worlds() as found:
        yield found


@pytest.fixture
def world(worlds: Worlds) -> Iterator[World]:
    demo = worlds.world("demo")
    with held(demo.clock):
        yield demo


@pytest.fixture
def assistant(worlds: Worlds, world: World) -> Iterator[Assistant]:
    with worlds.copy("demo") as home:
        yield assemble(
            Settings(home=home),
            run_backend=WorldRuns,
            catalog=world.catalog,
            library=worlds.library("demo"),
            secrets=(CANARY,),
        )


def call(assistant: Assistant, tool: str, **arguments: object) -> object:
    async def allow(card: ApprovalCard) -> Decision:
        del card
        return Decision(answer=Answer.ALLOW)

    def ignore(event: Event) -> None:
        del event

    caller = Caller(agent="test", approve=allow, notify=ignore)
    return asyncio.run(assistant.toolbox.call(tool, arguments, caller))
