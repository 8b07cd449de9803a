import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core.comparison import Verdict
from core.runs import Artifact, ArtifactKind, Run, RunState
from pipelines.comparison import Measured, compare
from pipelines.uncertainty import auc_error, balanced_accuracy_error, share_error


def a_run(run_id: str, metrics: dict[str, float], **parameters: str | int) -> Run:
    return Run(
        id=run_id,
        name=f"run-{run_id}",
        pipeline="training",
        state=RunState.SUCCEEDED,
        parameters=parameters,
        created_at=datetime(2026, 5, 13, tzinfo=UTC),
        metrics=metrics,
    )


def table(run_id: str, content: str) -> Artifact:
    return Artifact(
        run_id=run_id,
        task="import",
        name="data",
        kind=ArtifactKind.DATASET,
        bucket="datasets",
        key="phases.csv",
        bytes=1,
        content_hash=content,
        is_input=True,
    )


@pytest.mark.parametrize(
    ("rows", "verdict"), [(200, Verdict.WITHIN_NOISE), (20_000, Verdict.BETTER)]
)
def test_how_many_rows_were_tested_decides_what_a_difference_is_worth(
    rows: int, verdict: Verdict
) -> None:
    measured = [
        Measured(run=a_run("a", {"accuracy": 0.70}), test_rows=rows),
        Measured(run=a_run("b", {"accuracy": 0.73}), test_rows=rows),
    ]
    comparison = compare(measured)

    (accuracy,) = comparison.metrics
    assert (accuracy.best, accuracy.verdict) == ("b", verdict)
    assert accuracy.errors["a"] == pytest.approx(math.sqrt(0.7 * 0.3 / rows))
    assert "independent samples" in comparison.notes[0]


def test_without_rows_nobody_says_whether_a_difference_is_noise() -> None:
    comparison = compare([Measured(run=a_run(i, {"rmse": v})) for i, v in (("a", 2.0), ("b", 1.0))])

    (rmse,) = comparison.metrics
    assert (rmse.best, rmse.verdict) == ("b", Verdict.UNKNOWN)
    assert "cannot be told" in rmse.in_words


def test_an_unknown_direction_has_no_best_run() -> None:
    comparison = compare([Measured(run=a_run(i, {"flux": v})) for i, v in (("a", 2.0), ("b", 1.0))])

    (flux,) = comparison.metrics
    assert (flux.best, flux.verdict) == ("", Verdict.UNKNOWN)


def test_more_comparisons_need_a_larger_difference() -> None:
    values = {"a": 0.70, "b": 0.7449}
    pair = [Measured(run=a_run(i, {"accuracy": v}), test_rows=800) for i, v in values.items()]
    many = [*pair, *(replace(pair[0], run=a_run(i, {"accuracy": 0.70})) for i in "cdefgh")]

    assert compare(pair).metrics[0].verdict is Verdict.BETTER
    assert compare(many).metrics[0].verdict is Verdict.WITHIN_NOISE


def test_a_run_without_metrics_is_named_and_changed_data_are_told() -> None:
    comparison = compare(
        [
            Measured(run=a_run("a", {"accuracy": 0.7}, folds=5), artifacts=[table("a", "1111")]),
            Measured(run=a_run("b", {}, folds=3), artifacts=[table("b", "2222")]),
        ]
    )

    assert comparison.without_metrics == ("b",)
    assert [(one.kind, one.name) for one in comparison.differences] == [
        ("parameter", "folds"),
        ("data", "datasets/phases.csv"),
    ]


def test_data_that_nobody_identified_are_unknown_and_never_taken_for_the_same() -> None:
    comparison = compare(
        [
            Measured(run=a_run("a", {"accuracy": 0.7}, seed=1), artifacts=[table("a", "")]),
            Measured(run=a_run("b", {"accuracy": 0.7}, seed=2), artifacts=[table("b", "")]),
        ]
    )

    (data,) = (one for one in comparison.differences if one.kind == "data")
    assert data.values == {"a": "unknown", "b": "unknown"}
    assert comparison.repeats == ()
    assert (
        "Whether they read the same data is unknown: the store has no record of what it was."
        in comparison.notes
    )


def test_an_etag_stands_for_the_content_where_there_is_no_hash() -> None:
    first, same, other = (
        Measured(
            run=a_run(name, {"accuracy": 0.7}, seed=seed),
            artifacts=[replace(table(name, ""), metadata={"etag": etag})],
        )
        for seed, (name, etag) in enumerate({"a": "9f86d081", "b": "9f86d081", "c": "2c26"}.items())
    )

    assert [one.kind for one in compare([first, same]).differences] == ["parameter"]
    assert len(compare([first, same]).repeats) == 1
    (_, data) = compare([first, other]).differences
    assert data.values == {"a": "9f86d081", "c": "2c26"}


def test_the_same_seed_twice_says_nothing_about_chance() -> None:
    comparison = compare([Measured(run=a_run(i, {"accuracy": 0.7}, seed=1)) for i in "ab"])

    (repeats,) = comparison.repeats
    assert repeats.intervals == {}
    assert comparison.metrics[0].verdict is Verdict.EQUAL


def test_standard_errors_agree_with_the_textbooks() -> None:
    # Hanley and McNeil (1982), table of a worked case: area .893 with 51 and 58 patients.
    assert auc_error(0.893, 58, 51) == pytest.approx(0.032, abs=0.001)
    assert share_error(0.5, 100) == pytest.approx(0.05)
    assert balanced_accuracy_error(((50, 50), (50, 50))) == pytest.approx(0.05 / math.sqrt(2))
    assert balanced_accuracy_error(((0, 0), (5, 5))) is None
