"""Runs on one machine: started, watched, explained."""

import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import tiny_pipelines
from tiny_pipelines import compiled, ended, looks

from backends.runs_local import LocalRuns
from backends.store_folder import FolderStore
from core.errors import NotFoundError, RequestError, UnavailableError
from core.runs import ArtifactKind, Run, RunQuery, RunState, TaskState

_ASSISTANT = """
import pickle, sys
from pathlib import Path
from backends.runs_local import LocalRuns
from backends.store_folder import FolderStore

home, pipeline = pickle.loads(Path(sys.argv[1]).read_bytes())
runs = LocalRuns(home=home, store=FolderStore(Path(sys.argv[2])), workers=1)
print(runs.start(pipeline, {}).id)
"""


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    store = FolderStore(tmp_path / "objects")
    store.put("datasets", "year/table.csv", b"a,b\n1,2\n3,4\n")
    return store


@pytest.fixture
def runs(tmp_path: Path, store: FolderStore) -> Iterator[LocalRuns]:
    runs = LocalRuns(home=tmp_path / "home", store=store, workers=3)
    yield runs
    for run in runs.list(RunQuery(state=RunState.RUNNING)):
        runs.cancel(run.id)


def test_a_run_succeeds_and_tells_what_it_did(
    runs: LocalRuns, store: FolderStore, tmp_path: Path
) -> None:
    counting = compiled(tiny_pipelines.counting, tmp_path)
    started = runs.start(counting, {"data": "datasets/year/table.csv"})
    assert started.state in {RunState.PENDING, RunState.RUNNING}
    run = ended(runs, started.id)
    assert (run.state, run.reason, run.name) == (RunState.SUCCEEDED, "", "counting-1")
    assert run.parameters == {"data": "datasets/year/table.csv", "scale": 2.0, "note": None}
    assert run.metrics == {"scaled": 6.0}
    assert {task.name: task.state for task in run.tasks} == dict.fromkeys(
        ["import-data", "count-lines", "measure", "draw", "say"], TaskState.SUCCEEDED
    )
    assert all(task.seconds is not None and task.seconds >= 0 for task in run.tasks)
    assert runs.logs(run.id, "count-lines").lines == ("counted 3 lines",)
    assert "count-lines | counted 3 lines" in runs.logs(run.id).lines

    made = {artifact.name: artifact for artifact in runs.artifacts(run.id)}
    assert {name: artifact.kind for name, artifact in made.items()} == {
        "data": ArtifactKind.DATASET,
        "counted": ArtifactKind.DATASET,
        "metrics": ArtifactKind.METRICS,
        "folder/roc_curve.png": ArtifactKind.PLOT,
    }
    table, counted = made["data"], made["counted"]
    assert (table.is_input, table.bucket, table.key) == (True, "datasets", "year/table.csv")
    assert table.content_hash == store.stat("datasets", "year/table.csv").etag
    assert counted.key == f"counting/{run.id}/count-lines/counted.csv"
    assert store.read(counted.bucket, counted.key) == b"lines\n3\n"
    assert store.read("artifacts", f"counting/{run.id}/draw/folder/roc_curve.json") == b"{}"


def test_a_second_run_shows_what_it_took_from_the_cache_and_still_has_every_artifact(
    runs: LocalRuns, store: FolderStore, tmp_path: Path
) -> None:
    counting = compiled(tiny_pipelines.counting, tmp_path)
    data = {"data": "datasets/year/table.csv"}
    first = ended(runs, runs.start(counting, data).id)
    second = ended(runs, runs.start(counting, data).id)
    without = ended(runs, runs.start(counting, data, use_cache=False).id)
    store.put("datasets", "year/table.csv", b"a\n")
    changed = ended(runs, runs.start(counting, data).id)
    assert _states(second) == _states(first) | dict.fromkeys(
        ["count-lines", "measure", "draw", "say"], TaskState.CACHED
    )
    assert second.metrics == first.metrics
    made = [
        sorted((item.task, item.name, item.content_hash) for item in runs.artifacts(run.id))
        for run in (first, second)
    ]
    assert made[0] == made[1]
    assert len(made[0]) == 4
    assert _states(without) == _states(first)
    assert _states(changed)["count-lines"] is TaskState.SUCCEEDED
    assert changed.metrics == {"scaled": 2.0}
    uncached = [run.seconds for run in (first, without) if run.seconds is not None]
    assert runs.typical_seconds("counting") == pytest.approx(sum(uncached) / 2)


def test_iterations_of_a_loop_work_side_by_side_and_a_branch_not_taken_is_skipped(
    runs: LocalRuns, tmp_path: Path
) -> None:
    fitting = compiled(tiny_pipelines.fitting, tmp_path)
    run = ended(runs, runs.start(fitting, {"names": "SVC, MLP, KNN", "seconds": "1"}).id)
    assert run.parameters == {"names": ["SVC", "MLP", "KNN"], "seconds": 1.0, "praising": False}
    assert _states(run) == {
        "fit-model [SVC]": TaskState.SUCCEEDED,
        "fit-model [MLP]": TaskState.SUCCEEDED,
        "fit-model [KNN]": TaskState.SUCCEEDED,
        "choose": TaskState.SUCCEEDED,
        "say": TaskState.SKIPPED,
    }
    fits = [task for task in run.tasks if task.name.startswith("fit-model")]
    starts = [task.started_at for task in fits if task.started_at is not None]
    finishes = [task.finished_at for task in fits if task.finished_at is not None]
    assert (len(starts), len(finishes)) == (3, 3)
    assert max(starts) < min(finishes)
    assert {artifact.key for artifact in runs.artifacts(run.id)} == {
        f"fitting/{run.id}/fit-model-SVC/fitted",
        f"fitting/{run.id}/fit-model-MLP/fitted",
        f"fitting/{run.id}/fit-model-KNN/fitted",
    }


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("sentence", "The table has no column 'borough'. Check the file."),
        ("signal", "The task was ended by signal SIGKILL; often that is too little memory."),
        ("exit", "The task ended with exit code 3 and without a message."),
    ],
)
def test_a_failed_run_explains_its_reason(
    runs: LocalRuns, tmp_path: Path, how: str, reason: str
) -> None:
    breaking = compiled(tiny_pipelines.breaking, tmp_path)
    run = ended(runs, runs.start(breaking, {"how": how}).id)
    assert (run.state, run.reason) == (RunState.FAILED, reason)
    assert [(task.name, task.state, task.reason) for task in run.tasks] == [
        ("break-off", TaskState.FAILED, reason),
        ("say", TaskState.SKIPPED, ""),
    ]
    assert runs.typical_seconds("breaking") is None


def test_a_task_that_is_tried_again_keeps_both_attempts_in_its_log(
    runs: LocalRuns, tmp_path: Path
) -> None:
    retrying = compiled(tiny_pipelines.retrying, tmp_path)
    run = ended(runs, runs.start(retrying, {"marker": str(tmp_path / "marker")}).id)
    assert run.state is RunState.SUCCEEDED
    lines = runs.logs(run.id, "fail-once").lines
    assert lines[-3:] == (
        "ValueError: the first attempt fails",
        "Attempt 2",
        "the second attempt works",
    )


def test_a_task_that_waits_for_another_attempt_lets_others_work(
    store: FolderStore, tmp_path: Path
) -> None:
    runs = LocalRuns(home=tmp_path / "home", store=store, workers=1)
    pausing = compiled(tiny_pipelines.pausing, tmp_path)
    run = ended(runs, runs.start(pausing, {"marker": str(tmp_path / "marker")}).id)
    assert (run.state, run.reason) == (RunState.SUCCEEDED, "")
    tasks = {task.name: task for task in run.tasks}
    tried, other = tasks["fail-once"], tasks["sleep"]
    assert tried.finished_at is not None
    assert other.finished_at is not None
    assert other.finished_at < tried.finished_at
    assert (tried.seconds or 0) >= 1


def test_a_canceled_run_leaves_no_process_behind(runs: LocalRuns, tmp_path: Path) -> None:
    sleeping = compiled(tiny_pipelines.sleeping, tmp_path)
    started = runs.start(sleeping, {"seconds": 60.5})
    _wait_until_asleep(runs, started)
    worker = _worker_of(started.id, tmp_path)
    family = [worker, *worker.children(recursive=True)]
    assert len(family) >= 5
    run = runs.cancel(started.id)
    assert run.state is RunState.CANCELED
    assert run.seconds is not None
    assert [(task.name, task.state) for task in run.tasks] == [("sleep", TaskState.CANCELED)]
    psutil.wait_procs(family, timeout=1)
    assert [process for process in family if _works(process)] == []
    assert runs.cancel(started.id) == run


def test_a_run_whose_worker_was_killed_says_so(runs: LocalRuns, tmp_path: Path) -> None:
    sleeping = compiled(tiny_pipelines.sleeping, tmp_path)
    started = runs.start(sleeping, {})
    _wait_until_asleep(runs, started)
    worker = _worker_of(started.id, tmp_path)
    family = [worker, *worker.children(recursive=True)]
    worker.kill()
    worker.wait(5)
    again = LocalRuns(home=tmp_path / "home", store=FolderStore(tmp_path / "objects"), workers=1)
    run = again.get(started.id)
    assert run.state is RunState.FAILED
    assert run.reason == "The worker process ended before the run did."
    assert [task.state for task in run.tasks] == [TaskState.FAILED]
    assert runs.get(started.id) == run
    # The group is cleared; what left it on purpose has no owner any more.
    assert [process for process in family if _works(process)] == [
        process for process in family if _works(process) and process.name() == "sleep"
    ]
    for process in family:
        if _works(process):
            process.kill()


def test_two_assistants_share_one_home(runs: LocalRuns, store: FolderStore, tmp_path: Path) -> None:
    other = LocalRuns(home=tmp_path / "home", store=store, workers=2)
    counting = compiled(tiny_pipelines.counting, tmp_path)
    mine = runs.start(counting, {"data": "datasets/year/table.csv"})
    theirs = other.start(counting, {"data": "datasets/year/table.csv"}, name="theirs")
    assert ended(other, mine.id).state is RunState.SUCCEEDED
    assert ended(runs, theirs.id).state is RunState.SUCCEEDED
    assert [run.name for run in runs.list()] == ["theirs", "counting-1"]
    assert runs.list(RunQuery(name="theirs")).items == other.list(limit=1).items


def test_nothing_starts_when_an_object_does_not_exist(runs: LocalRuns, tmp_path: Path) -> None:
    counting = compiled(tiny_pipelines.counting, tmp_path)
    with pytest.raises(NotFoundError, match=r"datasets/year/table\.csv"):
        runs.start(counting, {"data": "datasets/year/tabel.csv"})
    with pytest.raises(RequestError, match="bucket/key"):
        runs.start(counting, {"data": "s3://datasets/year/table.csv"})
    assert runs.list().total == 0


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"data": "a/b", "scael": 1}, "no parameter 'scael'.*scale"),
        ({"data": "a/b", "scale": "large"}, "'scale' must be a number, not 'large'"),
        ({"data": "a/b", "scale": "nan"}, "'scale' must be a number"),
        ({}, "needs a value for 'data'"),
    ],
)
def test_nothing_starts_with_impossible_parameters(
    runs: LocalRuns, tmp_path: Path, parameters: dict[str, str], sentence: str
) -> None:
    counting = compiled(tiny_pipelines.counting, tmp_path)
    with pytest.raises(RequestError, match=sentence):
        runs.start(counting, parameters)
    assert runs.list().total == 0


def test_a_home_that_cannot_be_written_is_named(store: FolderStore, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    runs = LocalRuns(home=tmp_path / "file", store=store, workers=1)
    with pytest.raises(UnavailableError, match="file"):
        runs.start(compiled(tiny_pipelines.breaking, tmp_path), {})


def test_an_unknown_run_gets_the_closest_names(runs: LocalRuns) -> None:
    with pytest.raises(NotFoundError, match="no run yet"):
        runs.get("deadbeef")


def test_tasks_are_forked_from_a_parent_with_one_thread(store: FolderStore, tmp_path: Path) -> None:
    runs = LocalRuns(
        home=tmp_path / "home", store=store, workers=1, preload=("pandas", "sklearn.ensemble")
    )
    started = runs.start(compiled(tiny_pipelines.sleeping, tmp_path), {})
    _wait_until_asleep(runs, started)
    worker = _worker_of(started.id, tmp_path)
    (parent,) = (
        process
        for process in worker.children()
        if any("backends.runs_local.parent" in part for part in process.cmdline())
    )
    assert parent.num_threads() == 1
    assert "sklearn" in Path(f"/proc/{parent.pid}/maps").read_text()
    runs.cancel(started.id)


def test_a_quote_in_a_value_does_not_change_a_branch(runs: LocalRuns, tmp_path: Path) -> None:
    branching = compiled(tiny_pipelines.branching, tmp_path)
    run = ended(runs, runs.start(branching, {"word": "it's' or 'plain"}).id)
    assert (run.state, run.reason) == (RunState.SUCCEEDED, "")
    assert _states(run) == {"say": TaskState.SKIPPED, "say-2": TaskState.SUCCEEDED}


def test_a_pipeline_that_needs_a_container_is_refused_before_any_run(
    runs: LocalRuns, tmp_path: Path
) -> None:
    containing = compiled(tiny_pipelines.containing, tmp_path)
    with pytest.raises(RequestError, match="shell needs a container"):
        runs.start(containing, {})
    with pytest.raises(RequestError, match="shell needs a container"):
        runs.upload(containing)
    assert (runs.list().total, runs.pipelines()) == (0, [])


def test_a_run_outlives_the_assistant_that_started_it(runs: LocalRuns, tmp_path: Path) -> None:
    path = tmp_path / "run.pickle"
    path.write_bytes(pickle.dumps((tmp_path / "home", compiled(tiny_pipelines.breaking, tmp_path))))
    assistant = subprocess.run(
        [sys.executable, "-c", _ASSISTANT, str(path), str(tmp_path / "objects")],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert (
        ended(runs, assistant.stdout.strip()).reason
        == "The table has no column 'borough'. Check the file."
    )


def _wait_until_asleep(runs: LocalRuns, run: Run) -> None:
    next(now for now in looks(runs, run.id) if runs.logs(now.id, "sleep").lines == ("asleep",))


def _states(run: Run) -> dict[str, TaskState]:
    return {task.name: task.state for task in run.tasks}


def _worker_of(run_id: str, tmp_path: Path) -> psutil.Process:
    home = str(tmp_path / "home" / "work" / run_id / "attempt-1")
    (worker,) = (
        process
        for process in psutil.Process().children()
        if _works(process) and "backends.runs_local" in process.cmdline() and process.cwd() == home
    )
    return worker


def _works(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
