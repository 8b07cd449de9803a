"""What somebody who is here for the first time asks of models, typed into the terminal."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from driven_terminal import answers, send, until
from made_models import register
from textual.pilot import Pilot

from core.drift import DriftReport
from core.models import Prediction, ScoredTable
from core.settings import Settings
from surfaces.assembly import Assistant, assemble
from surfaces.evaluation.world_deployments import WorldLauncher
from surfaces.tui.app import SwarmApp
from surfaces.tui.approval import ApprovalView
from surfaces.tui.tool_card import ToolCard

PATIENCE = 6000
JUNE = "planned/june_2026.csv"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """Return an assistant with two versions of a model and a table of planned phases."""
    settings = Settings(home=tmp_path_factory.mktemp("home"), workers=1)
    made = assemble(settings, launcher=WorldLauncher())
    register(made.registry, made.store, "aaaaaaaa", "LogisticRegression")
    register(made.registry, made.store, "bbbbbbbb", "DecisionTree")
    table = made.store.read("datasets", "schedule_management.csv")
    made.store.put("datasets", JUNE, b"\n".join(table.split(b"\n")[:301]))
    return made


@asynccontextmanager
async def terminal(assistant: Assistant) -> AsyncIterator[tuple[SwarmApp, Pilot[None]]]:
    app = SwarmApp(lambda: assistant.settings, lambda _: assistant)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.session is not None, PATIENCE)
        yield app, pilot


async def say(app: SwarmApp, pilot: Pilot[None], text: str, *, approving: bool = False) -> str:
    """Type a request, allow what it asks for, and return the answer."""
    before = len(answers(app))
    await send(app, pilot, text)
    if approving:
        await until(pilot, lambda: app.query(ApprovalView), PATIENCE)
        card = app.query(ApprovalView).last()
        await until(pilot, lambda: card.has_focus and card.listens, PATIENCE)
        await pilot.press("a")
    await until(pilot, lambda: len(answers(app)) > before and app.turn is None, PATIENCE)
    return answers(app)[-1]


def value_of(app: SwarmApp) -> object:
    """Return what the last tool answered."""
    finished = app.query(ToolCard).last().finished
    assert finished is not None
    assert finished.ok
    return finished.value


async def test_a_prediction_with_its_reasons(assistant: Assistant) -> None:
    async with terminal(assistant) as (app, pilot):
        answer = await say(app, pilot, "how likely is a roof job in Queens to be late and why")
        found = value_of(app)
        assert isinstance(found, Prediction)
        assert found.given == {"borough": "Queens", "work_category": "roof_envelope"}
        assert "The chance of a delay is **" in answer
        assert "What moves it" in answer
        assert "`work_category` = roof_envelope" in answer


async def test_the_best_model_becomes_an_api(assistant: Assistant) -> None:
    async with terminal(assistant) as (app, pilot):
        answer = await say(app, pilot, "deploy the best model as an api", approving=True)
        assert "**delay-api** is running" in answer
        assert "/predict" in answer
        deployed = assistant.deployments.find("delay-api")
        assert (deployed.follows, deployed.mode) == ("champion", "real-time")


async def test_a_table_is_scored_and_looked_at_for_drift(assistant: Assistant) -> None:
    async with terminal(assistant) as (app, pilot):
        answer = await say(app, pilot, "score the june file", approving=True)
        scored = value_of(app)
        assert isinstance(scored, ScoredTable)
        assert (scored.source, scored.rows) == (f"datasets/{JUNE}", 300)
        assert "`datasets/planned/june_2026.scored.csv`" in answer
        answer = await say(app, pilot, "is it drifting")
        drift = value_of(app)
        assert isinstance(drift, DriftReport)
        assert drift.source == f"datasets/{JUNE}"
        assert "**Yes" in answer


async def test_the_challenger_leads_and_goes_back(assistant: Assistant) -> None:
    async with terminal(assistant) as (app, pilot):
        answer = await say(app, pilot, "promote the challenger", approving=True)
        assert "**delay:2** (DecisionTree) is the champion now" in answer
        assert assistant.registry.find("delay").version == 2
        answer = await say(app, pilot, "go back", approving=True)
        assert "**delay:1**" in answer
        assert assistant.registry.find("delay").version == 1
