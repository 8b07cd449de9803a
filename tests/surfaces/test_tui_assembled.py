from pathlib import Path

from driven_terminal import answers, send, until

from agents.events import ToolFinished
from core.settings import Settings
from surfaces.assembly import assemble
from surfaces.tui.app import SwarmApp
from surfaces.tui.approval import ApprovalView
from surfaces.tui.tool_card import ToolCard

PATIENCE = 6000
"""Attempts that are enough to import everything on a busy machine."""


async def test_the_whole_assistant_answers_asks_and_keeps_the_conversation(tmp_path: Path) -> None:
    app = SwarmApp(lambda: Settings(home=tmp_path, workers=1), assemble)
    async with app.run_test(size=(120, 40)) as pilot:
        await send(app, pilot, "which pipelines are there?")
        await until(pilot, lambda: answers(app) and app.turn is None, PATIENCE)
        finished = app.query_one(ToolCard).finished

        assert isinstance(finished, ToolFinished)
        assert (finished.tool, finished.ok) == ("list_pipelines", True)
        assert "delay-prediction" in answers(app)[-1]
        assert app.status.model == "built-in"
        assert app.status.session == "which pipelines are there?"

        await send(app, pilot, "/start_run pipeline=delay-prediction")
        await until(pilot, lambda: app.query(ApprovalView), PATIENCE)
        card = app.query_one(ApprovalView)
        await until(pilot, lambda: card.has_focus and card.listens)
        await pilot.press("escape")
        await until(pilot, lambda: app.turn is None)

        assert app.assistant.runs.list().total == 0
        assert [turn.question for turn in app.session.history()] == ["which pipelines are there?"]
