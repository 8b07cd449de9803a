"""What one can say without a model: the most frequent outcome, and the best single rule."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipelines.delay import schema
from pipelines.delay.features import feature_columns

Answers = npt.NDArray[np.integer]
THRESHOLDS = 19
"""Cuts tried in a column of numbers, at evenly spaced quantiles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A prediction from at most one column."""

    description: str
    answers: Answers
    """Its answer for each test row, 1 for delayed."""


def majority(training: pd.DataFrame, testing: pd.DataFrame) -> Rule:
    """Answer with the training rows' most frequent outcome."""
    delayed = int(training[schema.LABEL].mean() >= 0.5)
    return Rule(
        description=f"always {schema.DELAYED if delayed else schema.ON_TIME}",
        answers=np.full(len(testing), delayed),
    )


def best_rule(training: pd.DataFrame, testing: pd.DataFrame) -> Rule:
    """Answer by the one column that separates the training rows best."""
    numbers = set(schema.schema_of(training.columns).numbers)
    best, best_accuracy = majority(training, testing), -1.0
    for column in feature_columns(training):
        maker = _threshold_rule if column in numbers else _category_rule
        accuracy, rule = maker(training, testing, column)
        if accuracy > best_accuracy:
            best, best_accuracy = rule, accuracy
    return best


def _threshold_rule(
    training: pd.DataFrame, testing: pd.DataFrame, column: str
) -> tuple[float, Rule]:
    labels = training[schema.LABEL].to_numpy()
    filler = training[column].median()
    values, later = (
        part[column].fillna(0 if pd.isna(filler) else filler).to_numpy()
        for part in (training, testing)
    )
    cuts = np.unique(np.quantile(values, np.linspace(0.05, 0.95, THRESHOLDS)))
    scored = [(float(np.mean((values > cut) == labels)), float(cut)) for cut in cuts]
    highest, above = max(scored)
    lowest, below = min(scored)
    if highest >= 1 - lowest:
        answers, accuracy, side, cut = later > above, highest, "above", above
    else:
        answers, accuracy, side, cut = later <= below, 1 - lowest, "up to", below
    return accuracy, Rule(
        description=f"{schema.DELAYED} where {column} is {side} {cut:g}",
        answers=answers.astype(int),
    )


def _category_rule(
    training: pd.DataFrame, testing: pd.DataFrame, column: str
) -> tuple[float, Rule]:
    shares = training.groupby(training[column].fillna("unknown"))[schema.LABEL].mean()
    delayed = set(shares[shares >= 0.5].index)
    fitted = training[column].fillna("unknown").isin(delayed).astype(int)
    named = ", ".join(sorted(str(value) for value in delayed)) or "never"
    shown = named if len(named) <= 80 else f"one of {len(delayed)} values"
    return float((fitted == training[schema.LABEL]).mean()), Rule(
        description=f"{schema.DELAYED} where {column} is {shown}",
        answers=testing[column].fillna("unknown").isin(delayed).astype(int).to_numpy(),
    )
