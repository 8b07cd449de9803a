"""Ctrl+C, at any moment."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import command, executed

from core.settings import Settings
from surfaces.assembly import assemble


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.mark.slow
def test_while_a_run_is_waited_for_ctrl_c_ends_the_waiting_and_nothing_else(home: Path) -> None:
    asked = "train the delay models with 2 folds and only KNN and tell me which is best"
    with subprocess.Popen(
        **command(home, "ask", "--yes", asked), stdout=-1, stderr=-1, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if " RUNNING: " in line:
                break
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)

    assistant = assemble(Settings(home=home))
    (run,) = assistant.runs.list().items
    (session,) = assistant.sessions.list()
    assert process.returncode == 130
    assert err.splitlines()[-1] == (
        "Stopped. Runs that were started go on;"
        f" `--session {session.id}` carries this conversation on."
    )
    assert "Traceback" not in err
    assert run.id in out
    assert session.waiting == 1

    later = executed(home, "ask", "--session", session.id, "list the runs")

    assert later.code == 0
    assert assistant.runs.get(run.id).state == "SUCCEEDED"
    assert f"Run {run.id} ({run.name}) ended: SUCCEEDED." in later.err
    assert f"**KNN** won run `{run.id}`" in later.out
    turns = assistant.sessions.turns(session.id)
    assert [turn.question for turn in turns] == [asked, "list the runs", "tell me which is best"]
    assert assistant.sessions.get(session.id).waiting == 0


@pytest.mark.parametrize("words", [("ask", "list the runs"), ("doctor",)])
@pytest.mark.parametrize("seconds", [0.05, 0.2, 0.6])
def test_ctrl_c_in_the_first_second_is_one_line(
    home: Path, words: tuple[str, ...], seconds: float
) -> None:
    interrupting = (
        "import signal;"
        # Python's own handling is for what happens before the command is reached.
        " signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT));"
        f" signal.setitimer(signal.ITIMER_REAL, {seconds});"
        " from surfaces.launch import main; main()"
    )
    started = {**command(home, *words), "args": [sys.executable, "-c", interrupting, *words]}

    done = subprocess.run(**started, capture_output=True, text=True, timeout=60, check=False)

    if done.returncode != 0:
        assert done.returncode == 130
        assert done.stderr.count("\n") == 1
        assert done.stderr.startswith("Stopped. Runs that were started go on")
