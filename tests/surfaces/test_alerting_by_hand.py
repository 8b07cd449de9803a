"""Drift that a person finds by checking: told like that of a scheduled check."""

from pathlib import Path

import pytest
from command_line import typed
from driven_terminal import remarks, send, until
from listening_webhook import Listening, webhook
from made_models import made, register

from core.settings import Settings
from surfaces.assembly import assemble
from surfaces.tui.app import SwarmApp
from surfaces.tui.tool_card import ToolCard

__all__ = ["webhook"]
CALL = ("check_drift", "bucket=datasets", "key=may.csv")
PATIENCE = 6000


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a home with a model, a table that has drifted and one that has not."""
    assistant = assemble(Settings(home=tmp_path))
    register(assistant.registry, assistant.store, "aaaaaaaa", "LogisticRegression")
    table = assistant.store.read("datasets", "schedule_management.csv")
    assistant.store.put("datasets", "may.csv", b"\n".join(table.split(b"\n")[:301]))
    learned = made("LogisticRegression").training.to_csv(index=False).encode()
    assistant.store.put("datasets", "learned.csv", learned)
    return tmp_path


def test_drift_that_a_command_finds_is_said_on_stdout_and_sent(
    home: Path,
    webhook: tuple[str, type[Listening]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, handler = webhook
    monkeypatch.setenv("MLOPS_SWARM_HOME", str(home))
    monkeypatch.setenv("MLOPS_SWARM_ALERTS__WEBHOOK", address)
    done = typed(capsys, "tool", *CALL)
    told = [line for line in done.out.splitlines() if line.startswith("! ")]
    (sent,) = handler.heard
    assert told[0] == f"! {sent['text']}"
    assert told[0].startswith("! Drift: ")
    assert "moved in datasets/may.csv" in told[0]
    assert (sent["pipeline"], sent["run_id"]) == ("check_drift", "")
    refused = "! The alert of check_drift was refused with status 500."
    assert [line.partition(" Check")[0] for line in told[1:]] == [refused] * (handler.status == 500)
    assert address not in done.out


def test_a_table_that_has_not_drifted_alerts_nobody(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLOPS_SWARM_HOME", str(home))
    done = typed(capsys, "tool", "check_drift", "bucket=datasets", "key=learned.csv")
    assert done.code == 0
    assert "! Drift" not in done.out


async def test_the_terminal_shows_a_notice_beside_the_report(home: Path) -> None:
    app = SwarmApp(lambda: Settings(home=home, workers=1), assemble)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.session is not None, PATIENCE)
        await send(app, pilot, f"/{' '.join(CALL)}")
        await until(pilot, lambda: app.turn is None and app.query(ToolCard), PATIENCE)
        assert "Drift: " in remarks(app)
        assert "moved in datasets/may.csv" in remarks(app)
