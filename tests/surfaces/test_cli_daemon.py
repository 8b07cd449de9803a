"""`mlops-swarm daemon`: starts what is due, tells what was missed, ends cleanly."""

import signal
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from command_line import command, typed

from backends.store_folder import FolderStore
from core import clock
from core.clock import held
from core.errors import AssistantError
from core.runs import Run
from core.settings import Settings
from surfaces.assembly import assemble
from surfaces.evaluation.world_runs import WorldRuns
from surfaces.ticking import Ticker, missed

SECONDS = 60


def scheduled(home: Path, cron: str = "0 12 * * *", days_ago: int = 0) -> WorldRuns:
    """Return runs of a home with one schedule of the delay pipeline, made some days ago."""
    assistant = assemble(Settings(home=home), run_backend=WorldRuns)
    with held(clock.now() - timedelta(days=days_ago)):
        assistant.runs.schedule(
            assistant.catalog.find("delay-prediction"), cron, {}, name="at-noon"
        )
    return WorldRuns(home=home, store=FolderStore(home / "objects"), workers=1)


def test_a_run_that_is_due_is_started_once_however_many_tick(tmp_path: Path) -> None:
    runs = scheduled(tmp_path)
    started: list[Run] = []
    problems: list[AssistantError] = []
    tickers = [Ticker(runs, tmp_path, started.append, problems.append) for _ in range(3)]

    (schedule,) = runs.schedules()
    assert schedule.next_at is not None
    with held(schedule.next_at):
        for ticker in tickers:
            ticker.fire()

    assert [run.schedule for run in started] == ["at-noon"]
    assert problems == []
    assert missed(runs) == []


def test_what_passed_while_nothing_was_up_is_told_and_not_run_late(tmp_path: Path) -> None:
    with held(datetime(2026, 5, 11, 9, tzinfo=UTC)):
        runs = scheduled(tmp_path)
    started: list[Run] = []

    with held(datetime(2026, 5, 14, 9, tzinfo=UTC)):
        Ticker(runs, tmp_path, started.append, print).fire()
        (told,) = missed(runs)

    assert started == []
    assert told.startswith("at-noon missed 3 firings, the last ")


def test_once_starts_what_is_due_and_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLOPS_SWARM_HOME", str(tmp_path))

    assert typed(capsys, "daemon", "--once").code == 0


@pytest.mark.slow
def test_ctrl_c_ends_a_daemon_cleanly(tmp_path: Path) -> None:
    scheduled(tmp_path / "home", days_ago=2)
    how = command(tmp_path / "home", "daemon")
    with subprocess.Popen(**how, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as one:
        assert one.stdout is not None
        lines = [one.stdout.readline() for _ in range(3)]
        one.send_signal(signal.SIGINT)
        rest, problems = one.communicate(timeout=SECONDS)

    assert lines[0].startswith("at-noon: delay-prediction, every day at 12:00 UTC; next ")
    assert lines[1].startswith("! at-noon missed 2 firings")
    assert rest == "Stopped. Runs that were started go on.\n"
    assert (one.returncode, problems) == (0, "")
