from pathlib import Path

import pytest

from core.errors import SettingsError
from core.services import OpenAIChat
from core.settings import read_settings


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_with_nothing_configured_the_built_in_model_answers_on_this_machine() -> None:
    settings = read_settings()

    assert settings.chat.kind == "builtin"
    assert not settings.read_only


def test_arguments_win_over_variables_and_variables_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mlops-swarm.toml").write_text("workers = 3\nread_only = true\n")
    monkeypatch.setenv("MLOPS_SWARM_WORKERS", "5")

    assert read_settings().workers == 5
    assert read_settings().read_only
    assert read_settings(workers=7).workers == 7


def test_a_model_elsewhere_needs_two_settings_and_its_key_is_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLOPS_SWARM_CHAT__KIND", "openai")
    monkeypatch.setenv("MLOPS_SWARM_CHAT__MODEL", "qwen3")
    monkeypatch.setenv("MLOPS_SWARM_CHAT__API_KEY", "a-very-secret-key")

    settings = read_settings()

    assert isinstance(settings.chat, OpenAIChat)
    assert "a-very-secret-key" not in settings.model_dump_json()


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("MLOPS_SWARM_WORKER", "2", "MLOPS_SWARM_WORKERS"),
        ("MLOPS_SWARM_WORKERS", "many", "workers"),
        ("MLOPS_SWARM_WORKERS", "0", "workers"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(SettingsError) as problem:
        read_settings()

    assert said in str(problem.value)


@pytest.mark.parametrize("text", ["colour = 'red'\n", "workers = \n"])
def test_a_settings_file_that_cannot_be_used_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "mlops-swarm.toml").write_text(text)

    with pytest.raises(SettingsError, match=r"mlops-swarm\.toml|colour"):
        read_settings()
