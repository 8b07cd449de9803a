"""Tunes one classifier at a time inside the training rows."""

import time
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from core.errors import RequestError
from core.models import TRUSTED_TYPES
from core.pipelines import ParameterValue
from pipelines.delay import schema, splitting, task
from pipelines.delay.features import feature_columns

GRIDS: Mapping[str, Mapping[str, list[object]]] = {
    "LogisticRegression": {"C": [0.1, 1, 10]},
    "DecisionTree": {"max_depth": [3, 5, 7, 10]},
    "RandomForest": {"n_estimators": [50, 100, 150]},
    "SVC": {"kernel": ["linear", "rbf"], "C": [0.1, 1, 10]},
    "KNN": {"n_neighbors": [3, 5, 7]},
    "GradientBoosting": {"n_estimators": [50, 100, 150]},
    "AdaBoost": {"n_estimators": [50, 100, 150]},
    "XGBoost": {"n_estimators": [50, 100, 150], "learning_rate": [0.01, 0.1, 0.2]},
    "MLP": {"hidden_layer_sizes": [(50,), (100,)], "alpha": [1e-4, 1e-3]},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSummary:
    """What tuning one classifier found."""

    algorithm: str
    parameters: Mapping[str, ParameterValue]
    """The best of the grid."""
    fold_accuracies: tuple[float, ...]
    """Validation accuracy of the best parameters, fold by fold."""
    candidates: int
    """How many combinations were tried."""
    seconds: float

    @property
    def accuracy(self) -> float:
        """Mean validation accuracy."""
        return float(np.mean(self.fold_accuracies))

    @property
    def deviation(self) -> float:
        """Standard deviation between folds."""
        return float(np.std(self.fold_accuracies))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """A tuned classifier, fitted on all training rows."""

    model: BaseEstimator
    summary: SearchSummary


def read_tuned(path: Path, summary: str) -> Tuned:
    """Read a tuned classifier from its file and the text of its summary."""
    return Tuned(model=load(path), summary=task.read(SearchSummary, summary))


def search(training: pd.DataFrame, algorithm: str, *, folds: int, split: str, seed: int) -> Tuned:
    """Find the best parameters of one classifier by cross-validation and fit it.

    Args:
        training: Prepared training rows; test rows never come here.
        algorithm: One of the names in `GRIDS`.
        folds: How many parts to validate on.
        split: How folds are chosen: by time, group or at random, like the test rows.
        seed: Start of every random choice.
    """
    started = time.perf_counter()
    features = feature_columns(training)
    schema.refuse_outcomes(features)
    labels = training[schema.LABEL].to_numpy()
    parts = splitting.folds(training, kind=split, number=folds, seed=seed)
    tuner = GridSearchCV(
        Pipeline([("prepare", _preparation(training)), ("classify", _classifier(algorithm, seed))]),
        {f"classify__{name}": list(values) for name, values in GRIDS[algorithm].items()},
        scoring="accuracy",
        cv=parts,
        error_score="raise",
    )
    # Several searches run side by side: numerical libraries must not start threads of their own.
    with threadpool_limits(1), warnings.catch_warnings():
        # A candidate that has not converged is judged by its score like every other.
        warnings.simplefilter("ignore", ConvergenceWarning)
        tuner.fit(training[features], labels)
        model = _with_probabilities(tuner.best_estimator_, training[features], labels)
    return Tuned(
        model=model,
        summary=SearchSummary(
            algorithm=algorithm,
            parameters=_plain_parameters(tuner.best_params_),
            fold_accuracies=tuple(
                float(tuner.cv_results_[f"split{fold}_test_score"][tuner.best_index_])
                for fold in range(len(parts))
            ),
            candidates=len(tuner.cv_results_["params"]),
            seconds=time.perf_counter() - started,
        ),
    )


def _preparation(training: pd.DataFrame) -> ColumnTransformer:
    expected = schema.schema_of(training.columns)
    numbers = Pipeline(
        [
            # "No previous phase" is a fact of its own, so a gap also becomes a column.
            # A column that is empty in one fold must still come out of it.
            (
                "fill",
                SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
            ),
            ("scale", StandardScaler()),
        ]
    )
    categories = Pipeline(
        [
            ("fill", SimpleImputer(strategy="constant", fill_value="unknown")),
            # A category seen fewer than five times says little, one never seen nothing.
            ("encode", OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=5)),
        ]
    )
    steps = [("numbers", numbers, list(expected.numbers))]
    if expected.categories:
        steps.append(("categories", categories, list(expected.categories)))
    return ColumnTransformer(steps)


def _classifier(algorithm: str, seed: int) -> BaseEstimator:
    from sklearn.ensemble import (
        AdaBoostClassifier,
        GradientBoostingClassifier,
        RandomForestClassifier,
    )
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.svm import SVC
    from sklearn.tree import DecisionTreeClassifier

    if algorithm == "XGBoost":
        # Half a second to import, for one classifier of nine.
        from xgboost import XGBClassifier

        return XGBClassifier(n_jobs=1, random_state=seed)
    classifiers: dict[str, BaseEstimator] = {
        "LogisticRegression": LogisticRegression(max_iter=2000),
        "DecisionTree": DecisionTreeClassifier(random_state=seed),
        "RandomForest": RandomForestClassifier(random_state=seed),
        "SVC": SVC(random_state=seed),
        # Its search trees would be one more kind of object to trust in a model file.
        "KNN": KNeighborsClassifier(algorithm="brute"),
        "GradientBoosting": GradientBoostingClassifier(random_state=seed),
        "AdaBoost": AdaBoostClassifier(random_state=seed),
        "MLP": MLPClassifier(max_iter=300, early_stopping=True, random_state=seed),
    }
    return classifiers[algorithm]


def _with_probabilities(
    model: Pipeline, rows: pd.DataFrame, labels: npt.NDArray[np.int_]
) -> BaseEstimator:
    """Give a classifier that only knows distances (SVC) probabilities as well."""
    if hasattr(model, "predict_proba"):
        return model
    smallest = int(np.bincount(labels).min())
    calibrated = CalibratedClassifierCV(model, ensemble=False, cv=min(5, smallest))
    return calibrated.fit(rows, labels)


def _plain_parameters(parameters: Mapping[str, object]) -> dict[str, ParameterValue]:
    plain: dict[str, ParameterValue] = {}
    for name, value in parameters.items():
        short = name.removeprefix("classify__")
        if isinstance(value, tuple):
            plain[short] = [int(size) for size in value]
        elif isinstance(value, str | int | float):
            plain[short] = value
        else:
            plain[short] = str(value)
    return plain


def probabilities(model: BaseEstimator, rows: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Return each row's probability of being delayed."""
    return np.asarray(model.predict_proba(rows[feature_columns(rows)])[:, 1], dtype=float)


def store(model: BaseEstimator, path: Path) -> None:
    """Write a model as a skops file, which holds no code to execute."""
    import skops.io

    skops.io.dump(model, path, compression=zipfile.ZIP_DEFLATED, compresslevel=1)


def load(path: Path) -> BaseEstimator:
    """Read a model that this pipeline wrote.

    Raises:
        RequestError: The file holds types that are not on the list.
    """
    import skops.io

    unknown = sorted(set(skops.io.get_untrusted_types(file=path)) - TRUSTED_TYPES)
    if unknown:
        raise RequestError(
            f"The model {path.name} holds the type {unknown[0]}, which is not trusted.",
            hint="Use a model that the pipeline made.",
        )
    return skops.io.load(path, trusted=sorted(TRUSTED_TYPES))
