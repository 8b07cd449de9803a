"""Runs side by side: the types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from core.metrics import Direction
from core.runs import RunState


class Verdict(StrEnum):
    """What a difference between numbers is worth."""

    BETTER = "better"
    """One run is better, by more than noise."""
    WITHIN_NOISE = "within noise"
    EQUAL = "equal"
    UNKNOWN = "unknown"
    """Nobody can tell: no direction, or nothing from which noise could be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRun:
    """A run that is compared."""

    id: str
    name: str
    pipeline: str
    state: RunState
    started_at: datetime | None = None
    test_rows: int | None = None
    """How many rows it was tested on, where that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that is not the same in all runs, by run id."""

    kind: str
    """`parameter`, `data` or `version`."""
    name: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricComparison:
    """One metric of all runs, by run id."""

    name: str
    direction: Direction
    values: Mapping[str, float]
    """Only of runs that measured it."""
    errors: Mapping[str, float] = field(default_factory=dict)
    """Standard errors, where they can be told."""
    best: str = ""
    """The id of the run with the best value; empty where the direction is unknown or two tie."""
    verdict: Verdict
    in_words: str
    """What the numbers say, in one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """Runs of one configuration, as an interval for each metric."""

    runs: tuple[str, ...]
    """Their ids."""
    intervals: Mapping[str, tuple[float, float, float]]
    """Mean and the ends of the 95 % interval of the mean, by metric."""
    in_words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Runs side by side."""

    runs: tuple[ComparedRun, ...]
    metrics: tuple[MetricComparison, ...]
    differences: tuple[Difference, ...]
    repeats: tuple[Repeats, ...] = ()
    without_metrics: tuple[str, ...] = ()
    """Ids of runs that measured nothing that was asked for."""
    summary: str
    notes: tuple[str, ...] = ()
