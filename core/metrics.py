"""What a run measured: the types."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.runs import RunState


class Direction(StrEnum):
    """Which way a metric is better."""

    HIGHER = "higher is better"
    LOWER = "lower is better"
    UNKNOWN = "nobody said which way is better"


_HIGHER = frozenset(
    "accuracy balanced_accuracy cv_accuracy precision recall sensitivity specificity f1 f1_score"
    " macro_f1 micro_f1 weighted_f1 roc_auc auc auroc pr_auc average_precision r2 r2_score kappa"
    " cohen_kappa mcc matthews_corrcoef ndcg map mrr bleu rouge rouge_l iou dice explained_variance"
    " throughput hit_rate coverage silhouette silhouette_score".split()
)
_LOWER = frozenset(
    "loss log_loss logloss cross_entropy mae mse rmse rmsle mape smape brier brier_score error"
    " error_rate ece perplexity hinge_loss wer cer fid latency_ms latency_seconds seconds"
    " training_seconds duration_seconds max_error median_absolute_error".split()
)
_PREFIXES = re.compile(r"^(?:train(?:ing)?|val(?:idation)?|test|eval|mean|cv|final|best)_")


def direction_of(metric: str) -> Direction:
    """Return which way a metric is better, by its common names; never guessed.

    A prefix such as `test_` and the item of a loop (`accuracy [SVC]`) are passed over.
    """
    name = metric.partition(" [")[0].strip().casefold().replace("-", "_").replace(" ", "_")
    while True:
        if name in _HIGHER:
            return Direction.HIGHER
        if name in _LOWER:
            return Direction.LOWER
        shorter = _PREFIXES.sub("", name)
        if shorter == name:
            return Direction.UNKNOWN
        name = shorter


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelScore:
    """How one model did in a run; every score is from 0 to 1."""

    name: str
    cv_accuracy: float
    """Mean over the folds inside the training part: what the choice rests on."""
    accuracy: float
    """On the test part, as are the following."""
    balanced_accuracy: float
    macro_f1: float
    roc_auc: float
    within_noise: bool = False
    """Whether it cannot be told apart from the winner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMetrics:
    """The numbers of a run, with what they must be compared with."""

    run_id: str
    run_name: str
    pipeline: str
    state: RunState
    metrics: Mapping[str, float]
    models: tuple[ModelScore, ...] = ()
    """Best first; empty where the pipeline compares no models."""
    winner: str = ""
    why: str = ""
    baselines: Mapping[str, float] = field(default_factory=dict)
    """Accuracy by baseline, on the same test part."""
    subgroups: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    split: str = ""
    """How training and test rows were parted, in words."""
    verdict: str = ""
    """Whether any model beats chance and the baselines, in words."""
    gate: str = ""
    """Whether the model may be registered, and why, in words."""
    notes: tuple[str, ...] = ()
    report: str = ""
    """`bucket/key` of the report, if there is one."""
