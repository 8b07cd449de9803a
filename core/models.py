"""Registered models and their predictions: the types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from core.drift import FeatureProfile
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
    tags: Mapping[str, str] = field(default_factory=dict)
    """What training and people have noted of it: `reviewed` → `yes`."""
    bucket: str = "models"
    key: str = ""
    """Where the model file is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasChange:
    """An alias that went from one version to another."""

    alias: str
    version: int | None
    """Who holds it since; None when it was taken away."""
    previous: int | None
    """Who held it before; None when nobody did."""
    action: str
    """`registered`, `promoted` or `rolled back`."""
    at: datetime
    by: str
    """Who approved it, by the name under which they work on this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredModel:
    """A name under which versions of a model are kept."""

    name: str
    versions: tuple[ModelVersion, ...]
    """Newest first."""
    aliases: Mapping[str, int] = field(default_factory=dict)
    history: tuple[AliasChange, ...] = ()
    """Newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotedModel:
    """An alias that was handed on."""

    version: ModelVersion
    """Who holds it now."""
    change: AliasChange
    follows: tuple[str, ...] = ()
    """The names of the deployments that follow the alias, and so change with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelContest:
    """Two versions on the same rows, which neither of them has seen."""

    holder: int
    """The version that holds the alias."""
    candidate: int
    rows: int
    holder_accuracy: float
    candidate_accuracy: float
    error: float
    """Standard error of the difference, row by row."""
    verdict: str
    """Which is better, or that the difference is within noise, in words."""
    is_better: bool
    """Whether the candidate is better by more than noise."""
    source: str
    """Where the rows are from: `bucket/key`, from a date on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationBin:
    """Predictions of about the same height, and how often they came true."""

    predicted: float
    """Their mean."""
    observed: float
    """Share of delayed phases among them."""
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReference:
    """What later data and single predictions of a version are held against."""

    rows: int
    """Training rows."""
    delayed_share: float
    """Of the test rows, which the model has not seen."""
    features: Mapping[str, FeatureProfile] = field(default_factory=dict)
    """Of the training rows."""
    prediction: FeatureProfile | None = None
    """Of the probabilities on the test rows."""
    background: tuple[Mapping[str, ParameterValue], ...] = ()
    """A sample of the training rows."""
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Features that say one thing together, under the name of the one that says it best."""


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
    fairness: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)
    """Test metrics by column and group: `borough` → `Queens` → `accuracy`."""
    calibration: tuple[CalibrationBin, ...] = ()
    """Lowest predictions first."""
    robustness: Mapping[str, float] = field(default_factory=dict)
    """Test accuracy when something is wrong with one feature: `borough missing`."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Versions of Python and of the packages it was trained with."""
    lineage: Mapping[str, ParameterValue] = field(default_factory=dict)
    """Run, pipeline and its version, parameters."""
    history: tuple[AliasChange, ...] = ()
    """Aliases that this version was given or lost, newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionReason:
    """How much one feature moved a prediction."""

    feature: str
    value: str
    effect: float
    """How much of the probability of delay is due to it, in points of 1 (a Shapley value)."""
    imputed: bool = False
    """Whether nobody gave it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictFlip:
    """Something that, were it otherwise, would change a verdict; it was tried."""

    what: str
    """The input: `planned_duration_days`."""
    value: str
    """What it would have to be."""
    probability: float
    verdict: str


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
    baseline: float = 0.0
    """What the model says of other phases on average; with all effects it is the probability."""
    rest: float = 0.0
    """The effects that are too small to be among the reasons, together."""
    flips: tuple[VerdictFlip, ...] = ()
    """What would change the verdict, the nearest first."""
    tried: int = 0
    """How many other values were tried for it."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RowProblem:
    """A row of a table that could not be scored."""

    row: int
    """Counted from 1, the header not included."""
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredTable:
    """Predictions for a whole table."""

    model: str
    version: int
    source: str
    """`bucket/key` of the table."""
    target: str
    """`bucket/key` of the predictions."""
    rows: int
    scored: int
    bad: int
    """Rows that could not be scored; they are in the result too, with what is wrong."""
    problems: tuple[RowProblem, ...]
    """The first of them."""
    delayed: int
    """Rows with a verdict of `Delayed`."""
    mean_probability: float
    base_rate: float
    """Share of delayed phases in the training data, to hold the rest against."""
    filled: tuple[str, ...] = ()
    """Features that the table lacks, filled with typical values."""
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
