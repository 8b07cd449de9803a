"""Plots and metrics are found by the run that made them."""

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kfp import compiler, dsl

from agents.tools.metrics import read_run_metrics
from backends.runs_local import LocalRuns
from backends.store_folder import FolderStore
from core.charts import Chart, ChartKind, Series
from core.errors import NotFoundError
from core.pipelines import PipelineSpec
from core.runs import Run, RunState
from objects.lineage import plot_of

component = dsl.component(
    base_image="python:3.11", packages_to_install=[], install_kfp_package=False
)


@component
def draw(
    matrix: dsl.Output[dsl.Artifact],
    chart: dsl.Output[dsl.Artifact],
    pictures: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
) -> None:
    import json
    from pathlib import Path

    Path(matrix.path).write_bytes(b"\x89PNG matrix")
    matrix.metadata.update(kind="plot", plot="confusion_matrix", file_name="plots/matrix.png")
    value = {"kind": "bars", "title": "Matrix", "series": [{"name": "a", "y": [1, 2]}]}
    Path(chart.path).write_text(json.dumps(value))
    chart.metadata.update(file_name="plots/matrix.json")
    Path(pictures.path).mkdir()
    (Path(pictures.path) / "roc-curve.png").write_bytes(b"\x89PNG curve")
    (Path(pictures.path) / "roc-curve.json").write_text('{"other": "things"}')
    metrics.log_metric("accuracy", 0.75)
    metrics.metadata["file_name"] = "metrics.json"


@dsl.pipeline(name="drawing")
def drawing():
    draw()


@component
def rest() -> None:
    pass


@dsl.pipeline(name="resting")
def resting():
    rest()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def store(home: Path) -> FolderStore:
    return FolderStore(home / "objects")


@pytest.fixture(scope="module")
def runs(home: Path, store: FolderStore) -> LocalRuns:
    return LocalRuns(home=home, store=store, workers=1)


@pytest.fixture(scope="module")
def drawn(home: Path, runs: LocalRuns) -> Run:
    return _done(home, runs, drawing)


def test_a_plot_is_found_by_its_kind_with_the_chart_beside_it(
    runs: LocalRuns, store: FolderStore, drawn: Run
) -> None:
    plot = plot_of(runs, store, drawn.id, "Confusion matrix")
    assert (plot.run_id, plot.kind, plot.others) == (drawn.id, "confusion_matrix", ("roc_curve",))
    assert plot.artifact.key == f"drawing/{drawn.id}/draw/plots/matrix.png"
    assert store.read(plot.artifact.bucket, plot.artifact.key) == b"\x89PNG matrix"
    assert plot.chart == Chart(
        kind=ChartKind.BARS, title="Matrix", series=(Series(name="a", y=(1.0, 2.0)),)
    )


def test_a_plot_without_a_chart_is_shown_as_its_picture(
    runs: LocalRuns, store: FolderStore, drawn: Run
) -> None:
    plot = plot_of(runs, store, drawn.id, "roc_curve")
    assert (plot.artifact.key.rpartition("/")[2], plot.chart) == ("roc-curve.png", None)
    assert plot_of(runs, store, drawn.id).kind == "confusion_matrix"


def test_a_kind_that_was_not_drawn_gets_the_closest(
    runs: LocalRuns, store: FolderStore, drawn: Run
) -> None:
    with pytest.raises(NotFoundError) as missing:
        plot_of(runs, store, drawn.id, "confusion_martix")
    assert "confusion_matrix" in missing.value.hint


def test_metrics_are_read_as_the_run_wrote_them(
    runs: LocalRuns, store: FolderStore, drawn: Run
) -> None:
    assert read_run_metrics(runs, store, runs.get(drawn.id)).metrics["accuracy"] == 0.75
    assert drawn.metrics == {"accuracy": 0.75}


def test_a_run_without_plots_says_so(runs: LocalRuns, store: FolderStore, home: Path) -> None:
    rested = _done(home, runs, resting)
    with pytest.raises(NotFoundError, match="The run resting-1 made no plots"):
        plot_of(runs, store, rested.id)
    with pytest.raises(NotFoundError, match=r"\(resting-1\) has no metrics"):
        read_run_metrics(runs, store, runs.get(rested.id))
    with pytest.raises(NotFoundError, match="No run"):
        plot_of(runs, store, "deadbeef")


def _done(home: Path, runs: LocalRuns, pipeline: object) -> Run:
    path = home / "package.yaml"
    compiler.Compiler().compile(pipeline, str(path))
    package = path.read_text()
    spec = PipelineSpec(
        name=str(getattr(pipeline, "name", "")),
        description="",
        parameters=(),
        tasks=(),
        package=package,
        version=hashlib.sha256(package.encode()).hexdigest()[:12],
    )
    started = runs.start(spec, {})
    run = next(run for run in _looks(runs, started.id) if run.state.ended)
    assert run.state is RunState.SUCCEEDED, run.reason
    return run


def _looks(runs: LocalRuns, run_id: str) -> Iterator[Run]:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        yield runs.get(run_id)
        time.sleep(0.02)
