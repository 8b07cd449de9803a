"""The charts of an evaluation, as values and as pictures."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from sklearn.calibration import calibration_curve
from sklearn.metrics import roc_curve

from core.charts import Chart, ChartKind, Series
from pipelines.delay import schema, task
from pipelines.delay.evaluation import Evaluation

Numbers = npt.NDArray[np.float64] | npt.NDArray[np.int_]
PLOTS = ("model_comparison", "confusion_matrix", "roc_curve", "feature_importance", "calibration")
CURVE_POINTS = 60
SHOWN_FEATURES = 15
CALIBRATION_BINS = 10
COLOURS = ("#2f6fb0", "#d9822b", "#3a9d6b", "#b8485f", "#7d5ba6", "#8a6d3b", "#5f7f95", "#c2a83e")
# Series keep apart where colours repeat.
LINE_STYLES = ("-", "--", ":")


def charts(
    evaluation: Evaluation, truth: Numbers, chances: Mapping[str, Numbers]
) -> dict[str, Chart]:
    """Return every chart of an evaluation by name.

    Args:
        evaluation: What is drawn.
        truth: The outcomes of the test rows, 1 for delayed.
        chances: Each test row's probability of being delayed, by algorithm.
    """
    return {
        "model_comparison": _model_comparison(evaluation),
        "confusion_matrix": _confusion_matrix(evaluation),
        "roc_curve": _roc_curve(evaluation, truth, chances),
        "feature_importance": _feature_importance(evaluation),
        "calibration": _calibration(evaluation, truth, chances[evaluation.winner]),
    }


def _model_comparison(evaluation: Evaluation) -> Chart:
    models = evaluation.models
    majority, rule = (evaluation.baselines[name] for name in ("majority", "one_rule"))
    return Chart(
        kind=ChartKind.BARS,
        title="Accuracy by model",
        y_label="accuracy",
        categories=tuple(model.name for model in models),
        series=(
            Series(name="test", y=tuple(model.accuracy for model in models)),
            Series(name="cross-validation", y=tuple(model.cv_accuracy for model in models)),
        ),
        note=(
            f"One standard error is {models[0].accuracy_error:.3f}. Without a model: majority "
            f"class {majority.accuracy:.3f}, best one-column rule {rule.accuracy:.3f}."
        ),
    )


def _confusion_matrix(evaluation: Evaluation) -> Chart:
    matrix = evaluation.scores().confusion
    return Chart(
        kind=ChartKind.HEATMAP,
        title=f"Confusion matrix of {evaluation.winner}",
        x_label="answer",
        y_label="truth",
        categories=(schema.ON_TIME, schema.DELAYED),
        series=tuple(
            Series(name=name, y=(float(row[0]), float(row[1])))
            for name, row in zip((schema.ON_TIME, schema.DELAYED), matrix, strict=True)
        ),
        note=f"{sum(map(sum, matrix))} test rows.",
    )


def _roc_curve(evaluation: Evaluation, truth: Numbers, chances: Mapping[str, Numbers]) -> Chart:
    series = []
    for model in evaluation.models:
        false, true, _ = roc_curve(truth, chances[model.name])
        shown = np.unique(np.linspace(0, len(false) - 1, CURVE_POINTS).astype(int))
        series.append(
            Series(
                name=f"{model.name} ({model.roc_auc:.3f})",
                x=tuple(map(float, false[shown])),
                y=tuple(map(float, true[shown])),
            )
        )
    return Chart(
        kind=ChartKind.LINES,
        title="ROC curves",
        x_label="share of on-time phases called delayed",
        y_label="share of delayed phases found",
        series=(*series, Series(name="chance", x=(0.0, 1.0), y=(0.0, 1.0))),
        note="In brackets the area under the curve; chance is 0.5.",
    )


def _feature_importance(evaluation: Evaluation) -> Chart:
    top = list(evaluation.importances.items())[:SHOWN_FEATURES]
    return Chart(
        kind=ChartKind.BARS,
        title=f"What {evaluation.winner} leans on",
        y_label="loss of ROC AUC when shuffled",
        categories=tuple(name for name, _ in top),
        series=(Series(name="permutation importance", y=tuple(loss for _, loss in top)),),
        note="Features that say the same thing share their importance.",
    )


def _calibration(evaluation: Evaluation, truth: Numbers, chances: Numbers) -> Chart:
    happened, said = calibration_curve(truth, chances, n_bins=CALIBRATION_BINS, strategy="quantile")
    return Chart(
        kind=ChartKind.LINES,
        title=f"Calibration of {evaluation.winner}",
        x_label="probability of delay it gave",
        y_label="share that was delayed",
        series=(
            Series(
                name=evaluation.winner, x=tuple(map(float, said)), y=tuple(map(float, happened))
            ),
            Series(name="perfect", x=(0.0, 1.0), y=(0.0, 1.0)),
        ),
        note="Below the diagonal it cries delay too often, above too rarely.",
    )


def write(chart: Chart, picture: Path, value: Path) -> None:
    """Write a chart as a picture and, for those who draw it themselves, as a value."""
    draw(chart, picture)
    value.write_text(task.written(chart), encoding="utf-8")


def draw(chart: Chart, path: Path) -> None:
    """Draw a chart as a PNG file."""
    figure = Figure(figsize=(8, 5), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    {ChartKind.BARS: _bars, ChartKind.HEATMAP: _heatmap, ChartKind.LINES: _lines}[chart.kind](
        chart, axes
    )
    axes.set_title(chart.title)
    if chart.note:
        figure.supxlabel(chart.note, fontsize=8, color="#555555")
    figure.savefig(path, format="png")


def _bars(chart: Chart, axes: Axes) -> None:
    rows = np.arange(len(chart.categories))
    height = 0.8 / len(chart.series)
    for number, series in enumerate(chart.series):
        axes.barh(
            rows + number * height,
            series.y,
            height=height,
            label=series.name,
            color=COLOURS[number % len(COLOURS)],
        )
    axes.set_yticks(rows + height * (len(chart.series) - 1) / 2, chart.categories)
    axes.invert_yaxis()
    axes.set_xlabel(chart.y_label)
    if len(chart.series) > 1:
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, -0.22), ncols=2, fontsize=8)


def _heatmap(chart: Chart, axes: Axes) -> None:
    cells = np.array([series.y for series in chart.series])
    axes.imshow(cells, cmap="Blues", vmin=0)
    axes.set_xticks(range(len(chart.categories)), chart.categories)
    axes.set_yticks(range(len(chart.series)), [series.name for series in chart.series])
    axes.set_xlabel(chart.x_label)
    axes.set_ylabel(chart.y_label)
    for (row, column), value in np.ndenumerate(cells):
        colour = "white" if value > cells.max() / 2 else "black"
        axes.text(column, row, f"{value:g}", ha="center", va="center", color=colour, fontsize=14)


def _lines(chart: Chart, axes: Axes) -> None:
    for number, series in enumerate(chart.series):
        reference = number == len(chart.series) - 1
        axes.plot(
            series.x,
            series.y,
            label=series.name,
            color="#999999" if reference else COLOURS[number % len(COLOURS)],
            linestyle="--" if reference else LINE_STYLES[number // len(COLOURS)],
            marker="o" if len(chart.series) == 2 and not reference else "",
        )
    axes.set_xlabel(chart.x_label)
    axes.set_ylabel(chart.y_label)
    axes.legend(loc="best", fontsize=8)
