"""Runs that wait, are tried again, or are thrown away."""

from pathlib import Path

import pytest
import tiny_graphs
import tiny_pipelines
from tiny_pipelines import compiled, ended, looks

from backends.runs_local import LocalRuns
from backends.runs_local.cleaning import sweep
from backends.store_folder import FolderStore
from core.errors import NotFoundError, RequestError
from core.pipelines import Parameter, PipelineSpec
from core.runs import Run, RunQuery, RunState, TaskState


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "objects")


@pytest.fixture
def runs(tmp_path: Path, store: FolderStore) -> LocalRuns:
    return LocalRuns(home=tmp_path / "home", store=store, workers=2, at_once=1)


@pytest.fixture
def stumbled(runs: LocalRuns, tmp_path: Path) -> Run:
    """A run that failed for want of a file, and is not to use the cache."""
    stumbling = compiled(tiny_graphs.stumbling, tmp_path)
    run = ended(runs, runs.start(stumbling, {"folder": str(tmp_path)}, use_cache=False).id)
    assert (run.state, run.reason) == (
        RunState.FAILED,
        "FileNotFoundError: wanted is missing.",
    )
    return run


def test_a_retry_reuses_what_succeeded_and_finishes_the_rest(
    runs: LocalRuns, stumbled: Run, tmp_path: Path
) -> None:
    artifacts = runs.artifacts(stumbled.id)
    (tmp_path / "wanted").touch()
    again = runs.retry(stumbled.id)
    assert (again.id, again.attempt, again.state.ended) == (stumbled.id, 2, False)
    run = ended(runs, stumbled.id)
    assert (run.state, run.reason, run.attempt) == (RunState.SUCCEEDED, "", 2)
    assert {task.name: task.state for task in run.tasks} == {
        "count-up": TaskState.CACHED,
        "count-up-2 [b]": TaskState.CACHED,
        "count-up-2 [c]": TaskState.CACHED,
        "want": TaskState.SUCCEEDED,
    }
    assert [(tmp_path / name).read_text() for name in ("first", "b", "c")] == ["."] * 3
    assert run.metrics == {"before": 1.0}
    after = runs.artifacts(run.id)
    assert [artifact for artifact in after if artifact.task != "want"] == artifacts
    assert [artifact.task for artifact in after if artifact not in artifacts] == ["want"]
    logs = runs.log_folder(run.id)
    assert logs is not None
    assert "wanted is missing" in (logs / "attempt-1" / "want.log").read_text()
    assert runs.logs(run.id, "want").lines == ()
    with pytest.raises(RequestError, match="succeeded; there is nothing to try again"):
        runs.retry(run.id)


def test_a_deleted_run_is_in_the_trash_until_it_is_emptied(
    runs: LocalRuns, store: FolderStore, stumbled: Run, tmp_path: Path
) -> None:
    key = runs.artifacts(stumbled.id)[0].key
    runs.delete(stumbled.id)
    assert (runs.list().total, [run.id for run in runs.trash()]) == (0, [stumbled.id])
    with pytest.raises(NotFoundError, match=f"{stumbled.name} was deleted and is in the trash"):
        runs.get(stumbled.id)
    assert runs.log_folder(stumbled.id) is None
    assert (runs.empty_trash(), list(runs.trash()), runs.empty_trash()) == (1, [], 0)
    home = tmp_path / "home"
    assert not any(path.name == stumbled.id for path in home.rglob("*"))
    assert store.stat("artifacts", key).key == key


def test_runs_beyond_the_limit_wait_for_their_turn_in_the_order_of_asking(
    runs: LocalRuns, tmp_path: Path
) -> None:
    sleeping = compiled(tiny_pipelines.sleeping, tmp_path)
    breaking = compiled(tiny_pipelines.breaking, tmp_path)
    first = runs.start(sleeping, {"seconds": 60.0})
    second, third = runs.start(breaking, {}), runs.start(breaking, {})
    fourth = runs.start(breaking, {})
    with pytest.raises(RequestError, match="is at work"):
        runs.delete(fourth.id)
    assert runs.cancel(fourth.id).state is RunState.CANCELED
    next(_ for _ in looks(runs, first.id) if runs.get(first.id).state is RunState.RUNNING)
    assert [runs.get(run.id).state for run in (second, third)] == [RunState.PENDING] * 2
    runs.cancel(first.id)
    third = ended(runs, third.id)
    second = runs.get(second.id)
    assert [run.state for run in (second, third)] == [RunState.FAILED] * 2
    assert second.finished_at is not None
    assert third.started_at is not None
    assert second.finished_at <= third.started_at


def test_a_run_whose_starter_was_lost_is_started_by_whoever_looks_next(
    runs: LocalRuns, store: FolderStore, tmp_path: Path
) -> None:
    breaking = compiled(tiny_pipelines.breaking, tmp_path)
    closed = LocalRuns(home=tmp_path / "home", store=store, workers=1, at_once=0)
    waiting = closed.start(breaking, {})
    assert waiting.state is RunState.PENDING
    assert ended(runs, waiting.id).state is RunState.FAILED


def test_experiments_are_those_created_and_those_that_runs_name(
    runs: LocalRuns, tmp_path: Path
) -> None:
    runs.create_experiment("spring", "Models for spring")
    with pytest.raises(RequestError, match="an experiment 'spring' already"):
        runs.create_experiment("spring")
    started = runs.start(compiled(tiny_pipelines.breaking, tmp_path), {}, experiment="autumn")
    assert [(found.name, found.description, found.runs) for found in runs.experiments()] == [
        ("autumn", "", 1),
        ("spring", "Models for spring", 0),
    ]
    assert runs.list(RunQuery(experiment="autumn")).items[0].id == started.id
    runs.cancel(started.id)


def test_an_uploaded_pipeline_is_kept_with_its_versions(
    runs: LocalRuns, store: FolderStore, tmp_path: Path
) -> None:
    first = compiled(tiny_pipelines.branching, tmp_path)
    second = _renamed(compiled(tiny_pipelines.breaking, tmp_path), "branching")
    uploaded = [runs.upload(first), runs.upload(second)]
    assert [version.version for version in uploaded] == [first.version, second.version]
    again = LocalRuns(home=tmp_path / "home", store=store, workers=1)
    assert again.pipelines() == [second]
    assert again.versions("branching") == uploaded[::-1]
    again.upload(first)
    assert again.pipelines() == [first]
    assert again.versions("nothing") == []


def test_impossible_numbers_are_refused_before_any_run(runs: LocalRuns, tmp_path: Path) -> None:
    sleeping = compiled(tiny_pipelines.sleeping, tmp_path)
    seconds = Parameter(name="seconds", type="number", default=1.0, minimum=0.5, maximum=10)
    bounded = PipelineSpec(
        name="sleeping",
        description="",
        parameters=(seconds,),
        tasks=(),
        package=sleeping.package,
        version=sleeping.version,
    )
    assert runs.check(bounded, {"seconds": 10}) == {"seconds": 10}
    with pytest.raises(RequestError, match=r"'seconds' cannot be 0\.2\. It can be 0\.5 to 10\."):
        runs.check(bounded, {"seconds": 0.2})
    with pytest.raises(RequestError, match=r"'seconds' cannot be 99\."):
        runs.start(bounded, {"seconds": "99"})


def test_what_nobody_used_for_long_is_cleared_away(tmp_path: Path) -> None:
    import os
    import time

    old = time.time() - 30 * 24 * 3600
    kept = [tmp_path / "work" / "new", tmp_path / "work" / "open", tmp_path / "cache" / "code"]
    gone = [tmp_path / "work" / "old", tmp_path / "staging" / "ab12", tmp_path / "cache" / "older"]
    for folder in (*kept, *gone):
        folder.mkdir(parents=True)
        if folder != kept[0]:
            os.utime(folder, (old, old))
    sweep(tmp_path, {"open"}, "code")
    assert [path for path in (*kept, *gone) if path.exists()] == kept
    gone[0].mkdir()
    os.utime(gone[0], (old, old))
    sweep(tmp_path, (), "code")
    assert gone[0].exists()


def _renamed(pipeline: PipelineSpec, name: str) -> PipelineSpec:
    return PipelineSpec(
        name=name,
        description="",
        parameters=pipeline.parameters,
        tasks=(),
        package=pipeline.package,
        version=pipeline.version,
    )
