"""Which columns a table of phases has, and what each is allowed to be used for."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.errors import RequestError

DATA_FOLDER = Path(__file__).parent / "data"
TARGET = "Schedule Adherence"
DELAYED = "Delayed"
ON_TIME = "On Time"
GROUP = "group_id"
START = "start_date"
PLANNED_END = "planned_end_date"
CAMERAS = "has_ipdvs_cameras"
LABEL = "delayed"
"""The target as 0 or 1, in prepared tables."""

PHASES = ("Scope", "Design")
ADHERENCES = (ON_TIME, DELAYED, "none")
BOROUGHS = ("Bronx", "Brooklyn", "Manhattan", "Queens", "Staten Island")
SCHOOL_LEVELS = ("PS", "IS", "HS", "Other")
# A district is a code: 18 is not more than 17.
CATEGORICAL = (
    "prev_phase_adherence",
    "phase",
    "project_type",
    "district",
    "borough",
    "school_level",
    "work_category",
)
# What a person would call one thing: taking one column of it alone would describe no phase.
SAID_TOGETHER = {
    "planned_duration_days": ("planned_duration_days",),
    "start_month": (
        "start_month",
        "start_quarter",
        "start_weekday",
        "planned_end_month",
        "planned_end_quarter",
    ),
    "prev_phase_adherence": (
        "prev_phase_adherence",
        "prev_phase_delay_days",
        "gap_from_prev_phase_days",
        "prev_phase_planned_days",
    ),
    "building_prior_delay_rate": ("building_prior_delay_rate", "building_prior_phases"),
    "project_type": ("project_type", "is_reso_a"),
}
WORK_COUNTS = ("n_work_items", "n_dsf_items", "description_length")
SIMULATED_FEATURES = ("Project Schedules", "Construction Activity Data")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """The columns of one kind of table."""

    numbers: tuple[str, ...]
    categories: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    """Identifiers that are needed, but never as features."""

    @property
    def features(self) -> tuple[str, ...]:
        """The columns a model may learn from."""
        return self.numbers + self.categories

    @property
    def required(self) -> tuple[str, ...]:
        """Every column that must be there."""
        return (*self.keys, *self.dates, *self.features, TARGET)


@cache
def _groups() -> dict[str, list[str]]:
    document = json.loads((DATA_FOLDER / "columns.json").read_text(encoding="utf-8"))
    return {name: columns for name, columns in document.items() if isinstance(columns, list)}


@cache
def phases_schema() -> Schema:
    """Return the schema of the table of real phases."""
    groups = _groups()
    features = [
        column for name, columns in groups.items() if "(features)" in name for column in columns
    ]
    return Schema(
        numbers=tuple(column for column in features if column not in CATEGORICAL),
        categories=tuple(column for column in features if column in CATEGORICAL),
        dates=(START, PLANNED_END),
        keys=("phase_id", GROUP),
    )


SIMULATED = Schema(numbers=SIMULATED_FEATURES)


def schema_of(columns: Iterable[str]) -> Schema:
    """Recognise the kind of a table by its columns."""
    present = set(columns)
    return SIMULATED if set(SIMULATED_FEATURES) <= present else phases_schema()


def feature_groups(features: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return features that say one thing together, under the name of the one that says it best."""
    present = list(features)
    work = [name for name in present if name.startswith("has_") or name in WORK_COUNTS]
    known = {**SAID_TOGETHER, "work_category": ("work_category", *work)}
    groups: dict[str, tuple[str, ...]] = {}
    for name in present:
        head = next((first for first, members in known.items() if name in members), name)
        groups[head] = (*groups.get(head, ()), name)
    return {head if head in members else members[0]: members for head, members in groups.items()}


@cache
def outcome_columns() -> frozenset[str]:
    """Return the columns that are only known after a phase has ended."""
    known_later = next(columns for name, columns in _groups().items() if "outcome" in name)
    return frozenset((*known_later, TARGET, LABEL))


def refuse_outcomes(features: Iterable[str]) -> None:
    """Refuse features that would tell a model the answer.

    Raises:
        RequestError: A feature is an outcome.
    """
    leaking = sorted(outcome_columns().intersection(features))
    if leaking:
        raise RequestError(
            f"The column {leaking[0]!r} is an outcome and cannot be a feature.",
            hint="It is only known after the phase has ended; leave it out.",
        )
