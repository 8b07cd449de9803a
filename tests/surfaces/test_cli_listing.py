from pathlib import Path

import pytest
from command_line import typed

CHECKS = "python packages settings disk home objects runs documentation recommender model".split()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLOPS_SWARM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_doctor_finds_a_healthy_assistant(capsys: pytest.CaptureFixture[str]) -> None:
    done = typed(capsys, "doctor")
    assert (done.code, done.err) == (0, "")
    assert [line.split()[:2] for line in done.out.splitlines()] == [["✓", f"{c}:"] for c in CHECKS]

    findings = typed(capsys, "doctor", "--json").lines
    assert [(finding["check"], finding["ok"]) for finding in findings] == [
        (check, True) for check in CHECKS
    ]


def test_doctor_names_what_is_broken_and_checks_the_rest(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    typed(capsys, "doctor")
    (folder / "home" / "runs.db").write_bytes(b"no database" * 100)

    findings = {finding["check"]: finding for finding in typed(capsys, "doctor", "--json").lines}

    assert [check for check, finding in findings.items() if not finding["ok"]] == ["runs"]
    assert list(findings) == CHECKS
    assert findings["runs"]["found"] == (
        f"The history of runs in {folder}/home/runs.db does not answer: file is not a database."
        " The file is damaged: put a copy of it back, or move it away and begin with an empty one."
    )
    assert typed(capsys, "doctor").code == 1


def test_doctor_says_a_fundamental_problem_once(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    (folder / "mlops-swarm.toml").write_text("workers = [", encoding="utf-8")

    done = typed(capsys, "doctor")

    assert done.code == 1
    assert done.out.splitlines()[-1].startswith("✗ settings: mlops-swarm.toml cannot be read: ")
    assert done.out.count("mlops-swarm.toml") == 1


def test_settings_are_shown_without_secrets(
    capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "mlops-swarm.toml").write_text(
        '[chat]\nkind = "openai"\nmodel = "qwen3"\nbase_url = "http://127.0.0.1:9/v1"\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("MLOPS_SWARM_CHAT__API_KEY", "a-very-secret-key")

    done = typed(capsys, "settings")
    (as_json,) = typed(capsys, "settings", "--json").lines

    assert (done.code, done.err) == (0, "")
    assert "qwen3" in done.out
    assert "secret" not in done.out + str(as_json)
    assert as_json["home"] == str(folder / "home")
    assert as_json["chat"]["api_key"] == "**********"


@pytest.mark.parametrize("words", [["settings"], ["ask", "--json", "hi"], ["tool", "list_runs"]])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('hoem = "/tmp"', "hoem is no setting; the closest is home"),
        ("workers = 0", "workers: Input should be greater than 0"),
        ("workers = ", "mlops-swarm.toml cannot be read: Invalid value"),
    ],
)
def test_wrong_settings_end_every_command_with_2(
    capsys: pytest.CaptureFixture[str], folder: Path, words: list[str], content: str, said: str
) -> None:
    (folder / "mlops-swarm.toml").write_text(content, encoding="utf-8")

    done = typed(capsys, *words)

    assert (done.code, done.out) == (2, "")
    message, hint = done.err.splitlines()
    assert said in message
    assert hint


def test_a_variable_that_names_no_setting_ends_with_2(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLOPS_SWARM_WORKER", "2")

    done = typed(capsys, "settings")

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("The variable MLOPS_SWARM_WORKER names no setting.\nThe closest: ")


def test_conversations_are_listed_latest_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert typed(capsys, "sessions").out == "There is no conversation yet.\n"
    assert typed(capsys, "sessions", "--json").out == ""
    ids = [typed(capsys, "ask", "--json", "hello").lines[-1]["session"] for _ in range(2)]

    listed = typed(capsys, "sessions", "--json").lines
    shown = typed(capsys, "sessions").out.splitlines()

    assert [session["id"] for session in listed] == ids[::-1]
    assert [line.split()[0] for line in shown[1:]] == ids[::-1]


def test_a_word_that_is_no_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    done = typed(capsys, "aks", "hello")

    assert (done.code, done.out) == (2, "")
    assert "aks" in done.err
