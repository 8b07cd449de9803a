"""Triggers that are declined, refused or not allowed, and those whose bucket goes."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from command_line import typed
from watched_home import SECONDS, TABLE, WATCHED, Told, at, call, here, library, rested, set_up

from core import clock
from core.errors import NotFoundError, RequestError, SettingsError
from core.services import KubeflowSettings
from core.triggers import Trigger
from surfaces.assembly import Assistant

__all__ = ["here", "library"]


async def test_a_trigger_that_was_declined_is_not_there(here: Assistant) -> None:
    told = Told()
    with pytest.raises(RequestError):
        await call(here, "create_trigger", told.decline, **WATCHED)

    assert len(here.triggers.all()) == 0


async def test_what_cannot_work_is_refused_before_it_is_asked_for(here: Assistant) -> None:
    told = Told()
    await set_up(here, name="first")
    wrong: list[tuple[dict[str, object], str]] = [
        ({"bucket": "datsets"}, "datasets"),
        ({"pipeline": "delay-predicton"}, "delay-prediction"),
        ({"parameter": "dta"}, "data"),
        ({"parameters": {"fold": 3}}, "folds"),
        ({"parameters": {"data": "datasets/a.csv"}}, "Leave it out"),
        ({"name": "first"}, "another name"),
        ({"name": "not a name!"}, "june-scoring"),
        ({"bucket": "artifacts", "prefix": ""}, "Watch a folder"),
        ({"bucket": "artifacts", "prefix": "delay-prediction"}, "Watch a folder"),
        ({"bucket": "models", "prefix": ""}, "Watch a folder"),
    ]
    for changes, teaches in wrong:
        with pytest.raises((RequestError, NotFoundError)) as caught:
            await call(here, "create_trigger", told.allow, **(WATCHED | changes))
        assert teaches in caught.value.hint, changes

    assert told.cards == []
    assert [one.name for one in here.triggers.all()] == ["first"]


async def test_triggers_that_would_start_one_another_for_ever_are_refused(
    here: Assistant,
) -> None:
    told = Told()
    await set_up(here, bucket="artifacts", prefix="drift-check", name="after-checks")
    with pytest.raises(RequestError, match="without end"):
        await call(
            here,
            "create_trigger",
            told.allow,
            bucket="artifacts",
            prefix="delay-prediction",
            pipeline="drift-check",
            parameter="data",
        )


async def test_a_read_only_assistant_sets_up_and_starts_nothing(here: Assistant) -> None:
    await set_up(here)
    here.store.put("datasets", "planned/june_2026.csv", TABLE)
    looking = at(here.settings.home, read_only=True)
    told = Told()

    assert looking.watcher(told.firings.append, told.problems.append) is None
    with pytest.raises(RequestError, match="read-only"):
        await call(looking, "create_trigger", told.allow, **WATCHED)


async def test_settings_that_let_nobody_start_runs_let_no_trigger_either(tmp_path: Path) -> None:
    cluster = KubeflowSettings(kind="kubeflow", host="http://127.0.0.1:9", allow_changes=False)
    looking = at(tmp_path, runs=cluster)
    told = Told()

    assert looking.watcher(told.firings.append, told.problems.append) is None
    with pytest.raises(SettingsError, match="not allowed"):
        await call(looking, "create_trigger", told.allow, **WATCHED)
    assert told.cards == []


async def test_a_bucket_that_is_gone_is_told_of_once(here: Assistant) -> None:
    here.store.create_bucket("incoming")
    await set_up(here, bucket="incoming", prefix="")
    here.store.delete_bucket("incoming")
    told = Told()
    watcher = told.watch(here)
    watcher.fire()
    watcher.fire()
    assert [type(one) for one in told.problems] == [NotFoundError]


async def test_a_watcher_that_is_started_looks_by_itself_and_ends(here: Assistant) -> None:
    await set_up(here)
    rested(here, "planned/june_2026.csv")
    arrived = threading.Event()
    watcher = here.watcher(lambda _: arrived.set(), print)
    assert watcher is not None
    watcher.start()
    assert arrived.wait(SECONDS)
    watcher.stop(SECONDS)
    assert "triggers" not in {one.name for one in threading.enumerate()}


def test_the_daemon_looks_once_for_objects_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    here = at(home)
    monkeypatch.setenv("MLOPS_SWARM_HOME", str(home))
    gone = Trigger(
        name="gone",
        bucket="datasets",
        pipeline="gone-by-now",
        parameter="data",
        created_at=clock.now() - timedelta(days=1),
    )
    here.triggers.add(gone, iter(()))
    rested(here, "new.csv")

    done = typed(capsys, "daemon", "--once")

    assert done.code == 0
    assert "The trigger gone could not start a run for datasets/new.csv: No pipeline" in done.out
