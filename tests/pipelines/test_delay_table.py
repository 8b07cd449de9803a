from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.errors import RequestError, UnavailableError
from pipelines.delay import data, features, schema


def refusal(table: pd.DataFrame) -> RequestError:
    with pytest.raises(RequestError) as caught:
        data.validate(table)
    return caught.value


def test_the_real_table_is_valid_and_described(real_text: pd.DataFrame) -> None:
    valid = data.validate(real_text)
    path = schema.DATA_FOLDER / "schedule_management.csv"
    described = data.describe(valid, path)
    assert (described.rows, described.columns) == (3621, 53)
    assert (described.first_start, described.last_start) == ("2014-01-08", "2024-05-09")
    assert described.delayed_share == pytest.approx(0.512, abs=0.0005)
    assert len(described.sha256) == 64
    assert valid["district"].iloc[0] == "18"


def test_a_parquet_file_reads_like_the_csv_it_was(
    some_phases: pd.DataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "phases.parquet"
    some_phases.to_parquet(path)
    pd.testing.assert_frame_equal(data.read_table(path), some_phases)


def test_a_missing_column_is_named(some_phases: pd.DataFrame) -> None:
    error = refusal(some_phases.drop(columns="borough"))
    assert error.message == "The table lacks the column 'borough'."
    assert "datasets/schedule_management.csv" in error.hint


def test_of_many_missing_columns_three_are_named() -> None:
    error = refusal(pd.DataFrame({"a": ["1"], "b": ["2"]}))
    assert error.message.startswith("The table lacks the columns 'phase_id', 'group_id'")
    assert error.message.endswith("more.")


def test_text_in_a_number_column_is_named_with_its_row(some_phases: pd.DataFrame) -> None:
    table = some_phases.copy()
    table.loc[16, "planned_duration_days"] = "soon"
    error = refusal(table)
    assert error.message == (
        "Column 'planned_duration_days' holds 'soon' in row 17, where a number belongs."
    )
    assert error.hint == "Correct it, then start again."


@pytest.mark.parametrize("value", ["inf", "1e400"])
def test_an_infinite_number_is_refused(some_phases: pd.DataFrame, value: str) -> None:
    table = some_phases.copy()
    table.loc[0, "prev_phase_delay_days"] = value
    assert f"holds {value!r} in row 1" in refusal(table).message


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("start_date", "someday", "'start_date' holds 'someday' in row 4, where a date"),
        ("start_date", None, "'start_date' is empty in row 4, where a date"),
        ("start_month", "13", "'start_month' holds 13.0 in row 4."),
        ("has_electrical", "2", "'has_electrical' holds 2.0 in row 4."),
        ("planned_duration_days", "-3", "'planned_duration_days' holds -3.0 in row 4."),
        ("borough", "Boston", "'borough' holds 'Boston' in row 4."),
        ("phase", "Construction", "'phase' holds 'Construction' in row 4."),
        ("Schedule Adherence", "Late", "'Schedule Adherence' holds 'Late' in row 4."),
        ("Schedule Adherence", None, "'Schedule Adherence' is empty in row 4."),
    ],
)
def test_an_impossible_value_is_named_with_its_row(
    some_phases: pd.DataFrame, column: str, value: str | None, expected: str
) -> None:
    table = some_phases.copy()
    table.loc[3, column] = value
    error = refusal(table)
    assert expected in error.message
    assert error.hint


def test_a_phase_listed_twice_is_refused(some_phases: pd.DataFrame) -> None:
    table = some_phases.copy()
    table.loc[5, "phase_id"] = table.loc[4, "phase_id"]
    assert "more than once, first in row 5" in refusal(table).message


def test_one_outcome_only_is_refused(some_phases: pd.DataFrame) -> None:
    late = some_phases[some_phases["Schedule Adherence"] == "Delayed"].reset_index(drop=True)
    assert refusal(late).message == (
        "Every row of the table is 'Delayed', so there is nothing to tell apart."
    )


def test_three_rows_are_too_few(some_phases: pd.DataFrame) -> None:
    assert refusal(some_phases.head(3)).message == (
        "The table has 3 rows; at least 50 are needed to train and to test."
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "The table x.csv is empty."),
        (b"  \n\n", "The table x.csv is empty."),
        (b"a,b,c\n", "The table x.csv has a header but no rows."),
        (b"PK\x03\x04\x00\x00\x01", "x.csv is a binary file, not a table."),
        (b"PAR1 but no more", "The Parquet file x.csv is damaged"),
        (b"a,b\n1,2\n3,caf\xe9\n", "x.csv is not UTF-8 text: line 3 has a byte"),
        (b'a,b\n1,2\n3,"4\n', "x.csv cannot be read as CSV"),
        (b"a,b\n1,2\n3,4,5,6\n", "x.csv cannot be read as CSV"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_words(
    tmp_path: Path, content: bytes, expected: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(RequestError) as caught:
        data.read_table(path)
    assert caught.value.message.startswith(expected)
    assert caught.value.hint


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"nothing\.csv cannot be read"):
        data.read_table(tmp_path / "nothing.csv")


def test_a_byte_order_mark_is_not_part_of_the_first_column(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"\xef\xbb\xbfphase_id,b\n1,2\n")
    assert list(data.read_table(path).columns) == ["phase_id", "b"]


@pytest.mark.parametrize(
    "column",
    [
        "actual_end_date",
        "status_at_last_vintage",
        "last_vintage",
        "delay_days",
        "delay_censored",
        "Schedule Adherence",
        "delayed",
    ],
)
def test_every_outcome_column_is_refused_as_a_feature(column: str) -> None:
    with pytest.raises(RequestError) as caught:
        schema.refuse_outcomes(["borough", column])
    assert caught.value.message == (f"The column {column!r} is an outcome and cannot be a feature.")


def test_the_outcome_columns_are_those_that_the_data_declares() -> None:
    assert schema.outcome_columns() == {
        "actual_end_date",
        "status_at_last_vintage",
        "last_vintage",
        "delay_days",
        "delay_censored",
        "Schedule Adherence",
        "delayed",
    }


def test_a_prepared_table_holds_no_outcome_but_the_label(some_phases: pd.DataFrame) -> None:
    prepared = features.prepare(data.validate(some_phases))
    assert set(prepared.columns) & schema.outcome_columns() == {"delayed"}
    assert not {"budget", "budget_seen_when", "building_id", "school_name"} & set(prepared)
    assert len(features.feature_columns(prepared)) == 37
    expected = (some_phases["Schedule Adherence"] == "Delayed").to_numpy()
    assert np.array_equal(prepared["delayed"] == 1, expected)


def test_cameras_can_be_left_out(some_phases: pd.DataFrame) -> None:
    valid = data.validate(some_phases)
    kept = features.prepare(valid, exclude_cameras=True)
    assert len(kept) == int((valid["has_ipdvs_cameras"] == 0).sum())
    assert kept["has_ipdvs_cameras"].max() == 0


def test_a_simulated_table_has_two_features_and_no_cameras(simulated_file: Path) -> None:
    valid = data.validate(data.read_table(simulated_file))
    prepared = features.prepare(valid)
    assert features.feature_columns(prepared) == [
        "Project Schedules",
        "Construction Activity Data",
    ]
    with pytest.raises(RequestError, match="cameras cannot be left out"):
        features.prepare(valid, exclude_cameras=True)
