"""Homes that are older than this version, and stores that are elsewhere."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import tiny_pipelines
from moto.server import ThreadedMotoServer
from pydantic import SecretStr
from tiny_pipelines import compiled, ended

from backends.runs_local import LocalRuns
from backends.runs_local.database import MIGRATIONS
from backends.runs_local.job import Job, place_of, store_at
from backends.store_folder import FolderStore
from backends.store_s3 import S3Store
from core.runs import RunQuery, RunState
from core.services import S3Settings

_AN_OLD_RUN = """
INSERT INTO packages VALUES ('v', 'training', 'pipelineInfo: {name: training}');
INSERT INTO runs (id, name, pipeline, version, experiment, state, reason, parameters, created_at,
    started_at, finished_at, worker_pid, worker_started, worker_detached)
  VALUES ('c0ffee00', 'training-1', 'training', 'v', 'default', 'SUCCEEDED', '', '{"folds": 5}',
    '2026-01-02T03:04:05.000000+00:00', '2026-01-02T03:04:05.000000+00:00',
    '2026-01-02T03:05:05.000000+00:00', 1, 0.0, 1);
INSERT INTO tasks (run_id, name, position, state) VALUES ('c0ffee00', 'fit', 0, 'SUCCEEDED');
INSERT INTO metrics VALUES ('c0ffee00', 'accuracy', 0.7);
"""


@pytest.fixture
def settings() -> Iterator[S3Settings]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield S3Settings(
        kind="s3",
        endpoint=f"http://{host}:{port}",
        access_key=SecretStr("AKIDEXAMPLE"),
        secret_key=SecretStr("very secret indeed"),
        allow_writes=True,
    )
    server.stop()


def test_a_home_of_an_older_version_opens_with_its_runs(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "runs.db")
    old.executescript(f"{MIGRATIONS[1]} {_AN_OLD_RUN} PRAGMA user_version = 1;")
    old.close()
    runs = LocalRuns(home=tmp_path, store=FolderStore(tmp_path / "objects"), workers=1)
    run = runs.get("c0ffee00")
    assert (run.state, run.seconds, run.attempt, run.schedule) == (RunState.SUCCEEDED, 60, 1, "")
    assert (run.metrics, [task.name for task in run.tasks]) == ({"accuracy": 0.7}, ["fit"])
    assert [found.id for found in runs.list(RunQuery(id_prefix="c0ff"))] == ["c0ffee00"]
    assert (list(runs.schedules()), list(runs.pipelines()), list(runs.trash())) == ([], [], [])
    assert [(found.name, found.runs) for found in runs.experiments()] == [("default", 1)]


@pytest.mark.live
def test_a_run_reads_and_writes_objects_at_a_server(settings: S3Settings, tmp_path: Path) -> None:
    store = S3Store(settings, tmp_path / "transfers")
    store.put("datasets", "table.csv", b"a,b\n1,2\n3,4\n")
    runs = LocalRuns(home=tmp_path / "home", store=store, workers=2)
    counting = compiled(tiny_pipelines.counting, tmp_path)
    run = ended(runs, runs.start(counting, {"data": "datasets/table.csv"}).id)
    assert (run.state, run.reason, run.metrics) == (RunState.SUCCEEDED, "", {"scaled": 6.0})
    made = {artifact.name: artifact for artifact in runs.artifacts(run.id)}
    assert store.read("artifacts", made["counted"].key) == b"lines\n3\n"
    _check_no_secret_in(tmp_path / "home")


def test_a_job_carries_the_keys_to_the_store_and_hides_them_otherwise(tmp_path: Path) -> None:
    settings = S3Settings(
        kind="s3",
        endpoint="127.0.0.1:9000",
        access_key=SecretStr("AKIDEXAMPLE"),
        secret_key=SecretStr("very secret indeed"),
    )
    store = S3Store(settings, tmp_path / "transfers")
    job = Job(
        run_id="c0ffee00",
        pipeline="training",
        package="",
        arguments={"text": "ü", "numbers": [1, 2.5]},
        home=tmp_path,
        store=place_of(store),
        workers=1,
        preload=(),
        at_once=1,
        use_cache=True,
    )
    assert "very secret" not in repr(job)
    assert "very secret" not in job.model_dump_json()
    again = Job.model_validate_json(job.written())
    assert again == job
    assert json.loads(job.written())["store"]["secret_key"] == "very secret indeed"
    assert isinstance(store_at(again.store, tmp_path), S3Store)


def _check_no_secret_in(home: Path) -> None:
    for path in home.rglob("*"):
        assert not path.is_file() or b"very secret" not in path.read_bytes()
