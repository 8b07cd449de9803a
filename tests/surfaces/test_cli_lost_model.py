"""What the command line does when the model at a server is lost."""

from pathlib import Path

import pytest
from command_line import typed
from openai_server import OpenAIServer, openai_server, refusal

from agents.session import OFFER


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLOPS_SWARM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def name_endpoint(folder: Path, server: OpenAIServer) -> None:
    (folder / "mlops-swarm.toml").write_text(
        f'[chat]\nkind = "openai"\nmodel = "tiny"\nbase_url = "{server.url}"\nretries = 0\n'
    )


def test_with_yes_the_built_in_model_stands_in(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    with openai_server({"": [refusal(500, "Oops.")]}) as server:
        name_endpoint(folder, server)
        done = typed(capsys, "ask", "--yes", "what buckets are there?")

    assert done.code == 0
    assert "status 500: Oops. The built-in model answers this turn." in done.out
    assert "datasets" in done.out


def test_without_anybody_to_ask_the_way_is_told(
    capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with openai_server({"": [refusal(500, "Oops.")]}) as server:
        name_endpoint(folder, server)
        lost = typed(capsys, "ask", "what buckets are there?")
        monkeypatch.setenv("MLOPS_SWARM_CHAT__KIND", "builtin")
        found = typed(capsys, "ask", "what buckets are there?")

    assert lost.code == 1
    assert OFFER in lost.out
    assert found.code == 0
    assert "datasets" in found.out


def test_doctor_tells_what_the_model_can_do(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    with openai_server({"": [refusal(503, "Loading.")]}) as server:
        name_endpoint(folder, server)
        findings = {found["check"]: found for found in typed(capsys, "doctor", "--json").lines}

    assert not findings["model"]["ok"]
    assert "status 503: Loading." in findings["model"]["found"]
