"""What every run backend does: this machine, and a cluster behind real HTTP."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import tiny_pipelines
from kubeflow_server import kubeflow_server
from kubeflow_state import KubeflowState
from run_backends import REASON, Bench, ClusterBench, LocalBench, content_hash

from backends.runs_kubeflow import KubeflowRuns
from backends.runs_local import LocalRuns
from backends.store_folder import FolderStore
from core.errors import NotFoundError, RequestError
from core.runs import ArtifactKind, Run, RunQuery, RunState, TaskState
from core.services import KubeflowSettings

DATA = {"data": "datasets/year/table.csv"}
TABLE = b"a,b\n1,2\n3,4\n"
BACKENDS = ["local", "kubeflow"]


@dataclass(frozen=True)
class Known:
    """A backend with three runs in its history."""

    bench: Bench
    succeeded: Run
    failed: Run
    canceled: Run


def opened(kind: str, folder: Path, stack: ExitStack) -> Bench:
    store = FolderStore(folder / "objects")
    store.put("datasets", "year/table.csv", TABLE)
    if kind == "local":
        runs = LocalRuns(home=folder / "home", store=store, workers=2)
        stack.callback(stop_all, runs)
        return LocalBench(runs=runs, store=store, folder=folder)
    server = stack.enter_context(kubeflow_server(KubeflowState(start=datetime.now(UTC))))
    settings = KubeflowSettings(
        kind="kubeflow",
        host=server.url,
        allow_changes=True,
        pipeline_root="s3://artifacts/kfp",
        timeout_seconds=10,
    )
    return ClusterBench(
        runs=KubeflowRuns(settings, store), store=store, folder=folder, state=server.state
    )


def stop_all(runs: LocalRuns) -> None:
    for run in runs.list(limit=100):
        runs.cancel(run.id)


@pytest.fixture(params=BACKENDS)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    with ExitStack() as stack:
        yield opened(request.param, tmp_path, stack)


@pytest.fixture(scope="module", params=BACKENDS)
def known(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Known]:
    with ExitStack() as stack:
        bench = opened(request.param, tmp_path_factory.mktemp(request.param), stack)
        counting = bench.pipeline(tiny_pipelines.counting)
        breaking = bench.pipeline(tiny_pipelines.breaking)
        sleeping = bench.pipeline(tiny_pipelines.sleeping)
        succeeded = bench.ended(bench.runs.start(counting, DATA))
        failed = bench.ended(bench.runs.start(breaking, {}, experiment="trials", name="nightly"))
        running = bench.under_way(bench.runs.start(sleeping, {}))
        yield Known(bench, succeeded, failed, bench.runs.cancel(running.id))


def test_a_run_that_succeeded_tells_what_it_did(known: Known) -> None:
    run = known.succeeded
    assert (run.state, run.reason, run.name) == (RunState.SUCCEEDED, "", "counting-1")
    assert (run.pipeline, run.experiment, run.attempt) == ("counting", "default", 1)
    assert run.parameters == {**DATA, "scale": 2.0, "note": None}
    assert run.metrics == {"scaled": 6.0}
    assert {task.name: task.state for task in run.tasks} == dict.fromkeys(
        ["import-data", "count-lines", "measure", "draw", "say"], TaskState.SUCCEEDED
    )
    assert run.started_at is not None
    assert run.finished_at is not None
    assert run.created_at <= run.started_at <= run.finished_at
    assert known.bench.runs.typical_seconds("counting") == pytest.approx(run.seconds)
    assert known.bench.runs.typical_seconds("breaking") is None


def test_what_a_run_read_and_made_is_in_the_object_store(known: Known) -> None:
    made = {item.name: item for item in known.bench.runs.artifacts(known.succeeded.id)}
    table, counted, metrics = made["data"], made["counted"], made["metrics"]
    assert (table.is_input, table.bucket, table.key) == (True, "datasets", "year/table.csv")
    assert (table.kind, table.task) == (ArtifactKind.DATASET, "import-data")
    assert table.content_hash == content_hash(TABLE)
    assert (counted.is_input, counted.kind, counted.task) == (
        False,
        ArtifactKind.DATASET,
        "count-lines",
    )
    assert known.bench.store.read(counted.bucket, counted.key) == b"lines\n3\n"
    assert metrics.kind is ArtifactKind.METRICS
    assert known.succeeded.id in counted.key


def test_an_object_tells_which_run_made_it_and_which_read_it(known: Known) -> None:
    runs, run_id = known.bench.runs, known.succeeded.id
    made = {item.name: item for item in runs.artifacts(run_id)}
    table, counted = made["data"], made["counted"]
    assert list(runs.recorded("datasets", "year/table.csv")) == [table]
    assert list(runs.recorded(counted.bucket, counted.key)) == [counted]
    assert list(runs.recorded("copies", "table.csv", content_hash(TABLE))) == [table]
    assert list(runs.recorded("datasets", "unheard-of.csv")) == []


def test_a_run_that_failed_says_which_task_and_why(known: Known) -> None:
    run = known.failed
    assert run.state is RunState.FAILED
    assert run.reason == REASON
    broken, never = sorted(run.tasks, key=lambda task: task.name)
    assert (broken.name, broken.state) == ("break-off", TaskState.FAILED)
    assert broken.reason == REASON
    assert (never.name, never.state) == ("say", TaskState.SKIPPED)
    listed = known.bench.runs.list(RunQuery(state=RunState.FAILED))
    assert [REASON in item.reason for item in listed] == [True]


def test_a_stopped_run_is_canceled_and_stays_so(known: Known) -> None:
    run = known.canceled
    assert (run.state, run.reason) == (RunState.CANCELED, "")
    assert known.bench.runs.cancel(run.id) == known.bench.runs.get(run.id)
    assert known.bench.runs.cancel(known.succeeded.id).state is RunState.SUCCEEDED


def test_runs_are_listed_newest_first_without_their_tasks(known: Known) -> None:
    everything = known.bench.runs.list()
    assert [run.id for run in everything] == [
        known.canceled.id,
        known.failed.id,
        known.succeeded.id,
    ]
    assert (everything.total, everything.has_more) == (3, False)
    assert all(run.tasks == () for run in everything)
    two = known.bench.runs.list(limit=2)
    assert ([run.id for run in two], two.total, two.has_more) == (
        [known.canceled.id, known.failed.id],
        3,
        True,
    )
    assert known.bench.runs.list(limit=0).items == ()


def test_runs_are_found_by_what_is_known_of_them(known: Known) -> None:
    runs, run = known.bench.runs, known.failed
    for query in (
        RunQuery(pipeline="breaking"),
        RunQuery(state=RunState.FAILED),
        RunQuery(experiment="trials"),
        RunQuery(name="nightly"),
        RunQuery(id_prefix=run.id[:7]),
        RunQuery(pipeline="breaking", state=RunState.FAILED, since=run.created_at),
    ):
        page = runs.list(query)
        assert ([item.id for item in page], page.total) == ([run.id], 1), query
    later = known.canceled.created_at + timedelta(days=1)
    for query in (
        RunQuery(pipeline="unheard-of"),
        RunQuery(experiment="unheard-of"),
        RunQuery(name="night"),
        RunQuery(id_prefix="0000000"),
        RunQuery(state=RunState.RUNNING),
        RunQuery(since=later),
        RunQuery(pipeline="breaking", state=RunState.SUCCEEDED),
    ):
        assert runs.list(query).items == (), query
    assert runs.list(RunQuery(experiment="default")).total == 2


def test_logs_are_read_by_task_or_all_in_turn(known: Known) -> None:
    runs, run_id = known.bench.runs, known.succeeded.id
    of_one = runs.logs(run_id, "count-lines")
    assert (of_one.task, of_one.lines, of_one.total_lines) == (
        "count-lines",
        ("counted 3 lines",),
        1,
    )
    assert "count-lines | counted 3 lines" in runs.logs(run_id).lines
    assert runs.logs(run_id, "count-lines", tail=0).lines == ()
    with pytest.raises(NotFoundError, match="count-line") as unknown:
        runs.logs(run_id, "count-line")
    assert "count-lines" in unknown.value.hint


def test_what_cannot_be_is_refused_before_anything_starts(known: Known) -> None:
    runs = known.bench.runs
    counting = known.bench.pipeline(tiny_pipelines.counting)
    before = runs.list().total
    wrong = [
        ({}, "data"),
        ({**DATA, "scale": "many"}, "scale"),
        ({**DATA, "skale": 1}, "skale"),
        ({"data": "table.csv"}, "bucket/key"),
    ]
    for parameters, named in wrong:
        for attempt in (runs.check, runs.start):
            with pytest.raises(RequestError, match=named):
                attempt(counting, parameters)
    for attempt in (runs.check, runs.start):
        with pytest.raises(NotFoundError) as missing:
            attempt(counting, {"data": "datasets/year/tabel.csv"})
        assert "year/table.csv" in missing.value.hint
    assert runs.check(counting, {**DATA, "scale": "3"}) == {**DATA, "scale": 3.0, "note": None}
    assert runs.list().total == before


def test_an_unknown_run_gets_the_closest(known: Known) -> None:
    runs = known.bench.runs
    nearly = known.succeeded.id[:-1] + ("0" if known.succeeded.id[-1] != "0" else "1")
    for ask in (runs.get, runs.artifacts, runs.logs, runs.cancel, runs.retry, runs.delete):
        with pytest.raises(NotFoundError) as unknown:
            ask(nearly)
        assert known.succeeded.id in unknown.value.hint


def test_a_run_that_failed_is_tried_again_under_the_same_id(bench: Bench) -> None:
    failed = bench.ended(bench.runs.start(bench.pipeline(tiny_pipelines.breaking), {}))
    again = bench.runs.retry(failed.id)
    assert (again.id, again.attempt, again.finished_at) == (failed.id, 2, None)
    assert not again.state.ended
    assert bench.runs.list().total == 1
    with pytest.raises(RequestError):
        bench.runs.retry(failed.id)
    assert bench.runs.cancel(failed.id).attempt == 2


def test_a_deleted_run_goes_to_the_trash_and_from_there_for_good(bench: Bench) -> None:
    breaking = bench.pipeline(tiny_pipelines.breaking)
    started = bench.under_way(bench.runs.start(breaking, {"how": "sentence"}, name="mistake"))
    with pytest.raises(RequestError):
        bench.runs.delete(started.id)
    run = bench.ended(started)
    bench.runs.delete(run.id)
    assert bench.runs.list().total == 0
    assert [item.id for item in bench.runs.trash()] == [run.id]
    for ask in (bench.runs.get, bench.runs.delete, bench.runs.retry):
        with pytest.raises(NotFoundError):
            ask(run.id)
    assert bench.runs.empty_trash() == 1
    assert list(bench.runs.trash()) == []
    assert bench.runs.empty_trash() == 0


def test_experiments_group_runs(known: Known) -> None:
    runs = known.bench.runs
    assert {item.name: item.runs for item in runs.experiments()} == {"default": 2, "trials": 1}
    assert runs.experiments()[0].name == "default"
    made = runs.create_experiment("spring", "with fewer features")
    assert (made.name, made.description, made.runs) == ("spring", "with fewer features", 0)
    assert {item.name for item in runs.experiments()} == {"default", "trials", "spring"}
    with pytest.raises(RequestError, match="spring"):
        runs.create_experiment("spring")


def test_uploaded_pipelines_are_there_by_name_and_version(bench: Bench) -> None:
    assert list(bench.runs.pipelines()) == []
    assert list(bench.runs.versions("counting")) == []
    counting = bench.pipeline(tiny_pipelines.counting)
    fitting = bench.pipeline(tiny_pipelines.fitting)
    assert bench.runs.upload(counting).version == counting.version
    bench.runs.upload(counting)
    bench.runs.upload(fitting)
    assert [item.version for item in bench.runs.versions("counting")] == [counting.version]
    kept, other = bench.runs.pipelines()
    assert (kept.name, kept.version, other.name) == ("counting", counting.version, "fitting")
    assert {p.name: (p.type, p.default, p.required) for p in kept.parameters} == {
        p.name: (p.type, p.default, p.required) for p in counting.parameters
    }
    assert bench.runs.check(kept, DATA) == bench.runs.check(counting, DATA)
    with pytest.raises(RequestError):
        bench.runs.upload(replace(counting, package="kind: Deployment"))


def test_schedules_are_made_paused_resumed_and_deleted(bench: Bench) -> None:
    counting = bench.pipeline(tiny_pipelines.counting)
    made = bench.runs.schedule(counting, "0 6 * * 1-5", DATA, name="every-morning")
    assert (made.name, made.pipeline, made.cron) == ("every-morning", "counting", "0 6 * * 1-5")
    assert made.parameters["data"] == DATA["data"]
    assert (made.enabled, made.last_run, made.missed) == (True, "", ())
    assert made.next_at is not None
    assert (made.next_at.hour, made.next_at.minute) == (6, 0)
    unnamed = bench.runs.schedule(counting, "30 0 1 * *", DATA)
    assert [item.name for item in bench.runs.schedules()] == [unnamed.name, "every-morning"]
    paused = bench.runs.pause(made.id)
    assert (paused.enabled, paused.next_at) == (False, None)
    resumed = bench.runs.resume("every-morning")
    assert (resumed.enabled, resumed.next_at) == (True, made.next_at)
    bench.runs.delete_schedule(made.id)
    assert [item.id for item in bench.runs.schedules()] == [unnamed.id]
    with pytest.raises(NotFoundError) as unknown:
        bench.runs.pause("counting-schedul")
    assert unnamed.name in unknown.value.hint


def test_a_schedule_that_cannot_be_is_refused(bench: Bench) -> None:
    counting = bench.pipeline(tiny_pipelines.counting)
    bench.runs.schedule(counting, "0 6 * * *", DATA, name="daily")
    for cron in ("every day", "61 6 * * *", "0 6 * *", "0 0 6 * * *"):
        with pytest.raises(RequestError):
            bench.runs.schedule(counting, cron, DATA)
    with pytest.raises(RequestError, match="daily"):
        bench.runs.schedule(counting, "0 7 * * *", DATA, name="daily")
    with pytest.raises(RequestError, match="skale"):
        bench.runs.schedule(counting, "0 7 * * *", {**DATA, "skale": 1})
    assert len(bench.runs.schedules()) == 1


def test_a_backend_says_where_runs_happen(bench: Bench) -> None:
    local = isinstance(bench, LocalBench)
    assert bench.runs.place.startswith("on this machine" if local else "on Kubeflow at 127.0.0.1:")
