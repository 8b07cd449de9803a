"""Runs that start by the clock."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import tiny_pipelines
from tiny_pipelines import compiled

from backends.runs_local import LocalRuns
from backends.store_folder import FolderStore
from core.clock import held
from core.errors import NotFoundError, RequestError
from core.pipelines import PipelineSpec
from core.runs import RunState

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""A Monday."""


@pytest.fixture
def runs(tmp_path: Path) -> LocalRuns:
    # Nothing needs to run: it is enough that it would.
    return _runs(tmp_path)


@pytest.fixture
def breaking(tmp_path: Path) -> PipelineSpec:
    return compiled(tiny_pipelines.breaking, tmp_path)


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with held(NOON):
        yield


def test_a_schedule_starts_its_run_when_it_is_due_and_only_once(
    runs: LocalRuns, breaking: PipelineSpec, tmp_path: Path
) -> None:
    schedule = runs.schedule(breaking, "30 6 * * 1-5", {"how": "exit"}, name="mornings")
    due = NOON.replace(day=3, hour=6, minute=30)
    assert (schedule.next_at, schedule.enabled, schedule.missed) == (due, True, ())
    other = _runs(tmp_path)
    assert runs.fire_due() == []
    with held(due + timedelta(seconds=20)):
        started = [*runs.fire_due(), *other.fire_due(), *runs.fire_due()]
        assert [(run.schedule, run.pipeline) for run in started] == [("mornings", "breaking")]
        (after,) = other.schedules()
    assert started[0].parameters == {"how": "exit"}
    assert (after.last_fired_at, after.last_run) == (due, started[0].id)
    assert (after.next_at, after.missed) == (due + timedelta(days=1), ())


def test_two_assistants_that_tick_at_once_start_one_run(
    runs: LocalRuns, breaking: PipelineSpec, tmp_path: Path
) -> None:
    runs.schedule(breaking, "*/5 * * * *", {})
    many = [_runs(tmp_path) for _ in range(6)]

    def tick(one: LocalRuns) -> int:
        with held(NOON + timedelta(minutes=5)):
            return len(one.fire_due())

    with ThreadPoolExecutor(max_workers=6) as threads:
        assert sum(threads.map(tick, many)) == 1
    assert runs.list().total == 1


def test_what_was_missed_is_told_and_not_made_up_for(
    runs: LocalRuns, breaking: PipelineSpec
) -> None:
    runs.schedule(breaking, "0 6 * * *", {}, name="daily")
    days = [NOON.replace(day=day, hour=6) for day in (3, 4, 5)]
    with held(NOON + timedelta(days=3)):
        (told,) = runs.schedules()
        assert runs.fire_due() == []
        (noted,) = runs.schedules()
    assert told == noted
    assert (noted.missed, noted.next_at) == (tuple(days), days[2] + timedelta(days=1))
    with held(days[2] + timedelta(days=1, seconds=1)):
        assert len(runs.fire_due()) == 1
        assert runs.schedules()[0].missed == tuple(days)


def test_a_schedule_of_every_minute_does_not_remember_a_year(
    runs: LocalRuns, breaking: PipelineSpec
) -> None:
    runs.schedule(breaking, "* * * * *", {})
    with held(NOON + timedelta(days=365)):
        assert len(runs.fire_due()) == 1
        (schedule,) = runs.schedules()
    assert len(schedule.missed) == 50
    assert schedule.missed[-1] == NOON + timedelta(days=365) - timedelta(minutes=1)


def test_a_paused_schedule_fires_again_from_when_it_is_resumed(
    runs: LocalRuns, breaking: PipelineSpec
) -> None:
    schedule = runs.schedule(breaking, "0 6 * * *", {}, name="daily")
    paused = runs.pause(schedule.id)
    assert (paused.enabled, paused.next_at) == (False, None)
    with held(NOON + timedelta(days=3)):
        assert (runs.fire_due(), runs.schedules()) == ([], [paused])
        resumed = runs.resume("daily")
    assert (resumed.enabled, resumed.missed) == (True, ())
    assert resumed.next_at == NOON.replace(day=6, hour=6)
    runs.delete_schedule(schedule.id)
    assert runs.schedules() == []
    with pytest.raises(NotFoundError, match="No schedule is called 'daily'"):
        runs.pause("daily")


def test_a_run_that_cannot_start_by_the_clock_is_there_with_its_reason(
    runs: LocalRuns, tmp_path: Path
) -> None:
    store = FolderStore(tmp_path / "objects")
    store.put("datasets", "table.csv", b"a\n")
    counting = compiled(tiny_pipelines.counting, tmp_path)
    runs.schedule(counting, "0 6 * * *", {"data": "datasets/table.csv"}, name="daily")
    store.delete("datasets", "table.csv")
    with held(NOON.replace(day=3, hour=6)):
        (run,) = runs.fire_due()
    assert (run.state, run.schedule) == (RunState.FAILED, "daily")
    assert "datasets/table.csv" in run.reason
    assert runs.schedules()[0].last_run == run.id


@pytest.mark.parametrize("cron", ["soon", "* * * *", "0 0 30 2 *", "61 * * * *", "0 6 * * * *", ""])
def test_times_that_make_no_sense_are_refused(
    runs: LocalRuns, breaking: PipelineSpec, cron: str
) -> None:
    with pytest.raises(RequestError, match="0 6 \\* \\* 1-5"):
        runs.schedule(breaking, cron, {})
    with pytest.raises(RequestError, match="no parameter 'hwo'"):
        runs.schedule(breaking, "0 6 * * *", {"hwo": "exit"})
    assert runs.schedules() == []


def test_two_schedules_have_two_names(runs: LocalRuns, breaking: PipelineSpec) -> None:
    names = [runs.schedule(breaking, "0 6 * * *", {}).name for _ in range(2)]
    assert names == ["breaking-schedule-1", "breaking-schedule-2"]
    with pytest.raises(RequestError, match="There is a schedule 'breaking-schedule-1' already"):
        runs.schedule(breaking, "0 7 * * *", {}, name="breaking-schedule-1")


def _runs(tmp_path: Path) -> LocalRuns:
    store = FolderStore(tmp_path / "objects")
    return LocalRuns(home=tmp_path / "home", store=store, workers=1, at_once=0)
