"""Reads a table of phases and refuses what cannot be learned from."""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from core.errors import RequestError, UnavailableError
from pipelines.delay import schema
from pipelines.delay.schema import Schema

MINIMUM_ROWS = 50
PARQUET_MARK = b"PAR1"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataDescription:
    """What a table was, so that it can be recognised later."""

    rows: int
    columns: int
    delayed_share: float
    sha256: str
    first_start: str = ""
    """ISO date; empty where the table has no dates."""
    last_start: str = ""


def read_table(path: Path) -> pd.DataFrame:
    """Read a CSV or Parquet file as text, cell by cell.

    Raises:
        RequestError: The file is not a table.
        UnavailableError: The file cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnavailableError(f"The table {path.name} cannot be read: {error}.") from error
    if not content.strip():
        raise RequestError(
            f"The table {path.name} is empty.", hint="Upload a table with a header and rows."
        )
    return _parsed(_csv_text(content, path.name), path.name)


def _csv_text(content: bytes, name: str) -> str:
    if content.startswith(PARQUET_MARK):
        try:
            return str(pd.read_parquet(io.BytesIO(content)).to_csv(index=False))
        except (ValueError, OSError) as error:
            raise RequestError(
                f"The Parquet file {name} is damaged: {error}.", hint="Write it again."
            ) from error
    if b"\x00" in content:
        raise RequestError(
            f"{name} is a binary file, not a table.", hint="Save the table as CSV or Parquet."
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise RequestError(
            f"{name} is not UTF-8 text: line {line} has a byte that cannot be read.",
            hint="Save the table again with the encoding UTF-8.",
        ) from error


def _parsed(text: str, name: str) -> pd.DataFrame:
    try:
        table = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, na_values=[""])
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise RequestError(
            f"{name} cannot be read as CSV: {str(error).strip()}.",
            hint="Check the line it names; text with commas needs quotes.",
        ) from error
    if table.empty:
        raise RequestError(
            f"The table {name} has a header but no rows.", hint="Upload a table with rows."
        )
    return table


def validate(table: pd.DataFrame) -> pd.DataFrame:
    """Check a table of text and return it with numbers and dates in place.

    Raises:
        RequestError: A column is missing, a value is impossible, or there is too little to learn.
    """
    expected = schema.schema_of(table.columns)
    _require_columns(table, expected)
    if len(table) < MINIMUM_ROWS:
        rows = "1 row" if len(table) == 1 else f"{len(table)} rows"
        raise RequestError(
            f"The table has {rows}; at least {MINIMUM_ROWS} are needed to train and to test.",
            hint="Give a table with more phases.",
        )
    typed = table.copy()
    for column in expected.numbers:
        typed[column] = _numbers(table[column])
    for column in expected.dates:
        typed[column] = _dates(table[column])
    _check_values(typed, expected)
    _require_both_classes(typed)
    return typed


def _require_columns(table: pd.DataFrame, expected: Schema) -> None:
    missing = [column for column in expected.required if column not in table.columns]
    if not missing:
        return
    named = ", ".join(repr(column) for column in missing[:3])
    more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
    kind = "column" if len(missing) == 1 else "columns"
    raise RequestError(
        f"The table lacks the {kind} {named}{more}.",
        hint="Add them, or start from datasets/schedule_management.csv, which has them all.",
    )


def _numbers(column: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    unusable = numbers.isin([np.inf, -np.inf]) | (numbers.isna() & column.notna())
    _refuse_first(column, unusable, "a number")
    return numbers


def _dates(column: pd.Series) -> pd.Series:
    dates = pd.to_datetime(column, format="ISO8601", errors="coerce")
    _refuse_first(column, dates.isna(), "a date like 2024-05-31")
    return dates


def _refuse_first(column: pd.Series, bad: pd.Series, wanted: str) -> None:
    if not bad.any():
        return
    position = int(np.flatnonzero(bad.to_numpy())[0])
    value = column.iloc[position]
    found = f"holds {value!r}" if pd.notna(value) else "is empty"
    others = int(bad.sum()) - 1
    raise RequestError(
        f"Column {column.name!r} {found} in row {position + 1}, where {wanted} belongs.",
        hint=f"Correct it{f' and {others} more like it' if others else ''}, then start again.",
    )


def _check_values(table: pd.DataFrame, expected: Schema) -> None:
    # Pandera takes most of a second to import, and only this function needs it.
    from pandera.errors import SchemaErrors
    from pandera.pandas import Check, Column, DataFrameSchema

    numbers = {
        column: Column(
            float, [Check.in_range(*possible_range(column))], nullable=True, description="a number"
        )
        for column in expected.numbers
    }
    choices: dict[str, tuple[str, ...]] = {schema.TARGET: (schema.DELAYED, schema.ON_TIME)}
    if expected is not schema.SIMULATED:
        choices |= {
            "phase": schema.PHASES,
            "prev_phase_adherence": schema.ADHERENCES,
            "borough": schema.BOROUGHS,
            "school_level": schema.SCHOOL_LEVELS,
        }
    words = {
        column: Column(checks=[Check.isin(allowed)], nullable=column != schema.TARGET)
        for column, allowed in choices.items()
    }
    keys = {"phase_id": Column(unique=True)} if "phase_id" in expected.keys else {}
    rules = DataFrameSchema({**numbers, **words, **keys})
    try:
        rules.validate(table.reset_index(drop=True), lazy=True)
    except SchemaErrors as error:
        raise _explained(error.failure_cases, choices) from error


def possible_range(column: str) -> tuple[float, float]:
    """Return the least and the greatest value that a column of numbers may hold."""
    if column.startswith(("has_", "is_")) or column.endswith(("_rate", "_rate_365d")):
        return 0, 1
    if column.endswith("_month"):
        return 1, 12
    if column.endswith("_quarter"):
        return 1, 4
    if column == "start_weekday":
        return 0, 6
    if column == "planned_duration_days":
        return 0, 36_500
    return -1e9, 1e9


def _explained(failures: pd.DataFrame, choices: dict[str, tuple[str, ...]]) -> RequestError:
    first = failures.sort_values("index", kind="stable").iloc[0]
    column, value, row = str(first["column"]), first["failure_case"], int(first["index"]) + 1
    if str(first["check"]) == "not_nullable":
        return RequestError(
            f"Column {column!r} is empty in row {row}.", hint="Fill it in, or leave the row out."
        )
    if column in choices:
        return RequestError(
            f"Column {column!r} holds {value!r} in row {row}.",
            hint=f"The choices are {', '.join(choices[column])}.",
        )
    if column == "phase_id":
        return RequestError(
            f"The phase {value!r} is in the table more than once, first in row {row}.",
            hint="Keep one row for each phase.",
        )
    low, high = possible_range(column)
    return RequestError(
        f"Column {column!r} holds {value} in row {row}.",
        hint=f"Values from {low:g} to {high:g} are possible.",
    )


def _require_both_classes(table: pd.DataFrame) -> None:
    classes = table[schema.TARGET].unique()
    if len(classes) == 1:
        raise RequestError(
            f"Every row of the table is {classes[0]!r}, so there is nothing to tell apart.",
            hint=f"Column {schema.TARGET!r} needs both Delayed and On Time.",
        )


def describe(table: pd.DataFrame, path: Path) -> DataDescription:
    """Describe a validated table and the file it came from."""
    dated = schema.START in schema.schema_of(table.columns).dates
    starts = table[schema.START] if dated else None
    return DataDescription(
        rows=len(table),
        columns=table.shape[1],
        delayed_share=float((table[schema.TARGET] == schema.DELAYED).mean()),
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        first_start="" if starts is None else starts.min().date().isoformat(),
        last_start="" if starts is None else starts.max().date().isoformat(),
    )
