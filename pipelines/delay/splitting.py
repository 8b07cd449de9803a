"""Keeps test rows apart from training rows, the way a forecast would meet them."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import (
    GroupShuffleSplit,
    StratifiedGroupKFold,
    StratifiedKFold,
    train_test_split,
)

from core.errors import RequestError
from pipelines.delay import schema

Rows = npt.NDArray[np.intp]
MINIMUM_FOLD_ROWS = 10
GROUP_DRAWS = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitDescription:
    """How rows were divided."""

    kind: str
    training_rows: int
    testing_rows: int
    left_out_rows: int = 0
    """Rows whose outcome was not known yet at the cut."""
    cut: str = ""
    """ISO date on which testing begins; empty unless the split is by time."""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Training and testing rows."""

    training: pd.DataFrame
    testing: pd.DataFrame
    description: SplitDescription


def usable_kind(table: pd.DataFrame, kind: str) -> str:
    """Return the kind of split that a table allows: without dates, time becomes random.

    Raises:
        RequestError: Groups were asked for and the table has none.
    """
    if kind == "time" and schema.START not in table.columns:
        return "random"
    if kind == "group" and schema.GROUP not in table.columns:
        raise RequestError(
            f"The split by group needs a column {schema.GROUP!r}, which the table lacks.",
            hint="Start with split=random.",
        )
    return kind


def split(table: pd.DataFrame, *, kind: str, test_size: float, seed: int) -> Split:
    """Divide a prepared table.

    Raises:
        RequestError: One of the two parts would be too small or have one class only.
    """
    used = usable_kind(table, kind)
    cut = ""
    if used == "time":
        training, testing, cut = _by_time(table, test_size)
    elif used == "group":
        training, testing = _by_group(table, test_size, seed)
    else:
        training, testing = train_test_split(
            table, test_size=test_size, random_state=seed, stratify=table[schema.LABEL]
        )
    _require_enough(training, "training")
    _require_enough(testing, "testing")
    note = ""
    if used != kind:
        note = f"The table has no {schema.START}, so rows were drawn at random, not by time."
    return Split(
        training=training.reset_index(drop=True),
        testing=testing.reset_index(drop=True),
        description=SplitDescription(
            kind=used,
            training_rows=len(training),
            testing_rows=len(testing),
            left_out_rows=len(table) - len(training) - len(testing),
            cut=cut,
            note=note,
        ),
    )


def _by_time(table: pd.DataFrame, test_size: float) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    ordered = table.sort_values([schema.START, "phase_id"], kind="stable")
    cut = ordered[schema.START].iloc[int(len(ordered) * (1 - test_size))]
    testing = ordered[ordered[schema.START] >= cut]
    # Whether a phase was late is known once its planned end has passed, not at its start.
    training = ordered[(ordered[schema.START] < cut) & (ordered[schema.PLANNED_END] < cut)]
    return training, testing, cut.date().isoformat()


def _by_group(
    table: pd.DataFrame, test_size: float, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    # Some groups are batches of a hundred alike phases, so one draw alone can be lopsided.
    draws = GroupShuffleSplit(n_splits=GROUP_DRAWS, test_size=test_size, random_state=seed)
    labels = table[schema.LABEL].to_numpy()

    def lopsided(draw: tuple[Rows, Rows]) -> float:
        testing = draw[1]
        size = len(testing) / len(table) - test_size
        return abs(size) + abs(float(labels[testing].mean() - labels.mean()))

    learn, test = min(draws.split(table, groups=table[schema.GROUP]), key=lopsided)
    return table.iloc[learn], table.iloc[test]


def _require_enough(part: pd.DataFrame, name: str) -> None:
    if len(part) < MINIMUM_FOLD_ROWS or part[schema.LABEL].nunique() < 2:
        raise RequestError(
            f"The {name} part has {len(part)} rows with {part[schema.LABEL].nunique()} of the two "
            "outcomes, which is too little.",
            hint="Give a larger table, another test_size or split=random.",
        )


def folds(training: pd.DataFrame, *, kind: str, number: int, seed: int) -> list[tuple[Rows, Rows]]:
    """Return the rows to learn from and to validate on, fold by fold, within training rows.

    Raises:
        RequestError: The folds would be too small.
    """
    used = usable_kind(training, kind)
    labels = training[schema.LABEL]
    if used == "time":
        pairs = _forward_folds(training, number)
    else:
        smallest = int(labels.value_counts().min())
        if smallest < number:
            raise RequestError(
                f"{number} folds need {number} rows of each outcome; one has {smallest}.",
                hint="Start with fewer folds.",
            )
        if used == "group":
            grouped = StratifiedGroupKFold(number, shuffle=True, random_state=seed)
            pairs = list(grouped.split(training, labels, training[schema.GROUP]))
        else:
            stratified = StratifiedKFold(number, shuffle=True, random_state=seed)
            pairs = list(stratified.split(training, labels))
    for learn, validate in pairs:
        if len(learn) < MINIMUM_FOLD_ROWS or labels.iloc[learn].nunique() < 2 or not len(validate):
            raise RequestError(
                f"With {number} folds one fold has {len(learn)} rows to learn from, too few.",
                hint="Start with fewer folds, a larger table or split=random.",
            )
    return pairs


def _forward_folds(training: pd.DataFrame, number: int) -> list[tuple[Rows, Rows]]:
    """Validate on the later half of the training rows, block by block, always on the future."""
    ordered = training.sort_values([schema.START, "phase_id"], kind="stable").index.to_numpy()
    starts = training[schema.START]
    edges = np.linspace(len(ordered) // 2, len(ordered), number + 1).astype(int)
    pairs = []
    for first, last in pairwise(edges):
        cut = starts.loc[ordered[first]]
        earlier = ordered[:first]
        known = (training[schema.PLANNED_END] < cut).loc[earlier].to_numpy()
        pairs.append((earlier[known], ordered[first:last]))
    return pairs
