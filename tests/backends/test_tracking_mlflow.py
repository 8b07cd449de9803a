"""Runs on an MLflow server that the test starts."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from backends.runs_local import LocalRuns
from backends.store_folder import FolderStore
from backends.tracking_mlflow import RUN_TAG, MlflowTracking
from core.errors import UnavailableError
from core.runs import Run
from pipelines.catalog import Catalog
from pipelines.delay.schema import DATA_FOLDER

LONGEST_SECONDS = 180


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("mlflow")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1"),
                *("--port", str(port), "--workers", "1"),
                *("--backend-store-uri", f"sqlite:///{folder}/mlflow.db"),
                *("--artifacts-destination", str(folder / "artifacts")),
            ],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{address}/health", timeout=5).status_code == 200:
                break
        except httpx.HTTPError:
            time.sleep(0.2)
    else:
        raise AssertionError((folder / "log").read_text())
    yield address
    os.killpg(process.pid, 15)
    process.wait(30)


@pytest.fixture
def tracked(server: str) -> Iterator[str]:
    # Workers inherit the environment, as they do from a person's shell.
    os.environ["MLFLOW_TRACKING_URI"] = server  # noqa: TID251  # what a person would set
    yield server
    del os.environ["MLFLOW_TRACKING_URI"]  # noqa: TID251  # as above


def ended(runs: LocalRuns, run: Run) -> Run:
    deadline = time.monotonic() + LONGEST_SECONDS
    while not run.state.ended and time.monotonic() < deadline:
        time.sleep(0.2)
        run = runs.get(run.id)
    return run


@pytest.mark.live
def test_every_run_is_logged_with_parameters_metrics_plots_and_model(
    tracked: str, tmp_path: Path
) -> None:
    from mlflow.tracking import MlflowClient

    store = FolderStore(tmp_path / "objects")
    store.put("datasets", "schedule_management.csv", DATA_FOLDER / "schedule_management.csv")
    runs = LocalRuns(home=tmp_path, store=store, workers=1)
    spec = Catalog().find("delay-prediction")
    run = ended(runs, runs.start(spec, {"models": ["DecisionTree"], "folds": 2}))
    assert run.state == "SUCCEEDED", run.reason
    client = MlflowClient(tracking_uri=tracked)
    found = []
    deadline = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < deadline:
        experiments = [one.experiment_id for one in client.search_experiments()]
        found = client.search_runs(experiments, f"tags.`{RUN_TAG}` = '{run.id}'")
        if found and found[0].info.status == "FINISHED":
            break
        time.sleep(0.2)
    logged = found[0]
    assert logged.data.params["folds"] == "2"
    assert logged.data.metrics["accuracy"] == pytest.approx(run.metrics["accuracy"])
    names = {
        Path(item.path).name
        for folder in ("choose-model", "evaluate-models")
        for item in client.list_artifacts(logged.info.run_id, folder)
    }
    assert {"model.skops", "metrics.json", "report.html", "roc_curve.png"} <= names
    again = MlflowTracking(tracked, store).log(run, runs.artifacts(run.id))
    assert again == logged.info.run_id


@pytest.mark.live
def test_a_server_that_does_not_answer_is_said(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "objects")
    runs = LocalRuns(home=tmp_path, store=store, workers=1)
    del runs
    from datetime import UTC, datetime

    from core.runs import RunState

    run = Run(
        id="aaaaaaaa",
        name="x",
        pipeline="p",
        state=RunState.SUCCEEDED,
        parameters={},
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "0"  # noqa: TID251  # or it asks for minutes
    try:
        with pytest.raises(UnavailableError, match="did not take the run"):
            MlflowTracking("http://127.0.0.1:9", store).log(run, ())
    finally:
        del os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"]  # noqa: TID251  # as above
