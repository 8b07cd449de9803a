"""A phase with one input otherwise, to find out what a verdict hangs on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from core.errors import RequestError
from core.pipelines import ParameterValue
from pipelines.delay import schema
from pipelines.delay.phase import CATEGORIES, PROJECT_TYPES, PhaseFeatures, phase_features

DURATIONS = (1.1, 0.9, 1.25, 0.75, 1.5, 0.5, 2.0)
"""Nearest first: the smallest change that is enough is told."""
TYPICAL_DURATION_DAYS = 150
MONTHS_LATER = (1, 2, 3, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseVariation:
    """The phase with one input otherwise."""

    what: str
    value: str
    features: PhaseFeatures


def variations(phase: Mapping[str, ParameterValue]) -> list[PhaseVariation]:
    """Return a phase with one input after the other changed, the nearest values first.

    Args:
        phase: What a person knows of it, as for `phase_features`.
    """
    given = phase_features(phase).given
    found = []
    for what, value in _changes(given):
        changed = {**given, what: value}
        if what == "work_category":
            # The description would speak for the work that it names.
            changed.pop("description", None)
        try:
            features = phase_features(changed)
        except RequestError:
            # A Scope phase has no previous one; what contradicts the rest is not tried.
            continue
        found.append(PhaseVariation(what=what, value=str(value), features=features))
    return found


def _changes(given: Mapping[str, ParameterValue]) -> Iterator[tuple[str, ParameterValue]]:
    planned = float(str(given.get("planned_duration_days", TYPICAL_DURATION_DAYS)))
    for factor in DURATIONS:
        yield "planned_duration_days", max(1, round(planned * factor))
    if "start_date" in given:
        start = date.fromisoformat(str(given["start_date"]))
        for months in MONTHS_LATER:
            yield "start_date", _later(start, months).isoformat()
    for key, choices in (
        ("prev_phase_adherence", (schema.ON_TIME, schema.DELAYED)),
        ("phase", schema.PHASES),
        ("work_category", CATEGORIES),
        ("project_type", PROJECT_TYPES),
        ("borough", schema.BOROUGHS),
        ("school_level", schema.SCHOOL_LEVELS),
    ):
        yield from ((key, choice) for choice in choices if choice != given.get(key))


def _later(start: date, months: int) -> date:
    month = start.month - 1 + months
    return date(start.year + month // 12, month % 12 + 1, min(start.day, 28))
