"""Why a model says what it says of one row: Shapley values of groups of features.

A value is the mean change of the prediction when a group takes the row's values instead of those
of another row, over all orders in which groups can do so (Shapley 1953; sampled as by Štrumbelj and
Kononenko 2014). Along each order the changes add up to the whole difference, so whatever the
sample, the baseline and all values together are the prediction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.pipelines import ParameterValue

SEED = 20
"""The same row always gets the same reasons."""

Row = Mapping[str, ParameterValue]
Chances = Callable[[Sequence[Row]], npt.NDArray[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """What each group of features contributes to a prediction."""

    probability: float
    baseline: float
    """The mean prediction of the background."""
    effects: Mapping[str, float]
    """By group; with the baseline they add up to the probability."""


def shares_of(
    chances: Chances, row: Row, background: Sequence[Row], groups: Mapping[str, Sequence[str]]
) -> Shares:
    """Share a prediction out among groups of features.

    Args:
        chances: Returns the prediction of each row.
        row: The row to explain.
        background: Rows to hold it against, at least one.
        groups: Features by group; together all features of the row.
    """
    order = np.random.default_rng(SEED)
    names = list(groups)
    mixed: list[Row] = []
    steps: list[tuple[int, Sequence[str]]] = []
    for other in background:
        differing = [n for n in names if any(row[f] != other.get(f) for f in groups[n])]
        shuffled: Sequence[str] = [differing[at] for at in order.permutation(len(differing))]
        # Each order and its reverse: what one gives to the first, the other gives to the last.
        for path in (shuffled, shuffled[::-1]):
            steps.append((len(mixed), path))
            mixed.extend(_along(path, row, other, groups))
    answers = chances([row, *mixed])
    probability, found = float(answers[0]), answers[1:]
    effects = dict.fromkeys(names, 0.0)
    baseline = 0.0
    for start, path in steps:
        values = found[start : start + len(path) + 1]
        baseline += float(values[0]) / len(steps)
        for name, change in zip(path, np.diff(values), strict=True):
            effects[name] += float(change) / len(steps)
    return Shares(probability=probability, baseline=baseline, effects=effects)


def _along(
    path: Sequence[str], row: Row, other: Row, groups: Mapping[str, Sequence[str]]
) -> list[Row]:
    """Return the rows on the way from another row to this one, both ends included."""
    rows: list[Row] = [other]
    for name in path:
        rows.append({**rows[-1], **{feature: row[feature] for feature in groups[name]}})
    return rows
