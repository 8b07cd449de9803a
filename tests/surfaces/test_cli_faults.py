"""What happens when the ground gives way: disks, damaged files, killed processes."""

import os
import resource
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from command_line import command, executed, typed

from core.runs import Run
from core.settings import Settings
from surfaces.assembly import Assistant, assemble

WAIT_SECONDS = 60
DAMAGED = "The file is damaged: put a copy of it back, or move it away and begin with an empty one."


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLOPS_SWARM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def files_up_to(size: int) -> Callable[[], None]:
    """Return what makes a process fail to write larger files, as on a disk that is full."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize("words", [("ask", "list the runs"), ("tool", "list_runs"), ("sessions",)])
def test_a_home_that_cannot_be_is_named_with_the_way_out(
    capsys: pytest.CaptureFixture[str], home: Path, words: tuple[str, ...]
) -> None:
    home.write_text("a file in its place")

    done = typed(capsys, *words)

    assert (done.code, done.out) == (1, "")
    assert done.err == (
        f"The assistant's home {home} cannot be written: File exists.\n"
        "Free some space or mend the permissions, or set MLOPS_SWARM_HOME to another folder.\n"
    )
    assert home.read_text() == "a file in its place"


def test_a_program_reads_a_missing_home_as_json(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    home.write_text("")

    (line,) = typed(capsys, "tool", "list_runs", "--json").lines

    assert line["ok"] is False
    assert str(home) in line["error"]


def test_a_home_may_have_spaces_and_any_letters(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLOPS_SWARM_HOME", str(tmp_path / "mein Büro" / "家 🚀"))

    assert typed(capsys, "ask", "what buckets are there").code == 0
    assert typed(capsys, "tool", "search_docs", "query=why split by time").code == 0


def test_a_disk_too_small_for_the_first_data_is_told_and_the_next_start_is_whole(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    full = executed(home, "tool", "list_buckets", before=files_up_to(500_000))

    assert (full.code, full.out) == (1, "")
    assert len(full.err.splitlines()) == 2
    assert str(home / "objects") in full.err or "schedule_management.csv" in full.err

    (page,) = typed(capsys, "tool", "list_buckets", "--json").lines
    assert {bucket["name"]: bucket["objects"] for bucket in page["items"]}["datasets"] == 1


@pytest.mark.slow
def test_a_disk_that_fills_up_in_a_turn_costs_the_memory_of_it_but_not_the_answer(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    session = typed(capsys, "ask", "--json", "what buckets are there").lines[-1]["session"]

    full = executed(
        home,
        *("ask", "--session", session),
        given=b"list the runs " + b"please " * 15_000,
        before=files_up_to(100_000),
    )

    assert full.code == 1
    assert full.out.startswith("No run fits.")
    assert f"not kept in the conversation. Conversations cannot be kept in {home}" in full.out
    assert full.err.splitlines()[-1] == f"session {session}"
    assert typed(capsys, "ask", "--session", session, "list the runs").code == 0
    turns = assemble(Settings(home=home)).sessions.turns(session)
    assert [turn.question for turn in turns] == ["what buckets are there", "list the runs"]


def test_a_run_that_finds_no_room_is_not_started(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    typed(capsys, "tool", "list_runs")

    full = executed(
        home,
        *("tool", "--yes", "start_run", "pipeline=delay-prediction"),
        before=files_up_to(500_000),
    )

    assert (full.code, full.out) == (1, "")
    assert full.err.startswith(f"The folder for runs, {home}, cannot be written: ")
    assert assemble(Settings(home=home)).runs.list().total == 0


@pytest.mark.parametrize(
    ("file", "words", "problem"),
    [
        (
            "sessions.db",
            ["sessions"],
            "Conversations cannot be kept in {}: database disk image is malformed",
        ),
        (
            "runs.db",
            ["tool", "list_runs"],
            "The history of runs in {} does not answer: file is not a database",
        ),
        (
            "objects/.store/index.db",
            ["tool", "list_objects", "bucket=datasets"],
            "The object store's index {} does not answer: file is not a database",
        ),
    ],
)
def test_a_damaged_file_is_named_with_what_to_do(
    capsys: pytest.CaptureFixture[str], home: Path, file: str, words: list[str], problem: str
) -> None:
    typed(capsys, "ask", "preview the schedule data")
    (home / file).write_bytes(b"no database" * 1000)

    done = typed(capsys, *words)

    assert (done.code, done.out) == (1, "")
    assert done.err == f"{problem.format(home / file)}.\n{DAMAGED}\n"
    (home / file).unlink()
    assert typed(capsys, *words).code == 0


def test_a_damaged_search_index_is_named_with_what_to_do(home: Path) -> None:
    words = ("tool", "search_docs", "query=why split by time")
    (home / "index").mkdir(parents=True)
    (home / "index" / "chroma.sqlite3").write_bytes(b"no database" * 1000)

    done = executed(home, *words)

    assert (done.code, done.out) == (1, "")
    message, hint = done.err.splitlines()
    assert message.startswith(f"The search index in {home / 'index'} cannot be used: ")
    assert hint == "If it stays so, remove that folder; the index is built again."
    shutil.rmtree(home / "index")
    assert executed(home, *words).code == 0


def test_deleted_buckets_come_back_empty(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    typed(capsys, "tool", "list_buckets")
    for bucket in ("models", "artifacts"):
        shutil.rmtree(home / "objects" / bucket)

    (page,) = typed(capsys, "tool", "list_buckets", "--json").lines

    assert [bucket["name"] for bucket in page["items"]] == ["artifacts", "datasets", "models"]
    assert typed(capsys, "tool", "list_models").code == 0


def test_two_processes_in_one_conversation_keep_their_turns_apart(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    session = typed(capsys, "ask", "--json", "what buckets are there").lines[-1]["session"]

    def ask(text: str) -> str:
        done = executed(home, "ask", "--json", "--session", session, text)
        assert done.code == 0
        return str(done.lines[-1]["answer"])

    with ThreadPoolExecutor(2) as both:
        runs, pipelines = both.map(ask, ["list the runs", "what pipelines are there"])

    assert runs == "No run fits. Start one with “run delay-prediction”."
    assert pipelines.startswith("3 pipelines:")
    turns = assemble(Settings(home=home)).sessions.turns(session)
    assert {turn.question: turn.answer for turn in turns[1:]} == {
        "list the runs": runs,
        "what pipelines are there": pipelines,
    }


def test_a_turn_that_is_killed_leaves_a_usable_conversation(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    session = typed(capsys, "ask", "--json", "preview the schedule data").lines[-1]["session"]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(WAIT_SECONDS)
        chat = {
            "MLOPS_SWARM_CHAT__KIND": "openai",
            "MLOPS_SWARM_CHAT__MODEL": "silent",
            "MLOPS_SWARM_CHAT__BASE_URL": f"http://127.0.0.1:{silent.getsockname()[1]}/v1",
        }
        with subprocess.Popen(
            **command(home, "ask", "--session", session, "list the runs", **chat)
        ) as turn:
            connection, _ = silent.accept()
            turn.kill()
        connection.close()

    done = typed(capsys, "ask", "--session", session, "--json", "show 3 rows of it")

    assert (done.code, done.lines[-1]["stopped"]) == (0, "")
    turns = assemble(Settings(home=home)).sessions.turns(session)
    assert [turn.question for turn in turns] == ["preview the schedule data", "show 3 rows of it"]


def test_a_run_whose_worker_is_killed_says_so(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    assistant = assemble(Settings(home=home))
    run = assistant.runs.start(assistant.catalog.find("delay-prediction"), {})
    until(assistant, run.id, lambda now: bool(now.started_at))
    os.kill(worker_of(home, run.id).pid, signal.SIGKILL)
    until(assistant, run.id, lambda now: now.state.ended)

    done = typed(capsys, "ask", "how did it go")

    assert done.code == 0
    assert run.id in done.out
    assert "The worker process ended before the run did." in done.out


def until(assistant: Assistant, run_id: str, fits: Callable[[Run], bool]) -> Run:
    """Look at a run until it is as expected."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        run = assistant.runs.get(run_id)
        if fits(run):
            return run
    raise AssertionError("the run did not get there in time")


def worker_of(home: Path, run_id: str) -> psutil.Process:
    """Return the process that does a run's work."""
    work = str(home / "work" / run_id / "attempt-1")
    return next(
        process
        for process in psutil.Process().children()
        if process.status() != psutil.STATUS_ZOMBIE and process.cwd() == work
    )
