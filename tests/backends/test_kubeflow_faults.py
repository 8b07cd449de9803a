"""A cluster that refuses, stumbles or is not there: said in words, by who can act on it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import pytest
import tiny_pipelines
from kubeflow_server import Fault, KubeflowServer, kubeflow_server
from tiny_pipelines import compiled

from backends.runs_kubeflow import KubeflowRuns
from backends.store_folder import FolderStore
from core.errors import (
    AssistantError,
    NotFoundError,
    RequestError,
    SettingsError,
    UnavailableError,
)
from core.pipelines import PipelineSpec
from core.runs import RunQuery, RunState
from core.services import KubeflowSettings

HTML = "<html><title>Sign in</title><body>secret page</body></html>"
SECRET = "kf-token-1234567890"


@pytest.fixture
def server() -> Iterator[KubeflowServer]:
    with kubeflow_server() as server:
        yield server


@pytest.fixture
def connect(server: KubeflowServer, tmp_path: Path) -> Callable[..., KubeflowRuns]:
    store = FolderStore(tmp_path / "objects")
    store.put("datasets", "year/table.csv", b"a\n")

    def connected(**settings: Any) -> KubeflowRuns:
        given = {"host": server.url, "allow_changes": True, "timeout_seconds": 5, **settings}
        return KubeflowRuns(KubeflowSettings(kind="kubeflow", **given), store)

    return connected


@pytest.fixture
def breaking(tmp_path: Path) -> PipelineSpec:
    return compiled(tiny_pipelines.breaking, tmp_path)


def failing(call: Callable[[], object]) -> AssistantError:
    """Return the error of a call that must fail; its text holds no raw answer."""
    with pytest.raises(AssistantError) as failed:
        call()
    for raw in ("<html", "{", "Traceback", SECRET, "secret page"):
        assert raw not in str(failed.value)
    return failed.value


@pytest.mark.parametrize(
    ("fault", "kind", "word"),
    [
        (Fault(status=403, body='{"code": 7, "message": "no list verb"}'), SettingsError, "verb"),
        (Fault(status=302, kind="text/html"), SettingsError, "login page"),
        (Fault(status=404, body="not here"), NotFoundError, "not there"),
        (Fault(status=409, body='{"code": 6, "message": "exists"}'), RequestError, "taken"),
        (Fault(status=400, body='{"code": 3, "message": "bad\\nline"}'), RequestError, "bad"),
        (Fault(status=400, body="[]"), RequestError, "400"),
        (Fault(body=HTML, kind="text/html"), UnavailableError, "web page"),
        (Fault(body="[1]"), UnavailableError, "not one of the Pipelines API"),
        (Fault(body='{"runs": [{"display_name": "x"}]}'), UnavailableError, "can be read"),
        (Fault(body='{"runs": 7}'), UnavailableError, "not one of the Pipelines API"),
    ],
)
def test_an_answer_that_is_no_answer_is_told_in_words(
    server: KubeflowServer,
    connect: Callable[..., KubeflowRuns],
    fault: Fault,
    kind: type[AssistantError],
    word: str,
) -> None:
    server.faults.append(fault)
    error = failing(connect().list)
    assert (type(error), word in error.message) == (kind, True), error
    assert "list the runs" in error.message


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500, body='{"code": 13, "message": "database is gone"}'),
        Fault(status=503, body=HTML, kind="text/html"),
        Fault(status=429),
        Fault(half=True),
        Fault(body='{"runs": [{"run_id"'),
    ],
)
def test_reading_is_tried_again_and_then_given_up(
    server: KubeflowServer, connect: Callable[..., KubeflowRuns], fault: Fault
) -> None:
    runs = connect()
    server.faults += [fault, fault]
    assert runs.list().total == 0
    assert len(server.requests) == 3
    server.faults += [fault] * 3
    assert isinstance(failing(runs.list), UnavailableError)
    assert len(server.requests) == 6


def test_what_changes_something_is_never_sent_twice(
    server: KubeflowServer, connect: Callable[..., KubeflowRuns], breaking: PipelineSpec
) -> None:
    runs = connect()
    runs.upload(breaking)
    server.faults.append(Fault(half=True, only="/runs$"))
    server.requests.clear()
    # The first request of that path lists the runs, to find a name; it is asked again.
    run = runs.start(breaking, {})
    server.faults.append(Fault(status=500, only=":archive$"))
    server.state.end(run.id)
    error = failing(lambda: runs.delete(run.id))
    assert isinstance(error, UnavailableError)
    assert "may have happened" in error.hint
    assert sum(request.path.endswith(":archive") for request in server.requests) == 1


def test_a_lost_answer_to_a_start_says_that_it_may_have_happened(
    server: KubeflowServer, connect: Callable[..., KubeflowRuns], breaking: PipelineSpec
) -> None:
    runs = connect()
    runs.upload(breaking)
    server.faults.append(Fault(half=True, only="/runs$"))
    error = failing(lambda: runs.start(breaking, {}, name="nightly"))
    assert isinstance(error, UnavailableError)
    assert "'nightly'" in error.message
    assert "may have happened" in error.hint
    assert [run.name for run in runs.list()] == ["nightly"]


def test_a_cluster_that_does_not_answer_in_time_is_given_up(
    server: KubeflowServer, connect: Callable[..., KubeflowRuns]
) -> None:
    server.faults.append(Fault(slow=True))
    error = failing(connect(timeout_seconds=0.2).list)
    assert isinstance(error, UnavailableError)
    assert "longer than 0.2 s" in error.message
    assert len(server.requests) == 1


def test_a_secret_that_the_cluster_repeats_is_masked(
    server: KubeflowServer, connect: Callable[..., KubeflowRuns]
) -> None:
    body = f'{{"code": 3, "message": "bad token {SECRET} in request"}}'
    server.faults.append(Fault(status=400, body=body))
    assert "bad token •••" in failing(connect(token=SECRET).list).message


def test_a_run_that_was_deleted_meanwhile_is_not_found(
    server: KubeflowServer, connect: Callable[..., KubeflowRuns], breaking: PipelineSpec
) -> None:
    runs = connect()
    run, other = runs.start(breaking, {}), runs.start(breaking, {})
    del server.state.runs[run.id]
    error = failing(lambda: runs.get(run.id))
    assert isinstance(error, NotFoundError)
    assert other.id in error.hint
    server.faults.append(Fault(status=404, body='{"code": 5}', only=":terminate$"))
    gone = failing(lambda: runs.cancel(other.id))
    assert isinstance(gone, NotFoundError)
    assert "deleted meanwhile" in gone.hint


def test_a_pipeline_that_was_deleted_leaves_its_runs_readable(
    server: KubeflowServer, connect: Callable[..., KubeflowRuns], breaking: PipelineSpec
) -> None:
    run = connect().start(breaking, {})
    server.state.end(run.id)
    (pipeline_id,) = server.state.pipelines
    server.state.pipelines.clear()
    server.state.versions.clear()
    told = connect().get(run.id)
    assert (told.pipeline, told.state) == (pipeline_id, RunState.SUCCEEDED)
    assert [task.name for task in told.tasks] == ["break-off", "say"]


def test_nothing_is_changed_unless_the_settings_allow_it(
    server: KubeflowServer, connect: Callable[..., KubeflowRuns], breaking: PipelineSpec
) -> None:
    allowed = connect()
    run = allowed.start(breaking, {})
    failed = allowed.start(breaking, {})
    server.state.end(failed.id, "FAILED")
    schedule = allowed.schedule(breaking, "0 6 * * *", {})
    server.requests.clear()
    runs = connect(allow_changes=False)
    attempts: list[Callable[[], object]] = [
        lambda: runs.start(breaking, {}),
        lambda: runs.upload(breaking),
        lambda: runs.cancel(run.id),
        lambda: runs.retry(failed.id),
        lambda: runs.delete(failed.id),
        runs.empty_trash,
        lambda: runs.create_experiment("new"),
        lambda: runs.schedule(breaking, "0 7 * * *", {}),
        lambda: runs.pause(schedule.id),
        lambda: runs.resume(schedule.id),
        lambda: runs.delete_schedule(schedule.id),
    ]
    for attempt in attempts:
        error = failing(attempt)
        assert isinstance(error, SettingsError)
        assert "runs.allow_changes" in error.hint
    assert {request.method for request in server.requests} <= {"GET"}
    assert runs.get(run.id).state is RunState.PENDING


@pytest.mark.live
def test_ten_thousand_runs_are_read_only_as_far_as_they_are_looked_at(
    server: KubeflowServer, connect: Callable[..., KubeflowRuns], breaking: PipelineSpec
) -> None:
    runs = connect()
    runs.upload(breaking)
    (version,) = server.state.versions.values()
    server.state.add_runs(10_000, version)
    server.requests.clear()
    page = runs.list()
    assert ([run.name for run in page][:2], page.total) == (["run-09999", "run-09998"], 10_000)
    listings = [request for request in server.requests if request.path.endswith("/runs")]
    assert [request.query["page_size"] for request in listings] == ["10"]
    failed = runs.list(RunQuery(pipeline="breaking", state=RunState.FAILED), limit=450)
    assert (len(failed), failed.total, failed.has_more) == (450, 1000, True)
    assert len({run.id for run in failed}) == 450
    first = server.state.runs[failed.items[-1].id]
    found = runs.list(RunQuery(id_prefix=first.run_id[:8]))
    assert [run.id for run in found] == [first.run_id]


@pytest.mark.live
def test_many_callers_at_once_on_a_stumbling_cluster_get_right_answers_or_errors_in_words(
    server: KubeflowServer, connect: Callable[..., KubeflowRuns], breaking: PipelineSpec
) -> None:
    runs = connect()
    runs.upload(breaking)
    (version,) = server.state.versions.values()
    server.state.add_runs(500, version)
    chance = Random(7)
    faults = [Fault(status=503), Fault(half=True), Fault(status=500), Fault(body=HTML)]
    server.faults += [chance.choice(faults) for _ in range(120)]
    ids = chance.sample(sorted(server.state.runs), 240)

    def look(run_id: str) -> str:
        try:
            run = runs.get(run_id)
        except AssistantError as error:
            return str(error)
        return "right" if (run.id, run.pipeline) == (run_id, "breaking") else f"wrong: {run}"

    with ThreadPoolExecutor(max_workers=8) as callers:
        told = list(callers.map(look, ids))
    assert not server.faults
    assert told.count("right") > 150
    others = [text for text in told if text != "right"]
    assert all(text.startswith("Kubeflow at 127.0.0.1") for text in others)
    assert "<html>" not in "".join(others)


def test_a_cluster_that_cannot_look_for_runs_of_a_pipeline_is_looked_through(
    server: KubeflowServer, connect: Callable[..., KubeflowRuns], breaking: PipelineSpec
) -> None:
    server.state.knows_pipeline_id = False
    runs = connect()
    runs.upload(breaking)
    (version,) = server.state.versions.values()
    server.state.add_runs(450, version)
    page = runs.list(RunQuery(pipeline="breaking", state=RunState.FAILED))
    assert (len(page), page.total, page.at_least) == (10, 45, True)


def test_two_assistants_may_upload_the_same_pipeline_at_once(
    connect: Callable[..., KubeflowRuns], server: KubeflowServer, breaking: PipelineSpec
) -> None:
    first, second = connect(), connect()
    first.upload(breaking)
    # The second one looked before the first one's pipeline was there.
    server.faults.append(Fault(status=404, body='{"code": 5}', only="/names/breaking$"))
    assert second.upload(breaking).version == breaking.version
    assert len(server.state.pipelines) == 1
