from pathlib import Path
from typing import Any

import pytest
from command_line import executed, typed

from core.settings import Settings
from surfaces.assembly import assemble


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLOPS_SWARM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def test_an_answer_goes_to_stdout_and_what_went_on_to_stderr(
    capsys: pytest.CaptureFixture[str],
) -> None:
    done = typed(capsys, "ask", "what", "pipelines", "are", "there")

    assert done.code == 0
    assert done.out.startswith("3 pipelines:\n\n- **delay-prediction** — ")
    assert done.err.startswith("→ kfp: what pipelines are there\n  ✓ list_pipelines (")
    assert "\x1b" not in done.out + done.err


def test_every_event_is_one_json_line(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    done = typed(capsys, "ask", "--json", "what buckets are there")

    assert done.code == 0
    hand_off, started, finished, text, end = done.lines
    assert hand_off == {
        "event": "hand_off",
        "agent": "minio",
        "request": "what buckets are there",
    }
    assert started == {
        "event": "tool_started",
        "agent": "minio",
        "tool": "list_buckets",
        "arguments": {},
    }
    names = [bucket["name"] for bucket in finished.pop("result")["items"]]
    assert names == ["artifacts", "datasets", "models"]
    assert finished.pop("seconds") >= 0
    assert finished == {
        "event": "tool_finished",
        "agent": "minio",
        "tool": "list_buckets",
        "ok": True,
    }
    assert text == {"event": "text", "agent": "minio", "text": end["answer"]}
    assert end.pop("seconds") > 0
    assert end == {
        "event": "turn_finished",
        "answer": text["text"],
        "model_calls": 3,
        "tokens": 0,
        "stopped": "",
        "session": assemble(Settings(home=home)).sessions.list()[0].id,
    }


def test_without_a_terminal_and_without_yes_no_run_is_started_and_the_way_is_told(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    done = typed(capsys, "ask", "--json", "run the delay pipeline with 3 folds")

    assert done.code == 1
    by_event = {line["event"]: line for line in done.lines}
    decided = by_event["approval"]
    assert decided.pop("arguments")["parameters"] == {"folds": 3}
    assert decided == {"event": "approval", "tool": "start_run", "decision": "reject"}
    assert by_event["tool_finished"]["ok"] is False
    assert by_event["tool_finished"]["result"] == {
        "error": "start_run changes something, and nobody is at a terminal to approve it.",
        "hint": "With --yes changes are allowed.",
    }
    assert "--yes" in by_event["turn_finished"]["answer"]
    assert assemble(Settings(home=home)).runs.list().total == 0


@pytest.mark.parametrize("request_", ["run the delay pipeline", "stop the latest run"])
def test_read_only_says_that_it_is_what_stands_in_the_way(
    capsys: pytest.CaptureFixture[str], home: Path, request_: str
) -> None:
    done = typed(capsys, "ask", "--read-only", "--yes", request_)

    assert "this assistant is read-only" in done.out
    assert assemble(Settings(home=home)).runs.list().total == 0


def test_a_request_is_read_from_stdin_whatever_bytes_are_in_it(home: Path) -> None:
    done = executed(home, "ask", given=b"list the runs \xff\x00\x1b[31m")

    assert done.code == 0
    assert done.out == "No run fits. Start one with “run delay-prediction”.\n"
    assert "\x1b" not in done.out + done.err


def test_an_empty_request_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    done = typed(capsys, "ask", " ")

    assert (done.code, done.out) == (1, "")
    assert done.err == 'The request is empty.\nTry: mlops-swarm ask "list the runs".\n'


def test_a_conversation_is_carried_on_by_its_id(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    session = typed(capsys, "ask", "--json", "preview the schedule data").lines[-1]["session"]

    done = typed(capsys, "ask", "--session", session[:5], "--json", "show 3 rows of it")

    shown: dict[str, Any] = next(line for line in done.lines if line["event"] == "tool_started")
    assert shown["arguments"]["key"] == "schedule_management.csv"
    assert done.lines[-1]["session"] == session
    turns = assemble(Settings(home=home)).sessions.turns(session)
    assert [turn.question for turn in turns] == ["preview the schedule data", "show 3 rows of it"]


def test_an_unknown_conversation_is_refused_with_the_closest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    session = typed(capsys, "ask", "--json", "list the runs").lines[-1]["session"]

    done = typed(capsys, "ask", "--session", f"{session}0", "list the runs")

    assert (done.code, done.out) == (1, "")
    assert done.err == (
        f"No session is called '{session}0'.\n"
        f"The closest: {session}. `mlops-swarm sessions` lists them.\n"
    )


@pytest.mark.parametrize("text", ["какие есть конвейеры", "列出管道", "🚀🔥", "مرحبا"])
def test_a_request_that_is_not_understood_gets_words(
    capsys: pytest.CaptureFixture[str], text: str
) -> None:
    done = typed(capsys, "ask", text)

    assert done.code == 0
    assert "what pipelines are there" in done.out


@pytest.mark.slow
def test_a_huge_request_is_answered_and_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    done = typed(capsys, "ask", "show me the runs please " * 4400)

    assert done.code == 0
    assert done.out == "No run fits. Start one with “run delay-prediction”.\n"
    assert len(done.err) < 400


def test_without_waiting_the_answer_is_what_was_started(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    done = typed(
        capsys,
        "ask",
        "--yes",
        "--no-wait",
        "--json",
        "run the delay pipeline with only KNN and tell me which is best",
    )

    assistant = assemble(Settings(home=home))
    (run,) = assistant.runs.list().items
    try:
        assert done.code == 0
        end = done.lines[-1]
        assert (end["event"], end["stopped"]) == ("turn_finished", "")
        assert run.id in end["answer"]
        (watch,) = (w for w in assistant.sessions.watches(end["session"]) if w.asked)
        assert (watch.run_id, watch.request) == (run.id, "tell me which is best")
        assert not run.state.ended
    finally:
        assistant.runs.cancel(run.id)
