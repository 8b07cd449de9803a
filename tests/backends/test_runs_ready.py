"""Workers that have their imports done before there is a run for them."""

import gc
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import tiny_pipelines
from tiny_pipelines import compiled, ended

from backends.runs_local import LocalRuns
from backends.runs_local.logs import WORKER_LOG
from backends.runs_local.ready import ReadyWorkers
from backends.store_folder import FolderStore
from core.runs import RunState

LONGEST_SECONDS = 30


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[LocalRuns]:
    store = FolderStore(tmp_path / "objects")
    runs = LocalRuns(home=tmp_path / "home", store=store, workers=1, ready_seconds=60)
    yield runs
    for run in runs.list(limit=100):
        runs.cancel(run.id)


def test_a_run_that_was_checked_is_done_by_the_worker_that_waits(
    runs: LocalRuns, tmp_path: Path
) -> None:
    pipeline = compiled(tiny_pipelines.branching, tmp_path)
    runs.check(pipeline, {"word": "plain"})
    (waiting,) = _workers(tmp_path)
    runs.check(pipeline, {"word": "plain"})
    assert _workers(tmp_path) == [waiting]
    started = runs.start(pipeline, {"word": "plain"})
    assert _workers(tmp_path) == [waiting]
    assert ended(runs, started.id).state is RunState.SUCCEEDED
    worker_log = (tmp_path / "home" / "logs" / started.id / WORKER_LOG).read_text()
    assert "say" in worker_log
    runs.check(pipeline, {"word": "plain"})
    assert _workers(tmp_path) != [waiting]


def test_a_worker_that_was_lost_while_it_waited_is_replaced(
    runs: LocalRuns, tmp_path: Path
) -> None:
    pipeline = compiled(tiny_pipelines.branching, tmp_path)
    runs.check(pipeline, {"word": "plain"})
    (waiting,) = _workers(tmp_path)
    waiting.kill()
    _until_gone(waiting)
    assert ended(runs, runs.start(pipeline, {"word": "plain"}).id).state is RunState.SUCCEEDED


def test_a_worker_whose_code_has_changed_hands_its_run_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, imported = tmp_path / "changing" / "__init__.py", tmp_path / "imported"
    code.parent.mkdir()
    code.write_text(f"WORD = 'old'\nopen({str(imported)!r}, 'w').close()\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    store = FolderStore(tmp_path / "objects")
    runs = LocalRuns(
        home=tmp_path / "home", store=store, workers=1, preload=("changing",), ready_seconds=60
    )
    pipeline = compiled(tiny_pipelines.telling, tmp_path)
    runs.check(pipeline, {})
    deadline = time.monotonic() + LONGEST_SECONDS
    while not imported.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    code.write_text("WORD = 'new'\n")
    run = ended(runs, runs.start(pipeline, {}).id)
    assert (run.state, run.reason) == (RunState.SUCCEEDED, "")
    assert runs.logs(run.id, "tell-word").lines[-1] == "new"


def test_a_worker_waits_only_for_so_long_and_only_for_its_assistant(tmp_path: Path) -> None:
    impatient = ReadyWorkers(tmp_path, (), 0.01)
    impatient.expect()
    for waiting in _workers(tmp_path):
        waiting.wait(LONGEST_SECONDS)
    assert impatient.take() is None
    patient = ReadyWorkers(tmp_path, (), 600)
    patient.expect()
    (waiting,) = _workers(tmp_path)
    del patient
    gc.collect()
    _until_gone(waiting)


def test_no_worker_waits_where_none_is_wanted(tmp_path: Path) -> None:
    none = ReadyWorkers(tmp_path, (), 0)
    none.expect()
    assert (_workers(tmp_path), none.take()) == ([], None)


def _workers(folder: Path) -> list[psutil.Process]:
    """Return the workers that wait or work below a folder."""
    return [child for child in psutil.Process().children() if _works(child, folder)]


def _until_gone(*processes: psutil.Process) -> None:
    deadline = time.monotonic() + LONGEST_SECONDS
    while any(_works(process) for process in processes):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _works(process: psutil.Process, folder: Path = Path("/")) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()).is_relative_to(
            folder
        )
    except psutil.Error:
        return False
