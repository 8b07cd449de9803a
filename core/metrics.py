"""What a run measured: the types."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.runs import RunState


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
