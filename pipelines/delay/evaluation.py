"""What a run of the delay pipeline found out, as one typed value."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter, ValidationError

from core.errors import RequestError
from core.pipelines import ParameterValue
from pipelines.delay.data import DataDescription
from pipelines.delay.splitting import SplitDescription

Answers = npt.NDArray[np.integer]
CONFIDENCE = 0.95
"""How sure we want to be before a difference counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassReport:
    """How well one outcome was recognised."""

    precision: float
    recall: float
    f1: float
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelScores:
    """How one classifier did."""

    name: str
    parameters: Mapping[str, ParameterValue]
    cv_accuracy: float
    """Mean over the folds inside the training rows; models are chosen by it."""
    cv_deviation: float
    accuracy: float
    accuracy_error: float
    """Standard error of the accuracy."""
    balanced_accuracy: float
    macro_f1: float
    roc_auc: float
    confusion: tuple[tuple[int, int], tuple[int, int]]
    """Rows are the truth, columns the answers; on time first, then delayed."""
    classes: Mapping[str, ClassReport]
    candidates: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineScores:
    """How an answer without a model did on the test rows."""

    rule: str
    accuracy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SubgroupScores:
    """How the winner did on some of the test rows."""

    rows: int
    delayed_share: float
    accuracy: float
    balanced_accuracy: float
    roc_auc: float | None
    """None where the subgroup has one outcome only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Whether the winner may be registered."""

    passed: bool
    minimum_accuracy: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The comparison of all classifiers of a run."""

    winner: str
    why: str
    models: tuple[ModelScores, ...]
    """Best cross-validated accuracy first."""
    within_noise: tuple[str, ...]
    """Models whose test accuracy cannot be told from the winner's."""
    baselines: Mapping[str, BaselineScores]
    """`majority` and `one_rule`."""
    subgroups: Mapping[str, SubgroupScores]
    """`cameras` and `without cameras`; empty where the table has no cameras."""
    importances: Mapping[str, float]
    """Loss of ROC AUC when a feature of the winner is shuffled, largest first."""
    beats_chance: bool
    verdict: str
    """One plain sentence: does any model beat chance?"""
    gate: Gate
    data: DataDescription
    split: SplitDescription
    notes: tuple[str, ...]
    seconds: float
    """Of all searches together and of this comparison."""

    @property
    def names(self) -> tuple[str, ...]:
        """The models that were compared, in their order."""
        return tuple(model.name for model in self.models)

    def scores(self, name: str = "") -> ModelScores:
        """Return the scores of one model, by default the winner's."""
        return next(model for model in self.models if model.name == (name or self.winner))

    def headline(self) -> dict[str, float]:
        """Return the winner's numbers and the baselines' by name."""
        best = self.scores()
        return {
            "accuracy": best.accuracy,
            "balanced_accuracy": best.balanced_accuracy,
            "f1": best.macro_f1,
            "roc_auc": best.roc_auc,
            "cv_accuracy": best.cv_accuracy,
            "accuracy_error": best.accuracy_error,
            "majority_accuracy": self.baselines["majority"].accuracy,
            "one_rule_accuracy": self.baselines["one_rule"].accuracy,
        }

    def to_json(self) -> bytes:
        """Write the evaluation as JSON."""
        return _adapter().dump_json(self, indent=2)

    @classmethod
    def read(cls, content: bytes) -> "Evaluation":
        """Read an evaluation from JSON.

        Raises:
            RequestError: The content is not an evaluation.
        """
        try:
            return _adapter().validate_json(content)
        except ValidationError as error:
            raise RequestError(
                f"The metrics are not an evaluation: {error.error_count()} fields do not fit.",
                hint="Read the metrics.json of a delay-prediction run.",
            ) from error


@cache
def _adapter() -> TypeAdapter[Evaluation]:
    return TypeAdapter(Evaluation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How much more often one set of answers is right than another, on the same rows."""

    mean: float
    error: float
    comparisons: int = 1
    """How many differences are looked at together: of many, one is large by chance."""

    @property
    def is_noise(self) -> bool:
        """Whether chance explains the difference well enough."""
        return abs(self.mean) <= needed_errors(self.comparisons) * self.error

    @property
    def is_gain(self) -> bool:
        """Whether the first is better, by more than noise."""
        return self.mean > 0 and not self.is_noise


def needed_errors(comparisons: int = 1) -> float:
    """Return how many standard errors a difference needs to count, one of so many."""
    return NormalDist().inv_cdf(1 - (1 - CONFIDENCE) / 2 / comparisons)


def compare(truth: Answers, one: Answers, other: Answers, comparisons: int = 1) -> Difference:
    """Compare two sets of answers row by row, which cancels what is hard for both."""
    gains = (one == truth).astype(float) - (other == truth).astype(float)
    return Difference(
        mean=float(gains.mean()),
        error=float(gains.std(ddof=1)) / math.sqrt(len(gains)),
        comparisons=comparisons,
    )


def auc_error(auc: float, delayed: int, on_time: int) -> float:
    """Return the standard error of a ROC AUC, after Hanley and McNeil."""
    first = auc / (2 - auc)
    second = 2 * auc**2 / (1 + auc)
    variance = (
        auc * (1 - auc) + (delayed - 1) * (first - auc**2) + (on_time - 1) * (second - auc**2)
    ) / (delayed * on_time)
    return math.sqrt(max(variance, 0.0))
