"""Scores a table of phases from beginning to end, a batch at a time."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from core.errors import RequestError
from core.models import RowProblem
from core.pipelines import ParameterValue
from pipelines.delay import schema
from pipelines.delay.fast import Columns
from pipelines.scoring.features import Prepared, Preparing
from pipelines.scoring.reading import Batch, batches, is_parquet

IDENTIFIERS = ("phase_id", "project_id", "building_id", "school_name")
"""What is carried over from the table, so that a prediction finds its row."""
SOURCES = ("description", schema.START, schema.PLANNED_END)
"""What features can be derived from."""
TOLD_PROBLEMS = 5
PROBABILITY = "probability_of_delay"


class Scorer(Protocol):
    """A model that answers for many rows."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The features it wants."""
        ...

    def probabilities(self, columns: Columns) -> npt.NDArray[np.float64]:
        """Return each row's probability of delay."""
        ...


@dataclass(slots=True)
class Scored:
    """What became of a table."""

    rows: int = 0
    bad: int = 0
    delayed: int = 0
    total_probability: float = 0.0
    problems: list[RowProblem] = field(default_factory=list)
    filled: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def scored(self) -> int:
        """Rows with a prediction."""
        return self.rows - self.bad

    @property
    def mean_probability(self) -> float:
        """Of the rows with a prediction; 0 where there is none."""
        return self.total_probability / self.scored if self.scored else 0.0

    def headline(self) -> dict[str, float]:
        """Return the numbers of the result by name."""
        return {
            "rows": float(self.rows),
            "scored": float(self.scored),
            "bad_rows": float(self.bad),
            "delayed": float(self.delayed),
            "mean_probability": self.mean_probability,
        }

    def told(self, model: str) -> list[str]:
        """Return what became of the table, in sentences."""
        lines = [
            f"{self.scored} of {self.rows} rows are scored with {model}: {self.delayed} will be"
            f" late, mean probability {self.mean_probability:.3f}."
        ]
        lines += [f"Row {problem.row}: {problem.problem}." for problem in self.problems]
        if self.bad > len(self.problems):
            lines.append(f"{self.bad - len(self.problems)} more rows could not be scored.")
        if self.filled:
            lines.append(f"Not in the table, so typical: {', '.join(self.filled)}.")
        return lines


def score(
    content: BinaryIO,
    name: str,
    target: Path,
    model: Scorer,
    typical: Mapping[str, Mapping[str, ParameterValue]],
) -> Scored:
    """Write a prediction for every row of a table into a file.

    Args:
        content: The table.
        name: Its name, which says whether it is CSV or Parquet.
        target: The file to write, which its name calls CSV or Parquet.
        model: What predicts.
        typical: Rows that stand for what the table does not tell, by phase and under ``.

    Raises:
        RequestError: It is not a table, or says nothing that the model goes by.
    """
    started = time.perf_counter()
    found = Scored()
    preparing: Preparing | None = None
    writer: _Writer | None = None
    try:
        for batch in batches(content, name, {*model.columns, *IDENTIFIERS, *SOURCES}):
            if preparing is None or writer is None:
                present = frozenset(batch.rows.schema.names)
                preparing = Preparing(model.columns, typical, present)
                preparing.check()
                found.filled = preparing.filled()
                writer = _Writer(target, [known for known in IDENTIFIERS if known in present])
            _score_batch(batch, preparing, model, writer, found)
    finally:
        if writer is not None:
            writer.close()
    if not found.rows:
        raise RequestError("The table has a header but no rows.", hint="Upload one with rows.")
    found.seconds = time.perf_counter() - started
    return found


def _score_batch(
    batch: Batch, preparing: Preparing, model: Scorer, writer: "_Writer", found: Scored
) -> None:
    prepared = preparing.prepare(batch.rows)
    chances = np.full(len(batch.rows), np.nan)
    good = np.ones(len(batch.rows), dtype=bool)
    good[list(prepared.problems)] = False
    if good.all():
        if len(chances):
            chances = model.probabilities(prepared.columns)
    elif good.any():
        chances[good] = model.probabilities(
            {column: values[good] for column, values in prepared.columns.items()}
        )
    _count(batch, prepared, chances, found)
    writer.write(batch, chances, prepared.problems)


def _count(
    batch: Batch, prepared: Prepared, chances: npt.NDArray[np.float64], found: Scored
) -> None:
    found.rows += len(batch.rows) + len(batch.broken)
    found.bad += len(prepared.problems) + len(batch.broken)
    found.delayed += int((chances >= 0.5).sum())
    found.total_probability += float(np.nansum(chances))
    told = [(batch.numbers[place], problem) for place, problem in prepared.problems.items()]
    for row, problem in sorted([*told, *batch.broken]):
        if len(found.problems) < TOLD_PROBLEMS:
            found.problems.append(RowProblem(row=row, problem=problem))


class _Writer:
    """Writes predictions as they come.

    Args:
        target: The file; its name says whether it is CSV or Parquet.
        identifiers: The columns that are carried over.
    """

    def __init__(self, target: Path, identifiers: list[str]) -> None:
        self._identifiers = identifiers
        self._schema = pa.schema(
            [
                ("row", pa.int64()),
                *((name, pa.string()) for name in identifiers),
                (PROBABILITY, pa.float64()),
                ("verdict", pa.string()),
                ("problem", pa.string()),
            ]
        )
        opened = pq.ParquetWriter if is_parquet(target.name) else csv.CSVWriter
        self._file: Any = opened(target, self._schema)

    def write(
        self, batch: Batch, chances: npt.NDArray[np.float64], problems: Mapping[int, str]
    ) -> None:
        """Write a batch, its broken rows after the others."""
        scored = ~np.isnan(chances)
        verdicts = np.where(chances >= 0.5, schema.DELAYED, schema.ON_TIME).astype(object)
        verdicts[~scored] = None
        wrong = np.full(len(chances), None, dtype=object)
        for place, problem in problems.items():
            wrong[place] = problem
        columns = [
            pa.array(batch.numbers, type=pa.int64()),
            *(batch.rows.column(name).cast(pa.string()) for name in self._identifiers),
            pa.array(np.round(chances, 6), from_pandas=True),
            pa.array(verdicts, type=pa.string()),
            pa.array(wrong, type=pa.string()),
        ]
        self._file.write_batch(pa.record_batch(columns, schema=self._schema))
        if batch.broken:
            lost = [{"row": row, "problem": problem} for row, problem in batch.broken]
            self._file.write_table(pa.Table.from_pylist(lost, schema=self._schema))

    def close(self) -> None:
        """Finish the file."""
        self._file.close()
