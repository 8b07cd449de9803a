import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KNeighborsClassifier

from core.charts import Chart, ChartKind
from core.errors import RequestError
from pipelines.delay import (
    baselines,
    comparison,
    data,
    features,
    parameters,
    plots,
    schema,
    splitting,
    training,
)
from pipelines.delay.answers import ask
from pipelines.delay.card import model_card, to_json
from pipelines.delay.evaluation import Evaluation, auc_error, compare
from pipelines.delay.report import write_report
from pipelines.delay.schema import DATA_FOLDER


def evaluated(
    path: Path,
    models: list[str],
    kind: str,
    minimum_accuracy: float = 0.6,
    exclude_cameras: bool = False,
) -> tuple[Evaluation, list[training.Tuned], splitting.Split]:
    valid = data.validate(data.read_table(path))
    prepared = features.prepare(valid, exclude_cameras=exclude_cameras)
    parts = splitting.split(prepared, kind=kind, test_size=0.2, seed=42)
    tuned = [training.search(parts.training, name, folds=2, split=kind, seed=42) for name in models]
    evaluation = comparison.evaluate(
        tuned,
        parts.training,
        parts.testing,
        data=data.describe(valid, path),
        split=parts.description,
        minimum_accuracy=minimum_accuracy,
        seed=42,
    )
    return evaluation, tuned, parts


@pytest.fixture(scope="module")
def real() -> tuple[Evaluation, list[training.Tuned], splitting.Split]:
    """The whole table with two quick models."""
    path = DATA_FOLDER / "schedule_management.csv"
    return evaluated(path, ["DecisionTree", "LogisticRegression"], "time")


def _charts(
    evaluation: Evaluation, tuned: list[training.Tuned], parts: splitting.Split
) -> dict[str, Chart]:
    chances = {
        one.summary.algorithm: training.probabilities(one.model, parts.testing) for one in tuned
    }
    return plots.charts(evaluation, parts.testing[schema.LABEL].to_numpy(), chances)


def test_models_that_are_asked_side_by_side_answer_as_they_do_alone(
    real: tuple[Evaluation, list[training.Tuned], splitting.Split], tmp_path: Path
) -> None:
    evaluation, tuned, parts = real
    files = {one.summary.algorithm: tmp_path / one.summary.algorithm for one in tuned}
    for one in tuned:
        training.store(one.model, files[one.summary.algorithm])
    parts.testing.to_parquet(tmp_path / "testing.parquet")
    asked = ask(files, evaluation.winner, tmp_path / "testing.parquet", 42)
    assert list(asked.chances) == list(files)
    assert asked.importances == evaluation.importances
    for one in tuned:
        alone = training.probabilities(one.model, parts.testing)
        assert asked.chances[one.summary.algorithm].tobytes() == alone.tobytes()


def test_a_file_with_types_that_are_not_trusted_is_refused_side_by_side_too(
    real: tuple[Evaluation, list[training.Tuned], splitting.Split], tmp_path: Path
) -> None:
    _, tuned, parts = real
    parts.testing.to_parquet(tmp_path / "testing.parquet")
    training.store(tuned[0].model, tmp_path / "good")
    searched = KNeighborsClassifier(algorithm="kd_tree").fit([[0.0], [1.0]] * 9, [0, 1] * 9)
    training.store(searched, tmp_path / "strange")
    files = {"DecisionTree": tmp_path / "good", "KNN": tmp_path / "strange"}
    with pytest.raises(RequestError, match="which is not trusted") as refused:
        ask(files, "DecisionTree", tmp_path / "testing.parquet", 42)
    assert refused.value.hint == "Use a model that the pipeline made."


def test_the_winner_does_not_depend_on_the_order_in_which_models_were_tuned(
    real: tuple[Evaluation, list[training.Tuned], splitting.Split],
) -> None:
    summary = real[1][0].summary
    tied = [replace(summary, algorithm=name) for name in ("MLP", "DecisionTree", "SVC")]
    for order in (tied, tied[::-1]):
        ranked = comparison.ranked(order)
        assert [one.algorithm for one in ranked] == ["DecisionTree", "SVC", "MLP"]


def test_all_models_are_tuned_where_none_is_named() -> None:
    assert sorted(parameters.DEFAULT_MODELS) == sorted(parameters.MODELS)


def test_the_grids_are_those_of_the_nine_models() -> None:
    combinations = {
        name: int(np.prod([len(values) for values in grid.values()]))
        for name, grid in training.GRIDS.items()
    }
    assert combinations == {
        "LogisticRegression": 3,
        "DecisionTree": 4,
        "RandomForest": 3,
        "SVC": 6,
        "KNN": 3,
        "GradientBoosting": 3,
        "AdaBoost": 3,
        "XGBoost": 9,
        "MLP": 4,
    }


@pytest.mark.parametrize("algorithm", list(training.GRIDS))
def test_every_model_is_tuned_and_reads_back_unchanged(
    algorithm: str, some_phases: pd.DataFrame, tmp_path: Path
) -> None:
    prepared = features.prepare(data.validate(some_phases))
    parts = splitting.split(prepared, kind="random", test_size=0.5, seed=3)
    tuned = training.search(parts.training, algorithm, folds=2, split="random", seed=3)
    path = tmp_path / "model.skops"
    training.store(tuned.model, path)
    before = training.probabilities(tuned.model, parts.testing)
    after = training.probabilities(training.load(path), parts.testing)
    assert np.array_equal(before, after)
    assert set(tuned.summary.parameters) == set(training.GRIDS[algorithm])
    assert len(tuned.summary.fold_accuracies) == 2
    assert 0.4 < tuned.summary.accuracy < 0.9


@pytest.mark.parametrize("algorithm", list(training.GRIDS))
def test_every_model_of_a_simulated_table_reads_back_too(
    algorithm: str, simulated_file: Path, tmp_path: Path
) -> None:
    prepared = features.prepare(data.validate(data.read_table(simulated_file)))
    tuned = training.search(prepared, algorithm, folds=2, split="random", seed=3)
    path = tmp_path / "model.skops"
    training.store(tuned.model, path)
    assert np.array_equal(
        training.probabilities(tuned.model, prepared),
        training.probabilities(training.load(path), prepared),
    )


def test_a_model_file_with_other_types_is_refused(tmp_path: Path) -> None:
    import skops.io
    from sklearn.preprocessing import FunctionTransformer

    path = tmp_path / "bad.skops"
    skops.io.dump(FunctionTransformer(Path.unlink), path)
    with pytest.raises(RequestError, match=r"bad\.skops holds the type .*, which is not trusted"):
        training.load(path)


def test_nothing_is_fitted_on_test_rows(some_phases: pd.DataFrame) -> None:
    prepared = features.prepare(data.validate(some_phases))
    parts = splitting.split(prepared, kind="random", test_size=0.2, seed=3)
    model = training.search(
        parts.training, "LogisticRegression", folds=2, split="random", seed=3
    ).model
    scaler = model.named_steps["prepare"].named_transformers_["numbers"].named_steps["scale"]
    assert scaler.n_samples_seen_ == len(parts.training)
    assert scaler.mean_[0] == pytest.approx(parts.training["planned_duration_days"].mean())


def test_a_column_that_tells_the_answer_never_reaches_a_model(some_phases: pd.DataFrame) -> None:
    prepared = features.prepare(data.validate(some_phases))
    parts = splitting.split(prepared, kind="random", test_size=0.5, seed=3)
    told = parts.training.assign(delay_days=parts.training["delayed"] * 100)
    model = training.search(told, "DecisionTree", folds=2, split="random", seed=3).model
    assert "delay_days" not in model.feature_names_in_
    answers = training.probabilities(model, told) >= 0.5
    assert (answers == (told["delayed"] == 1)).mean() < 1


def test_the_real_table_gives_an_honest_accuracy(
    real: tuple[Evaluation, list[training.Tuned], splitting.Split],
) -> None:
    evaluation = real[0]
    for model in evaluation.models:
        assert 0.64 <= model.accuracy <= 0.78
        assert 0.68 <= model.roc_auc <= 0.80
        assert model.accuracy_error == pytest.approx(0.017, abs=0.001)
    assert evaluation.baselines["majority"].accuracy == pytest.approx(0.508, abs=0.001)
    assert evaluation.beats_chance


def test_the_winner_is_chosen_by_cross_validation_alone(
    real: tuple[Evaluation, list[training.Tuned], splitting.Split],
) -> None:
    evaluation, tuned, _ = real
    best = max(tuned, key=lambda candidate: candidate.summary.accuracy).summary
    assert evaluation.winner == best.algorithm
    assert evaluation.why == (
        f"{best.algorithm} has the highest mean accuracy: {best.accuracy:.3f} ± "
        f"{best.deviation:.3f} in cross-validation inside the training rows, with folds that "
        "always validate on later phases. The test rows had no say in the choice."
    )


def test_models_as_good_as_the_winner_are_said_to_be_within_noise(
    real: tuple[Evaluation, list[training.Tuned], splitting.Split],
) -> None:
    evaluation = real[0]
    other = evaluation.models[1].name
    assert evaluation.within_noise == (other,)
    assert f"{other} cannot be told from {evaluation.winner}" in " ".join(evaluation.notes)


def test_the_easy_cameras_are_reported_beside_the_rest(
    real: tuple[Evaluation, list[training.Tuned], splitting.Split],
) -> None:
    cameras = real[0].subgroups["cameras"]
    others = real[0].subgroups["without cameras"]
    assert (cameras.rows, others.rows) == (125, 600)
    assert cameras.delayed_share < 0.02 < 0.6 < others.delayed_share
    assert others.accuracy < 0.72
    assert "Camera installations are easy (2% delayed" in " ".join(real[0].notes)


def test_a_model_that_saw_no_camera_says_that_it_guesses_there() -> None:
    path = DATA_FOLDER / "schedule_management.csv"
    evaluation, _, _ = evaluated(path, ["DecisionTree"], "time", exclude_cameras=True)
    assert set(evaluation.subgroups) == {"without cameras"}
    assert "No camera installation was tested: what it says of one is a guess." in evaluation.notes


def test_an_evaluation_reads_back_unchanged(
    real: tuple[Evaluation, list[training.Tuned], splitting.Split],
) -> None:
    assert Evaluation.read(real[0].to_json()) == real[0]
    with pytest.raises(RequestError, match="not an evaluation"):
        Evaluation.read(b'{"accuracy": 0.7}')


def test_a_confusion_matrix_counts_every_test_row(
    real: tuple[Evaluation, list[training.Tuned], splitting.Split],
) -> None:
    best = real[0].scores()
    (right_on_time, wrong_on_time), (wrong_delayed, right_delayed) = best.confusion
    assert right_on_time + wrong_on_time + wrong_delayed + right_delayed == 725
    assert (right_on_time + right_delayed) / 725 == pytest.approx(best.accuracy)
    assert best.classes["Delayed"].rows == wrong_delayed + right_delayed


def test_a_model_below_the_minimum_is_not_registered() -> None:
    path = DATA_FOLDER / "schedule_management.csv"
    evaluation, _, _ = evaluated(path, ["DecisionTree"], "time", minimum_accuracy=0.95)
    assert not evaluation.gate.passed
    accuracy = evaluation.scores().accuracy
    assert evaluation.gate.reasons[0] == (
        f"Test accuracy {accuracy:.3f} is below the minimum of 0.95."
    )


def test_no_model_beats_chance_on_a_simulated_table(simulated_file: Path) -> None:
    evaluation, tuned, parts = evaluated(
        simulated_file, ["LogisticRegression", "DecisionTree", "KNN", "XGBoost"], "time", 0.0
    )
    assert not evaluation.beats_chance
    assert evaluation.verdict.startswith("No model beats chance on this table: ")
    assert not evaluation.gate.passed
    assert evaluation.subgroups == {}
    assert set(_charts(evaluation, tuned, parts)) == set(plots.PLOTS)


def test_the_best_rule_is_found_where_one_column_decides() -> None:
    table = pd.DataFrame(
        {
            "Project Schedules": [1.0, 2.0, 3.0, 4.0] * 10,
            "Construction Activity Data": [1.0] * 40,
            "delayed": [1, 1, 0, 0] * 10,
        }
    )
    rule = baselines.best_rule(table, table)
    assert rule.description == "Delayed where Project Schedules is up to 2"
    assert rule.answers.tolist() == table["delayed"].tolist()


def test_a_small_difference_is_noise_and_a_large_one_is_not() -> None:
    truth = np.array([0, 1] * 50)
    right = truth.copy()
    nearly = truth.copy()
    nearly[:2] = 1 - nearly[:2]
    assert compare(truth, right, nearly).is_noise
    assert compare(truth, right, 1 - truth).is_gain
    assert not compare(truth, 1 - truth, right).is_gain


def test_the_error_of_a_roc_auc_shrinks_with_more_rows() -> None:
    assert auc_error(0.75, 360, 365) == pytest.approx(0.018, abs=0.001)
    assert auc_error(0.75, 10, 10) > 0.1


def test_every_chart_fits_its_kind_and_draws(
    real: tuple[Evaluation, list[training.Tuned], splitting.Split], tmp_path: Path
) -> None:
    evaluation, tuned, parts = real
    drawn: dict[str, Path] = {}
    charts = _charts(evaluation, tuned, parts)
    for name, chart in charts.items():
        _check_shape(chart)
        drawn[name] = tmp_path / f"{name}.png"
        plots.draw(chart, drawn[name])
        assert drawn[name].read_bytes().startswith(b"\x89PNG")
    assert tuple(charts) == plots.PLOTS
    page = write_report(evaluation, drawn)
    assert page.count("data:image/png;base64,") == 5
    assert not {"http:", "https:", "<script", "<link"} & set(re.findall(r"https?:|<\w+", page))
    for said in (evaluation.winner, "within noise", "Without a model", *evaluation.gate.reasons):
        assert said in page


def _check_shape(chart: Chart) -> None:
    for series in chart.series:
        expected = len(series.x) if chart.kind is ChartKind.LINES else len(chart.categories)
        assert len(series.y) == expected > 1


def test_a_card_says_what_a_model_is_and_what_is_typical(
    real: tuple[Evaluation, list[training.Tuned], splitting.Split],
) -> None:
    evaluation, _, parts = real
    card = model_card(evaluation, parts.training)
    assert card.version.algorithm == evaluation.winner
    assert card.metrics == evaluation.headline()
    assert card.base_rate == pytest.approx(parts.training["delayed"].mean())
    assert set(card.typical) == {"", "Scope", "Design"}
    assert card.typical["Scope"]["prev_phase_delay_days"] is None
    assert card.typical["Design"]["prev_phase_delay_days"] is not None
    assert json.loads(to_json(card))["split"]["cut"] == "2023-07-26"
