"""Transfers in the terminal."""

from dataclasses import replace
from pathlib import Path

from driven_terminal import remarks, send, until
from slow_store import SlowStore

from agents.toolbox import Toolbox
from agents.tools.object_transfers import ObjectTransferTools
from agents.tools.object_use import InUse
from core.settings import Settings
from surfaces.assembly import Assistant, assemble
from surfaces.tui.app import SwarmApp
from surfaces.tui.approval import ApprovalView
from surfaces.tui.tool_card import ToolCard

PATIENCE = 6000
MEBIBYTE = 1 << 20


async def test_a_transfer_shows_how_far_it_is_and_escape_stops_it(tmp_path: Path) -> None:
    large = tmp_path / "large.bin"
    large.write_bytes(bytes(200 * MEBIBYTE))
    store = SlowStore(tmp_path / "slow")

    def on_a_slow_disk(settings: Settings) -> Assistant:
        assistant = assemble(settings)
        in_use = InUse(assistant.runs, assistant.registry)
        toolbox = Toolbox(ObjectTransferTools(store, in_use).tools())
        return replace(assistant, toolbox=toolbox, store=store)

    app = SwarmApp(lambda: Settings(home=tmp_path / "home", workers=1), on_a_slow_disk)
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: app.session is not None, PATIENCE)
        await send(app, pilot, f"/upload_object path={large} bucket=exports")
        await until(pilot, lambda: app.query(ApprovalView), PATIENCE)
        view = app.query_one(ApprovalView)
        await until(pilot, lambda: view.has_focus and view.listens)
        await pilot.press("a")
        await until(pilot, lambda: "left" in _headline(app), PATIENCE)

        assert "of 200.0 MiB" in _headline(app)
        assert "MiB/s" in _headline(app)
        assert "━" in _headline(app) or "╌" in _headline(app)

        await pilot.press("escape")
        await until(pilot, lambda: app.turn is None, PATIENCE)
        await until(pilot, lambda: "Stopped." in remarks(app))

        assert "left" not in _headline(app)
    assert [item.key for name in store.bucket_names() for item in store.list(name)] == []


def _headline(app: SwarmApp) -> str:
    return " ".join(str(card.query(".head").first().render()) for card in app.query(ToolCard))
