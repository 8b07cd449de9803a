"""Turns a batch of a table's rows into what a model wants, and finds the rows that it cannot be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from core.errors import RequestError
from core.pipelines import ParameterValue
from pipelines.delay import schema
from pipelines.delay.data import possible_range
from pipelines.delay.fast import Columns
from pipelines.delay.phase import work_features

Row = Mapping[str, ParameterValue]
CHOICES: Mapping[str, tuple[str, ...]] = {
    "phase": schema.PHASES,
    "prev_phase_adherence": schema.ADHERENCES,
    "borough": schema.BOROUGHS,
    "school_level": schema.SCHOOL_LEVELS,
}
CALENDAR = ("start_month", "start_quarter", "start_weekday")
ENDS = ("planned_end_month", "planned_end_quarter")


@dataclass(slots=True)
class Prepared:
    """A batch as a model takes it."""

    columns: dict[str, npt.NDArray[Any]] = field(default_factory=dict)
    problems: dict[int, str] = field(default_factory=dict)
    """By position in the batch, what is wrong with a row; the first thing that was found."""


@dataclass(frozen=True, slots=True)
class Preparing:
    """How the rows of one table become what a model wants."""

    wanted: tuple[str, ...]
    """The model's features."""
    typical: Mapping[str, Row]
    """A typical row by phase, and under `` for all."""
    present: frozenset[str]
    """The columns that the table has."""

    def check(self) -> None:
        """Refuse a table that says nothing that the model goes by.

        Raises:
            RequestError: None of the features can be had from it.
        """
        if not set(self.wanted) - set(self.filled()):
            raise RequestError(
                "The table has no column that the model goes by.",
                hint=f"It wants {', '.join(self.wanted[:6])} and {len(self.wanted) - 6} more.",
            )

    def filled(self) -> tuple[str, ...]:
        """Return the features that the table does not tell: they become typical values."""
        had = set(self.present)
        if "description" in had:
            had |= set(work_features(""))
        if schema.START in had:
            had |= set(CALENDAR)
            if schema.PLANNED_END in had:
                had |= set(ENDS)
        return tuple(name for name in self.wanted if name not in had)

    def prepare(self, rows: pa.RecordBatch) -> Prepared:
        """Return a batch as the model takes it, with the rows that make no sense."""
        prepared = Prepared()
        derived = self._derived(rows, prepared)
        numbers = set(schema.schema_of(self.wanted).numbers)
        phases = _words(rows.column("phase")) if "phase" in self.present else None
        for name in self.wanted:
            if name in self.present:
                column = rows.column(name)
                value = _number(name, column, prepared) if name in numbers else _words(column)
            elif name in derived:
                value = derived[name]
            else:
                value = self._typical(name, len(rows), phases, is_number=name in numbers)
            prepared.columns[name] = value
            if name in CHOICES:
                _check_choice(name, value, prepared)
        return prepared

    def _derived(self, rows: pa.RecordBatch, prepared: Prepared) -> Columns:
        missing = set(self.wanted) - self.present
        derived: dict[str, npt.NDArray[Any]] = {}
        if missing & set(work_features("")) and "description" in self.present:
            derived |= _work(_words(rows.column("description")))
        if missing & set(CALENDAR) and schema.START in self.present:
            derived |= _calendar("start", rows.column(schema.START), prepared)
        if missing & set(ENDS) and schema.PLANNED_END in self.present:
            derived |= _calendar("planned_end", rows.column(schema.PLANNED_END), prepared)
        return derived

    def _typical(
        self, name: str, rows: int, phases: npt.NDArray[Any] | None, *, is_number: bool
    ) -> npt.NDArray[Any]:
        of_all = self.typical.get("", {}).get(name)
        values = np.empty(rows, dtype=object)
        values[:] = of_all
        for phase, typical in self.typical.items():
            if phase and phases is not None:
                values[phases == phase] = typical.get(name, of_all)
        return values.astype(float) if is_number else values


def _number(name: str, column: pa.Array, prepared: Prepared) -> npt.NDArray[np.float64]:
    try:
        values = pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        # Something in it is no number: the slow way finds out which rows.
        texts = pd.Series(column.to_pylist(), dtype=object)
        read = pd.to_numeric(texts, errors="coerce")
        for place in np.flatnonzero((read.isna() & texts.notna()).to_numpy()):
            prepared.problems.setdefault(int(place), f"{name} holds {_short(texts[place])}")
        values = read.to_numpy(dtype=float)
    values = np.asarray(values, dtype=float)
    low, high = possible_range(name)
    with np.errstate(invalid="ignore"):
        bad = (values < low) | (values > high)
    for place in np.flatnonzero(bad):
        prepared.problems.setdefault(int(place), f"{name} holds {values[place]:g}")
    return values


def _words(column: pa.Array) -> npt.NDArray[Any]:
    if not pa.types.is_string(column.type):
        column = pc.cast(column, pa.string())
    # Words repeat: one object for each distinct one, instead of one for each row.
    encoded = pc.dictionary_encode(column, null_encoding="encode")
    places: npt.NDArray[np.int32] = encoded.indices.to_numpy()
    return np.asarray(encoded.dictionary.to_numpy(zero_copy_only=False), dtype=object)[places]


def _check_choice(name: str, values: npt.NDArray[Any], prepared: Prepared) -> None:
    codes, distinct = pd.factorize(values)
    unknown = [place for place, word in enumerate(distinct) if word not in CHOICES[name]]
    if not unknown:
        return
    for place in np.flatnonzero(np.isin(codes, unknown)):
        prepared.problems.setdefault(int(place), f"{name} holds {_short(values[place])}")


def _work(descriptions: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
    codes, distinct = pd.factorize(descriptions)
    told: Sequence[Row] = [work_features(str(text)) for text in distinct]
    return {
        name: np.array([*(row[name] for row in told), empty], dtype=object)[codes]
        if name == "work_category"
        else np.array([*(row[name] for row in told), np.nan], dtype=float)[codes]
        for name, empty in work_features("").items()
    }


def _calendar(prefix: str, column: pa.Array, prepared: Prepared) -> dict[str, npt.NDArray[Any]]:
    texts = pd.Series(_words(column), dtype=object)
    days = pd.to_datetime(texts, format="ISO8601", errors="coerce")
    for place in np.flatnonzero((days.isna() & texts.notna()).to_numpy()):
        prepared.problems.setdefault(int(place), f"{prefix}_date holds {_short(texts[place])}")
    return {
        f"{prefix}_month": days.dt.month.to_numpy(dtype=float),
        f"{prefix}_quarter": days.dt.quarter.to_numpy(dtype=float),
        f"{prefix}_weekday": days.dt.weekday.to_numpy(dtype=float),
    }


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
