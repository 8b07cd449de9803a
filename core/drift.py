"""How far data has moved away from what a model learned from: the types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

DRIFTED_PSI = 0.2
"""From this population stability index on, a feature is said to have drifted."""
WATCHED_PSI = 0.1
"""From this one on, it is worth watching."""


class DriftVerdict(StrEnum):
    """How far a feature has moved."""

    STABLE = "stable"
    WATCH = "watch"
    DRIFTED = "drifted"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureProfile:
    """How the values of a column were distributed."""

    missing: float
    """Share of rows without a value."""
    edges: tuple[float, ...] = ()
    """For numbers: what parts the bins, rising; a value on an edge belongs to the lower bin."""
    shares: tuple[float, ...] = ()
    """For numbers: the share of each bin among the values, one more than there are edges."""
    quantiles: tuple[float, ...] = ()
    """For numbers: evenly spaced quantiles, the least and the greatest value at the ends."""
    categories: Mapping[str, float] = field(default_factory=dict)
    """For words: the share of each among the values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureDrift:
    """How far one column has moved."""

    feature: str
    psi: float
    """Population stability index, missing values being a bin of their own."""
    ks: float | None = None
    """Kolmogorov-Smirnov distance, 0 to 1; None for words."""
    missing_before: float
    missing_now: float
    verdict: DriftVerdict
    moved: str = ""
    """What has changed most, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterPerformance:
    """How a model did on rows whose outcome is known by now."""

    rows: int
    accuracy: float
    accuracy_error: float
    """Standard error."""
    expected: float
    """The accuracy that its card promises."""
    roc_auc: float | None = None
    worse: bool = False
    """Whether it is below what was promised by more than noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport:
    """What a table looks like beside the data that a model learned from."""

    model: str
    version: int
    source: str
    """What was looked at: `bucket/key`, or a deployment."""
    rows: int
    reference_rows: int
    threshold: float = DRIFTED_PSI
    features: tuple[FeatureDrift, ...]
    """The most moved first."""
    prediction: FeatureDrift | None = None
    target: FeatureDrift | None = None
    """None where the outcomes are not known yet."""
    performance: LaterPerformance | None = None
    verdict: DriftVerdict
    advice: str
    """What to do, in words."""
    retrain: str = ""
    """Why the model should be trained again; empty where no rule says so."""
    thresholds: str = ""
    """What the numbers mean, in words."""
    report: str = ""
    """`bucket/key` or the path of the HTML report, if there is one."""
    checked_at: datetime | None = None
    alerts: tuple[str, ...] = ()
    """What was told of it beside this report: the alert, and why it could not be sent, if so."""
    notes: tuple[str, ...] = ()

    @property
    def drifted(self) -> tuple[str, ...]:
        """The names of the features that have drifted."""
        return tuple(
            found.feature for found in self.features if found.verdict is DriftVerdict.DRIFTED
        )
