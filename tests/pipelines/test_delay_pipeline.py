import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from backends.runs_local import LocalRuns
from backends.store_folder import FolderStore
from core.charts import Chart
from core.pipelines import ParameterValue
from core.runs import ArtifactKind, Run, RunState, TaskState
from models.prediction import predict
from models.registry import Registry
from pipelines.catalog import Catalog
from pipelines.delay.evaluation import Evaluation
from pipelines.delay.features import phase_features
from pipelines.delay.plots import PLOTS
from pipelines.delay.schema import DATA_FOLDER

PRELOAD = ("kfp.dsl.executor", "pandera.pandas", "sklearn.ensemble", "skops.io", "pipelines.delay")
QUICK: Mapping[str, ParameterValue] = {
    "models": ["KNN", "LogisticRegression"],
    "folds": 2,
}
LONGEST_SECONDS = 120


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def store(home: Path) -> FolderStore:
    store = FolderStore(home / "objects")
    store.put("datasets", "schedule_management.csv", DATA_FOLDER / "schedule_management.csv")
    return store


@pytest.fixture(scope="module")
def runs(home: Path, store: FolderStore) -> Iterator[LocalRuns]:
    runs = LocalRuns(home=home, store=store, workers=2, preload=PRELOAD)
    yield runs
    for run in runs.list(limit=100):
        runs.cancel(run.id)


def ended(runs: LocalRuns, parameters: Mapping[str, ParameterValue]) -> Run:
    """Start a run and look at it until it has ended, for a bounded time."""
    run = runs.start(Catalog().find("delay-prediction"), parameters)
    deadline = time.monotonic() + LONGEST_SECONDS
    while not run.state.ended:
        assert time.monotonic() < deadline, f"Waited in vain for {run}."
        time.sleep(0.05)
        run = runs.get(run.id)
    return run


@pytest.fixture(scope="module")
def quick_run(runs: LocalRuns) -> Run:
    return ended(runs, QUICK)


def test_a_run_on_the_real_table_leaves_everything_that_was_promised(
    quick_run: Run, runs: LocalRuns, store: FolderStore
) -> None:
    assert (quick_run.state, quick_run.reason) == (RunState.SUCCEEDED, "")
    assert {task.name: task.state for task in quick_run.tasks} == dict.fromkeys(
        [
            "import-data",
            "validate-data",
            "prepare-data",
            "split-data",
            "tune-model [KNN]",
            "tune-model [LogisticRegression]",
            "compare-models",
            "evaluate-models",
            "choose-model",
        ],
        TaskState.SUCCEEDED,
    )
    assert 0.64 <= quick_run.metrics["accuracy"] <= 0.78
    folder = f"delay-prediction/{quick_run.id}"
    page = store.list("artifacts", prefix=f"{folder}/evaluate-models/", limit=50)
    kept = {item.key.removeprefix(f"{folder}/evaluate-models/") for item in page}
    assert {"metrics.json", "report.html"} <= kept
    for plot in PLOTS:
        assert {f"plots/{plot}.png", f"plots/{plot}.json"} <= kept
        chart = store.read("artifacts", f"{folder}/evaluate-models/plots/{plot}.json")
        assert TypeAdapter(Chart).validate_json(chart).series
    evaluation = Evaluation.read(store.read("artifacts", f"{folder}/evaluate-models/metrics.json"))
    assert {name: quick_run.metrics[name] for name in evaluation.headline()} == pytest.approx(
        evaluation.headline()
    )
    plots = [item for item in runs.artifacts(quick_run.id) if item.kind is ArtifactKind.PLOT]
    assert {item.metadata["plot"] for item in plots} == set(PLOTS)


def test_an_accepted_model_registers_itself_and_predicts(
    quick_run: Run, runs: LocalRuns, store: FolderStore, tmp_path: Path
) -> None:
    registry = Registry(store, tmp_path / "registry.lock")
    registered = registry.sync(runs)
    assert [(version.run_id, version.algorithm) for version in registered] == [
        (quick_run.id, "LogisticRegression")
    ]
    champion = registry.find("delay")
    card = registry.card(champion)
    assert card.data["object"] == "datasets/schedule_management.csv"
    cameras, roofs = (
        predict(registry, champion, phase_features({"phase": "Scope", "description": work}))
        for work in ("IPDVS CAMERA INSTALLATION", "ROOFS / PARAPETS / EXTERIOR MASONRY")
    )
    assert cameras.verdict == "On Time"
    assert cameras.probability < 0.3 < roofs.probability
    assert cameras.reasons[0].feature in {"has_ipdvs_cameras", "work_category"}
    assert cameras.reasons[0].effect < 0
    assert "borough" in cameras.imputed


def test_a_table_of_chance_runs_to_its_end_and_says_so(
    runs: LocalRuns, store: FolderStore, simulated_file: Path, tmp_path: Path
) -> None:
    store.put("datasets", "simulated.csv", simulated_file)
    run = ended(runs, {**QUICK, "data": "datasets/simulated.csv"})
    assert (run.state, run.reason) == (RunState.SUCCEEDED, "")
    key = f"delay-prediction/{run.id}/evaluate-models/metrics.json"
    evaluation = Evaluation.read(store.read("artifacts", key))
    assert evaluation.verdict.startswith("No model beats chance on this table")
    registry = Registry(store, tmp_path / "registry.lock")
    assert run.id not in {version.run_id for version in registry.sync(runs)}


def test_a_run_on_a_bad_table_fails_with_one_sentence(runs: LocalRuns, store: FolderStore) -> None:
    store.put("datasets", "bad.csv", b"a,b\n1,2\n")
    run = ended(runs, {**QUICK, "data": "datasets/bad.csv"})
    assert run.state is RunState.FAILED
    assert run.reason.startswith("The table lacks the columns 'phase_id', 'group_id'")
    assert "Traceback" not in "\n".join(runs.logs(run.id, "validate-data").lines)
