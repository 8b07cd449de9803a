"""What is particular to a cluster: its nodes, versions, logs, outputs and what it cannot tell."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import kfp_server_api as api
import pytest
import tiny_pipelines
import yaml
from kubeflow_nodes import Progress
from kubeflow_server import Fault, KubeflowServer, kubeflow_server
from made_models import made
from tiny_pipelines import compiled

from backends.runs_kubeflow import KubeflowRuns
from backends.store_folder import FolderStore
from core import clock
from core.errors import RequestError, SettingsError, UnavailableError
from core.runs import ArtifactKind, Run, RunQuery, RunState, TaskState
from core.services import KubeflowSettings
from models.registry import Registry
from pipelines.catalog import Catalog

SALT = "0b5f1f3e-6a0e-4c56-9d3d-7d1f6f8b2c11"
DATA = {"data": "datasets/year/table.csv"}


@pytest.fixture
def server() -> Iterator[KubeflowServer]:
    with kubeflow_server() as server:
        yield server


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    store = FolderStore(tmp_path / "objects")
    store.put("datasets", "year/table.csv", b"a\n")
    return store


@pytest.fixture
def connect(server: KubeflowServer, store: FolderStore) -> Callable[..., KubeflowRuns]:
    def connected(*, shared: bool = True, **settings: Any) -> KubeflowRuns:
        given = {"host": server.url, "allow_changes": True, "timeout_seconds": 10, **settings}
        return KubeflowRuns(KubeflowSettings(kind="kubeflow", **given), store, shared=shared)

    return connected


@pytest.fixture
def runs(connect: Callable[..., KubeflowRuns]) -> KubeflowRuns:
    return connect(pipeline_root="s3://artifacts/kfp")


def states(run: Run) -> dict[str, TaskState]:
    return {task.name: task.state for task in run.tasks}


def test_tasks_are_told_by_their_names_and_not_by_the_nodes_of_the_workflow(
    runs: KubeflowRuns, server: KubeflowServer, tmp_path: Path
) -> None:
    fitting = compiled(tiny_pipelines.fitting, tmp_path)
    run = runs.start(fitting, {"names": ["SVC", "MLP", "SVC"]})
    assert set(states(run).values()) == {TaskState.PENDING}
    server.state.end(run.id, "SUCCEEDED", Progress(untaken=["condition-2"], cached=["choose"]))
    assert states(runs.get(run.id)) == {
        "fit-model [SVC]": TaskState.SUCCEEDED,
        "fit-model [MLP]": TaskState.SUCCEEDED,
        "fit-model [SVC] #2": TaskState.SUCCEEDED,
        "choose": TaskState.CACHED,
        "say": TaskState.SKIPPED,
    }


def test_a_task_whose_pod_was_at_work_when_the_run_ended_does_not_work_for_ever(
    runs: KubeflowRuns, server: KubeflowServer, tmp_path: Path
) -> None:
    run = runs.start(compiled(tiny_pipelines.counting, tmp_path), DATA)
    halfway = Progress(
        states={"count-lines": "FAILED", "draw": "RUNNING", "say": "PENDING"},
        reasons={"count-lines": "OOMKilled (exit code 137)"},
        not_reached=["measure"],
    )
    server.state.begin(run.id, **dict(halfway.states))
    assert states(runs.get(run.id))["draw"] is TaskState.RUNNING
    assert states(runs.get(run.id))["say"] is TaskState.PENDING
    server.state.end(run.id, "FAILED", halfway)
    told = runs.get(run.id)
    assert states(told) == {
        "draw": TaskState.CANCELED,
        "import-data": TaskState.SUCCEEDED,
        "say": TaskState.SKIPPED,
        "count-lines": TaskState.FAILED,
        "measure": TaskState.SKIPPED,
    }
    assert told.reason == "OOMKilled (exit code 137)"


def test_the_shipped_pipeline_runs_there_as_it_is(
    runs: KubeflowRuns, server: KubeflowServer, store: FolderStore
) -> None:
    delay = Catalog().find("delay-prediction")
    store.put("datasets", "schedule_management.csv", b"a\n")
    run = runs.start(delay, {"models": ["SVC", "MLP"]})
    server.state.end(run.id)
    told = runs.get(run.id)
    assert told.pipeline_version == delay.version
    assert (told.parameters["data"], told.parameters["folds"]) == (
        "datasets/schedule_management.csv",
        5,
    )
    assert {"tune-model [SVC]", "tune-model [MLP]", "choose-model"} <= set(states(told))
    sent = server.state.runs[run.id].runtime_config
    assert sent.parameters["data"] == "s3://datasets/schedule_management.csv"
    assert sent.pipeline_root == "s3://artifacts/kfp"
    (kept,) = runs.pipelines()
    assert [node.name for node in kept.tasks] == [node.name for node in delay.tasks]
    assert {p.name for p in kept.parameters if p.is_object} == {"data"}


def test_a_model_that_passed_there_is_registered_when_the_run_is_seen_to_have_ended(
    runs: KubeflowRuns, server: KubeflowServer, store: FolderStore, tmp_path: Path
) -> None:
    store.put("datasets", "schedule_management.csv", b"a\n")
    registry = Registry(store, tmp_path / "registry.lock")
    for passed in (False, True):
        run = runs.start(Catalog().find("delay-prediction"), {"models": ["DecisionTree"]})
        assert registry.sync(runs) == []
        folder = f"kfp/delay-prediction/{run.id}/choose-model/{SALT}"
        left = made("DecisionTree")
        told = {"registers_as": "delay", "gate_passed": passed, "gate_reasons": "Too weak."}
        for name, content in {
            "model": left.model,
            "model_metadata": json.dumps(told).encode(),
            "card": left.card,
            "reference": left.reference,
        }.items():
            store.put("artifacts", f"{folder}/{name}", content)
        server.state.end(run.id)
        registered = registry.sync(runs)
        assert [version.run_id for version in registered] == ([run.id] if passed else [])
        if not passed:
            with pytest.raises(RequestError) as refused:
                registry.register(runs.get(run.id), runs.artifacts(run.id))
            assert refused.value.hint == "Too weak."
    (version,) = registered
    assert registry.card(version).lineage["run"] == version.run_id
    assert registry.reference(version) is not None


def test_a_version_is_uploaded_once_and_another_for_another_image_or_no_cache(
    connect: Callable[..., KubeflowRuns], server: KubeflowServer, tmp_path: Path
) -> None:
    breaking = compiled(tiny_pipelines.breaking, tmp_path)
    plain, own = connect(), connect(image="registry.example.org/mlops:1")
    for runs in (plain, own):
        for use_cache in (True, False, True, False):
            runs.start(breaking, {}, use_cache=use_cache)
    names = [version.name for version in server.state.versions.values()]
    assert names[0] == breaking.version
    assert [name.endswith("-uncached") for name in names] == [False, True, False, True]
    specs = [version.pipeline_spec for version in server.state.versions.values()]
    images = [
        {e["container"]["image"] for e in spec["deploymentSpec"]["executors"].values()}
        for spec in specs
    ]
    assert images == [{"python:3.11"}] * 2 + [{"registry.example.org/mlops:1"}] * 2
    caching = [
        {
            task["cachingOptions"].get("enableCache", False)
            for task in spec["root"]["dag"]["tasks"].values()
        }
        for spec in specs
    ]
    assert caching == [{True}, {False}] * 2
    assert [item.version for item in plain.versions("breaking")] == [breaking.version]
    assert plain.pipelines()[0].version == breaking.version
    assert plain.list().items[0].pipeline_version == breaking.version


def test_a_changed_package_becomes_the_newest_version(runs: KubeflowRuns, tmp_path: Path) -> None:
    breaking = compiled(tiny_pipelines.breaking, tmp_path)
    document = yaml.safe_load(breaking.package)
    document["pipelineInfo"]["description"] = "changed"
    changed = replace(breaking, package=yaml.safe_dump(document), version="0123456789ab")
    runs.upload(breaking)
    runs.upload(changed)
    assert [item.version for item in runs.versions("breaking")] == [
        "0123456789ab",
        breaking.version,
    ]
    assert [spec.description for spec in runs.pipelines()] == ["changed"]


def test_runs_that_others_started_without_a_version_are_told_as_well(
    runs: KubeflowRuns, server: KubeflowServer, tmp_path: Path
) -> None:
    counting = compiled(tiny_pipelines.counting, tmp_path)
    run = server.state.create_run(
        api.V2beta1Run(
            display_name="from a notebook",
            pipeline_spec={"pipeline_spec": yaml.safe_load(counting.package)},
            runtime_config=api.V2beta1RuntimeConfig(
                parameters={"data": "minio://datasets/year/table.csv", "scale": 4}
            ),
        )
    )
    told = runs.get(run.run_id)
    assert (told.pipeline, told.pipeline_version) == ("counting", "")
    assert told.parameters == {"data": "datasets/year/table.csv", "scale": 4, "note": None}


def test_a_run_of_the_first_api_is_told_by_its_nodes(
    runs: KubeflowRuns, server: KubeflowServer, tmp_path: Path
) -> None:
    run = runs.start(compiled(tiny_pipelines.breaking, tmp_path), {})
    server.state.end(run.id)
    record = server.state.runs[run.id]
    record.pipeline_version_reference, record.pipeline_spec = None, {"workflow": "kind: Workflow"}
    assert states(runs.get(run.id)) == dict.fromkeys(["break-off", "say"], TaskState.SUCCEEDED)


def test_a_run_that_takes_its_time_to_stop_is_waited_for(
    runs: KubeflowRuns, server: KubeflowServer, tmp_path: Path
) -> None:
    run = runs.start(compiled(tiny_pipelines.breaking, tmp_path), {})
    server.state.begin(run.id)
    server.state.slow_to_stop = 2
    assert runs.cancel(run.id).state is RunState.CANCELED


def test_the_clusters_default_experiment_is_ours(
    runs: KubeflowRuns, server: KubeflowServer, tmp_path: Path
) -> None:
    run = runs.start(compiled(tiny_pipelines.breaking, tmp_path), {}, experiment="default")
    assert run.experiment == "default"
    assert [e.display_name for e in server.state.experiments.values()] == ["Default"]
    assert runs.list(RunQuery(experiment="default")).total == 1
    with pytest.raises(RequestError, match="default"):
        runs.create_experiment("default")


def test_objects_of_this_machine_cannot_be_read_by_a_cluster(
    connect: Callable[..., KubeflowRuns], tmp_path: Path
) -> None:
    counting = compiled(tiny_pipelines.counting, tmp_path)
    with pytest.raises(SettingsError) as refused:
        connect(shared=False).check(counting, DATA)
    assert "store.kind" in refused.value.hint
    breaking = compiled(tiny_pipelines.breaking, tmp_path)
    assert connect(shared=False).check(breaking, {}) == {"how": "sentence"}


def test_outputs_have_the_kind_that_the_package_or_their_content_says(
    runs: KubeflowRuns, server: KubeflowServer, store: FolderStore, tmp_path: Path
) -> None:
    run = runs.start(compiled(tiny_pipelines.counting, tmp_path), DATA)
    server.state.end(run.id)
    root = f"kfp/counting/{run.id}"
    for key in (
        f"count-lines/{SALT}/counted",
        f"draw/{SALT}/folder/roc_curve.png",
        f"draw/{SALT}/folder/roc_curve.json",
        f"say/{SALT}/executor-logs",
        "measure/metrics",
    ):
        store.put("artifacts", f"{root}/{key}", b'{"scaled": 2}')
    made = {a.name: (a.kind, a.task) for a in runs.artifacts(run.id) if not a.is_input}
    assert made == {
        "counted": (ArtifactKind.DATASET, "count-lines"),
        "folder/roc_curve.png": (ArtifactKind.PLOT, "draw"),
        "metrics": (ArtifactKind.METRICS, "measure"),
    }
    assert runs.get(run.id).metrics == {"scaled": 2.0}
    assert runs.unseen(run.id) == ""


def test_an_input_is_told_with_the_content_that_the_run_read_or_with_none(
    connect: Callable[..., KubeflowRuns], server: KubeflowServer, store: FolderStore, tmp_path: Path
) -> None:
    runs = connect()
    counting = compiled(tiny_pipelines.counting, tmp_path)
    before = store.stat("datasets", "year/table.csv")
    older, first = runs.start(counting, DATA), runs.start(counting, DATA)
    server.state.runs[first.id].created_at = datetime.now(UTC)
    after = store.put("datasets", "year/table.csv", b"a\n1\n")
    second = runs.start(counting, DATA)
    server.state.runs[second.id].created_at = datetime.now(UTC)
    told = [runs.artifacts(run.id)[0].content_hash for run in (older, first, second)]
    # The oldest run was made before either content was there.
    assert told == ["", before.etag, after.etag]


@pytest.mark.parametrize("root", ["s3://elsewhere/kfp", "gs://bucket/folder", ""])
def test_outputs_that_cannot_be_reached_are_said_to_be_so_and_hide_nothing_else(
    connect: Callable[..., KubeflowRuns], server: KubeflowServer, tmp_path: Path, root: str
) -> None:
    runs = connect(pipeline_root=root)
    run = runs.start(compiled(tiny_pipelines.counting, tmp_path), DATA)
    server.state.end(run.id)
    assert (runs.get(run.id).state, runs.get(run.id).metrics) == (RunState.SUCCEEDED, {})
    assert [item.is_input for item in runs.artifacts(run.id)] == [True]
    assert run.id in runs.unseen(run.id)
    assert "runs.pipeline_root" in runs.unseen(run.id)


def test_logs_come_from_the_pod_then_from_the_store_then_with_advice(
    runs: KubeflowRuns, server: KubeflowServer, store: FolderStore, tmp_path: Path
) -> None:
    run = runs.start(compiled(tiny_pipelines.counting, tmp_path), DATA)
    server.state.end(run.id)
    nodes = server.state.runs[run.id].run_details.task_details
    groups = {node.display_name: node.task_id for node in nodes}
    pods = {node.parent_task_id: node.pod_name for node in nodes if node.pod_name}
    server.state.logs[run.id, pods[groups["measure"]]] = "one\ntwo\nthree"
    key = f"kfp/counting/{run.id}/say/{SALT}/executor-logs"
    store.put("artifacts", key, "said 'ü'\n".encode())
    measured = runs.logs(run.id, "measure", tail=2)
    assert (measured.lines, measured.total_lines, measured.truncated) == (
        ("two", "three"),
        3,
        True,
    )
    assert runs.logs(run.id, "say").lines == ("said 'ü'",)
    # A pod that is gone is an error of the server's, which asking again does not mend.
    server.faults += [Fault(status=500, body='{"error_message": "no pod"}', only="/log$")] * 2
    with pytest.raises(UnavailableError) as gone:
        runs.logs(run.id, "draw")
    assert server.faults == []
    assert f"kubectl logs --namespace kubeflow {pods[groups['draw']]}" in gone.value.hint
    everything = runs.logs(run.id).lines
    assert "measure | three" in everything
    assert "draw | (its log is not kept any more)" in everything
    assert runs.log_folder(run.id) is None


def test_a_schedule_is_fired_by_the_cluster_and_its_runs_carry_its_name(
    runs: KubeflowRuns, server: KubeflowServer, tmp_path: Path
) -> None:
    counting = compiled(tiny_pipelines.counting, tmp_path)
    with clock.held(datetime(2026, 5, 14, 12, tzinfo=UTC)):
        made = runs.schedule(counting, "0 6 * * 5-7", DATA, name="weekend")
    assert made.next_at == datetime(2026, 5, 15, 6, tzinfo=UTC)
    sent = server.state.recurring[made.id]
    assert sent.trigger.cron_schedule.cron == "0 0 6 * * 0,5,6"
    assert (sent.no_catchup, sent.runtime_config.parameters["data"]) == (
        True,
        "s3://datasets/year/table.csv",
    )
    fired = server.state.fire(made.id)
    (kept,) = runs.schedules()
    assert (kept.last_run, kept.last_fired_at) == (fired.run_id, fired.created_at)
    assert runs.get(fired.run_id).schedule == "weekend"


def test_what_a_cluster_has_no_words_for_is_refused_or_told_as_it_stands(
    runs: KubeflowRuns, server: KubeflowServer, tmp_path: Path
) -> None:
    breaking = compiled(tiny_pipelines.breaking, tmp_path)
    for cron in ("0 6 L * *", "0 6 * * 1#2"):
        with pytest.raises(RequestError, match="does not understand"):
            runs.schedule(breaking, cron, {})
    made = runs.schedule(breaking, "0 6 * * *", {})
    trigger = server.state.recurring[made.id].trigger
    trigger.cron_schedule = api.V2beta1CronSchedule(cron="30 0 6 * * *")
    assert [(s.cron, s.next_at) for s in runs.schedules()] == [("30 0 6 * * *", None)]
    trigger.cron_schedule = None
    trigger.periodic_schedule = api.V2beta1PeriodicSchedule(interval_second="3600")
    assert [(s.cron, s.next_at) for s in runs.schedules()] == [("every 3600 seconds", None)]
