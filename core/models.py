"""Registered models and their predictions: the types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from core.pipelines import ParameterValue

TRUSTED_TYPES = frozenset(
    {
        "numpy.dtype",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.tree._tree.Tree",
        "xgboost.core.Booster",
        "xgboost.sklearn.XGBClassifier",
    }
)
"""Types beyond skops' own list that a model file may hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """One registered version of a model."""

    model: str
    version: int
    run_id: str
    algorithm: str
    """`RandomForest`, `SVC` and so on."""
    registered_at: datetime
    aliases: tuple[str, ...] = ()
    """`champion`, `challenger`; empty for most."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    bucket: str = "models"
    key: str = ""
    """Where the model file is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredModel:
    """A name under which versions of a model are kept."""

    name: str
    versions: tuple[ModelVersion, ...]
    """Newest first."""
    aliases: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """What one should know before using a version of a model."""

    version: ModelVersion
    purpose: str
    data: Mapping[str, ParameterValue]
    """Object, content hash, rows, first and last start date."""
    split: Mapping[str, ParameterValue]
    """Kind, rows for training and for testing, the cut."""
    metrics: Mapping[str, float]
    baselines: Mapping[str, float]
    """Accuracy by baseline: the majority class, the best one-column rule."""
    subgroups: Mapping[str, Mapping[str, float]]
    """Metrics by subgroup: `cameras`, `without cameras`."""
    importances: Mapping[str, float]
    """Permutation importance by feature, largest first."""
    parameters: Mapping[str, ParameterValue]
    """The best hyperparameters found."""
    notes: tuple[str, ...] = ()
    """Caveats in words."""
    base_rate: float = 0.0
    """Share of delayed phases in the training data."""
    typical: Mapping[str, Mapping[str, ParameterValue]] = field(default_factory=dict)
    """A typical row of the training data by phase; the entry `` is typical of all rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionReason:
    """How much one feature moved a prediction."""

    feature: str
    value: str
    effect: float
    """Change of the probability of delay, in points of 1, against a typical phase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """How likely a phase is to be late, and why."""

    model: str
    version: int
    algorithm: str
    probability: float
    """Of `Delayed`, from 0 to 1."""
    verdict: str
    """`Delayed` or `On Time`."""
    base_rate: float
    """Share of delayed phases in the training data."""
    reasons: tuple[PredictionReason, ...]
    given: Mapping[str, ParameterValue]
    imputed: tuple[str, ...]
    """Features nobody gave, filled with typical values."""
    accuracy: float
    """Of this version on its test rows."""
    notes: tuple[str, ...] = ()
