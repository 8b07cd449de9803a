from pathlib import Path

import pytest
from driven_terminal import remarks, send, until

from core.exports import ExportedSession
from core.settings import Settings
from surfaces.assembly import assemble
from surfaces.tui.app import SwarmApp
from surfaces.tui.approval import ApprovalView
from surfaces.tui.tool_card import ToolCard

PATIENCE = 6000
"""Attempts that are enough to import everything on a busy machine."""


async def test_what_was_done_in_the_terminal_is_written_after_its_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = SwarmApp(lambda: Settings(home=tmp_path / "home", workers=1), assemble)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.session is not None, PATIENCE)
        await send(app, pilot, "/export ")
        await until(pilot, lambda: "Into which file?" in remarks(app))

        await send(app, pilot, "/list_buckets")
        await until(pilot, lambda: app.query(ToolCard) and app.turn is None, PATIENCE)
        await send(app, pilot, "/export my steps.sh")
        await until(pilot, lambda: app.query(ApprovalView), PATIENCE)
        card = app.query_one(ApprovalView)
        await until(pilot, lambda: card.has_focus and card.listens)
        assert not (tmp_path / "my steps.sh").exists()
        await pilot.press("a")
        await until(pilot, lambda: app.turn is None and not app.query_one(ApprovalView).open)

        value = app.query(ToolCard).last().finished.value
        assert isinstance(value, ExportedSession)
        assert (value.changes, value.reads, value.tools) == (0, 1, ("list_buckets",))
        assert "mlops-swarm tool list_buckets\n" in (tmp_path / "my steps.sh").read_text()
