"""Why a run failed: the types."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.runs import RunState


class Confidence(StrEnum):
    """How sure a cause is."""

    HIGH = "high"
    """The log says it in so many words."""
    MEDIUM = "medium"
    """The log fits it, and something else could look the same."""
    LOW = "low"
    """Nothing else fits better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """A line that shows a cause."""

    task: str
    """Empty where the run as a whole said it."""
    number: int
    """Its place in what was read of the task's log, from 1; 0 for a reason that no log holds."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A cause that fits what a run left."""

    kind: str
    """`missing-column`, `out-of-memory` and so on; `unknown` where no rule fits."""
    cause: str
    """In one sentence, with the names that the log gives."""
    advice: str
    """What to do about it."""
    confidence: Confidence
    task: str = ""
    evidence: tuple[LogLine, ...] = ()
    retry_helps: bool | None = None
    """Whether trying the same again may work; None where nobody can tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierFault:
    """Another run that failed in the same way, and what ended that."""

    run_id: str
    run_name: str
    failed_at: datetime
    fixed_by: str = ""
    """The id of the next run of its pipeline that succeeded; empty if there is none."""
    fixed_by_name: str = ""
    changes: tuple[str, ...] = ()
    """What was different in that run: parameters, data, the pipeline's version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What is known of why a run did not succeed."""

    run_id: str
    run_name: str
    pipeline: str
    state: RunState
    fault: Fault | None
    """The likeliest cause; None for a run that has not failed."""
    summary: str
    """In one sentence what is the matter with the run."""
    others: tuple[Fault, ...] = ()
    """Other causes that fit less well."""
    earlier: tuple[EarlierFault, ...] = ()
    """The latest first."""
    since: EarlierFault | None = None
    """What is known of this run's own fault: which later run succeeded, and how it differs."""
    notes: tuple[str, ...] = ()
    """What could not be looked at."""
