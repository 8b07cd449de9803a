from pathlib import Path

import pandas as pd
import pytest

from core.errors import RequestError
from pipelines.delay import data, features, splitting


@pytest.fixture(scope="module")
def prepared(real_text: pd.DataFrame) -> pd.DataFrame:
    return features.prepare(data.validate(real_text))


def test_the_time_split_learns_only_what_was_known_at_the_cut(prepared: pd.DataFrame) -> None:
    parts = splitting.split(prepared, kind="time", test_size=0.2, seed=1)
    cut = pd.Timestamp(parts.description.cut)
    assert (parts.training["planned_end_date"] < cut).all()
    assert (parts.testing["start_date"] >= cut).all()
    assert parts.description == splitting.SplitDescription(
        kind="time",
        training_rows=2491,
        testing_rows=725,
        left_out_rows=405,
        cut="2023-07-26",
    )


def test_the_group_split_keeps_projects_whole(prepared: pd.DataFrame) -> None:
    parts = splitting.split(prepared, kind="group", test_size=0.2, seed=1)
    assert not set(parts.training["group_id"]) & set(parts.testing["group_id"])
    assert len(parts.training) + len(parts.testing) == len(prepared)
    assert len(parts.testing) / len(prepared) == pytest.approx(0.2, abs=0.03)
    assert parts.testing["delayed"].mean() == pytest.approx(0.512, abs=0.03)


def test_the_random_split_keeps_the_share_of_delays(prepared: pd.DataFrame) -> None:
    parts = splitting.split(prepared, kind="random", test_size=0.25, seed=1)
    assert parts.description.testing_rows == 906
    assert parts.testing["delayed"].mean() == pytest.approx(prepared["delayed"].mean(), abs=0.001)


@pytest.mark.parametrize("kind", ["time", "group", "random"])
def test_the_same_seed_splits_the_same_way(prepared: pd.DataFrame, kind: str) -> None:
    first, second = (splitting.split(prepared, kind=kind, test_size=0.2, seed=5) for _ in range(2))
    pd.testing.assert_frame_equal(first.testing, second.testing)


def test_folds_by_time_always_validate_on_the_future(prepared: pd.DataFrame) -> None:
    training = splitting.split(prepared, kind="time", test_size=0.2, seed=1).training
    folds = splitting.folds(training, kind="time", number=5, seed=1)
    assert len(folds) == 5
    for learn, validate in folds:
        first = training["start_date"].iloc[validate].min()
        assert (training["planned_end_date"].iloc[learn] < first).all()
    validated = [row for _, validate in folds for row in validate]
    assert len(validated) == len(set(validated))


def test_folds_by_group_keep_projects_whole(prepared: pd.DataFrame) -> None:
    for learn, validate in splitting.folds(prepared, kind="group", number=3, seed=1):
        groups = prepared["group_id"]
        assert not set(groups.iloc[learn]) & set(groups.iloc[validate])


def test_a_table_without_dates_is_split_at_random_and_says_so(simulated_file: Path) -> None:
    table = features.prepare(data.validate(data.read_table(simulated_file)))
    described = splitting.split(table, kind="time", test_size=0.2, seed=1).description
    assert (described.kind, described.training_rows, described.testing_rows) == ("random", 80, 20)
    assert described.note == (
        "The table has no start_date, so rows were drawn at random, not by time."
    )


def test_a_table_without_groups_cannot_be_split_by_them(simulated_file: Path) -> None:
    table = features.prepare(data.validate(data.read_table(simulated_file)))
    with pytest.raises(RequestError, match="needs a column 'group_id'"):
        splitting.split(table, kind="group", test_size=0.2, seed=1)


def test_more_folds_than_rows_of_an_outcome_are_refused(prepared: pd.DataFrame) -> None:
    few = pd.concat(
        [prepared[prepared["delayed"] == 1].head(40), prepared[prepared["delayed"] == 0].head(4)]
    )
    with pytest.raises(RequestError, match="10 folds need 10 rows of each outcome; one has 4"):
        splitting.folds(few, kind="random", number=10, seed=1)
