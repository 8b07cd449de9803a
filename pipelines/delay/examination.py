"""Looks closer at the winner of a run: for whom it works, when to believe it, what upsets it."""

import importlib.metadata
import platform
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from core.models import CalibrationBin, ModelReference
from core.pipelines import ParameterValue
from pipelines.delay import schema
from pipelines.delay.evaluation import Answers
from pipelines.delay.features import feature_columns
from pipelines.delay.training import probabilities
from pipelines.drift.profiles import profile_of

FAIRNESS_COLUMNS = ("borough", "school_level")
SMALLEST_GROUP = 10
"""Of fewer test rows a share says nothing."""
CALIBRATION_BINS = 5
UPSET_FEATURES = 8
UPSET_ROWS = 300
SHIFT_DEVIATIONS = 1.0
BACKGROUND_ROWS = 60
"""More move the reasons of a prediction by less than a point, and make it slower."""
PACKAGES = ("scikit-learn", "numpy", "pandas", "scipy", "skops", "xgboost-cpu")


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What a card says beyond the comparison of the models."""

    fairness: Mapping[str, Mapping[str, Mapping[str, float]]]
    calibration: tuple[CalibrationBin, ...]
    robustness: Mapping[str, float]
    environment: Mapping[str, str]


def examine(
    model: BaseEstimator, testing: pd.DataFrame, importances: Mapping[str, float], seed: int
) -> Examination:
    """Examine a fitted model on its test rows.

    Args:
        model: The winner.
        testing: Prepared test rows.
        importances: Its features, the most important first.
        seed: Start of the drawing of rows.
    """
    chances = probabilities(model, testing)
    truth = testing[schema.LABEL].to_numpy()
    return Examination(
        fairness=_fairness(testing, truth, chances),
        calibration=_calibration(truth, chances),
        robustness=_robustness(model, testing, importances, seed),
        environment=environment(),
    )


def _fairness(
    testing: pd.DataFrame, truth: Answers, chances: "np.ndarray[tuple[int], np.dtype[np.float64]]"
) -> dict[str, dict[str, dict[str, float]]]:
    answers = (chances >= 0.5).astype(int)
    tables: dict[str, dict[str, dict[str, float]]] = {}
    for column in FAIRNESS_COLUMNS:
        if column not in testing.columns:
            continue
        groups = testing[column].fillna("unknown").astype(str).to_numpy()
        tables[column] = {
            str(group): _group_scores(truth[groups == group], answers[groups == group])
            for group in np.unique(groups)
            if int((groups == group).sum()) >= SMALLEST_GROUP
        }
    return tables


def _group_scores(truth: Answers, answers: Answers) -> dict[str, float]:
    accuracy = float((truth == answers).mean())
    late, punctual = truth == 1, truth == 0
    scores = {
        "rows": float(len(truth)),
        "delayed_share": float(truth.mean()),
        "accuracy": accuracy,
        "accuracy_error": float(np.sqrt(accuracy * (1 - accuracy) / len(truth))),
        "predicted_share": float(answers.mean()),
    }
    if late.any():
        scores["missed_delays"] = float((answers[late] == 0).mean())
    if punctual.any():
        scores["false_alarms"] = float((answers[punctual] == 1).mean())
    return scores


def _calibration(
    truth: Answers, chances: "np.ndarray[tuple[int], np.dtype[np.float64]]"
) -> tuple[CalibrationBin, ...]:
    places = np.minimum((chances * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    return tuple(
        CalibrationBin(
            predicted=float(chances[places == place].mean()),
            observed=float(truth[places == place].mean()),
            rows=int((places == place).sum()),
        )
        for place in np.unique(places)
    )


def _robustness(
    model: BaseEstimator, testing: pd.DataFrame, importances: Mapping[str, float], seed: int
) -> dict[str, float]:
    """Return the accuracy with one feature missing everywhere, or moved by a deviation."""
    rows = testing.sample(min(UPSET_ROWS, len(testing)), random_state=seed)
    truth = rows[schema.LABEL].to_numpy()
    numbers = set(schema.schema_of(rows.columns).numbers)
    upset = {"as it is": rows}
    for name in list(importances)[:UPSET_FEATURES]:
        gap = np.nan if name in numbers else None
        upset[f"{name} missing"] = rows.assign(**{name: gap})
        if name in numbers and rows[name].nunique() > 2:
            shift = SHIFT_DEVIATIONS * float(rows[name].std())
            upset[f"{name} higher by {shift:.3g}"] = rows.assign(**{name: rows[name] + shift})
    # One call for all: a forest of many small trees is slow to ask, not to answer.
    chances = probabilities(model, pd.concat(upset.values(), ignore_index=True))
    parts = np.split((chances >= 0.5).astype(int), len(upset))
    return {what: float((part == truth).mean()) for what, part in zip(upset, parts, strict=True)}


def environment() -> dict[str, str]:
    """Return the versions of what a model is trained with."""
    installed = {
        str(found.metadata["Name"]): found.version for found in importlib.metadata.distributions()
    }
    return {
        "python": platform.python_version(),
        **{package: installed[package] for package in PACKAGES if package in installed},
    }


def reference(
    model: BaseEstimator, training: pd.DataFrame, testing: pd.DataFrame, seed: int
) -> ModelReference:
    """Return what later data and single predictions are held against."""
    features = feature_columns(training)
    numbers = set(schema.schema_of(training.columns).numbers)
    sample = training.sample(min(BACKGROUND_ROWS, len(training)), random_state=seed)
    return ModelReference(
        rows=len(training),
        delayed_share=float(testing[schema.LABEL].mean()),
        features={name: profile_of(training[name], is_number=name in numbers) for name in features},
        prediction=profile_of(pd.Series(probabilities(model, testing)), is_number=True),
        background=tuple(
            {str(name): _plain(value, is_number=name in numbers) for name, value in row.items()}
            for row in sample[features].to_dict("records")
        ),
        groups=schema.feature_groups(features),
    )


def _plain(value: object, *, is_number: bool) -> ParameterValue:
    if value is None or value != value:
        return None
    return float(str(value)) if is_number else str(value)
