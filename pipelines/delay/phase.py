"""Turns what a person knows of a planned phase into the features of a model."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from core.errors import RequestError, closest
from core.pipelines import ParameterValue
from pipelines.delay import schema

CAMERA_CATEGORY = "ipdvs_cameras"
# In this order the first kind of work that a description names becomes its category.
WORK = {
    CAMERA_CATEGORY: r"IPDVS|CAMERA|SURVEILLANCE",
    "new_building": r"NEW (SCHOOL|BUILDING)|LEASE|ADDITION|ANNEX|EARLY LEARN",
    "demolition_tcu": r"\bTCU|DEMOLITION|STRUCTURE REMOVAL|TRANSPORTABLE|TRAILER",
    "heating_climate": r"CLIMATE|BOILER|PLANYC|VENTILATION|HVAC|HEATING|HEAT PUMP|COOLING"
    r"|AIR CONDITION|COVID|ELECTRIFICATION",
    "roof_envelope": r"ROOF|PARAPET|MASONRY|WINDOW|EXTERIOR|FACADE|\bDOORS?\b|CHIMNEY",
    "flood_structural": r"FLOOD|STRUCTUR|REINFORC",
    "plumbing": r"WATER|PLUMBING|DRAIN|SANITARY|SEWER|LEAK|OIL TANK",
    "electrical": r"ELECTRIC|LIGHTING|LOW VOLTAGE|EXIT SIGN|\bLL ?26",
    "fire_life_safety": r"FIRE|BACKFLOW|\bRPZ|SPRINKLER|SAFETY",
    "low_voltage_it": r"LOW VOLTAGE|PUBLIC ADDRESS|TECHNOLOGY",
    "accessibility": r"PATH OF TRAVEL|ACCESSIB|ELEVATOR|\bRAMP|\bADA\b",
    "interior_upgrade": r"AUDITORIUM|\bROOMS?\b|CLASSROOM|\bLAB\b|LIBRARY|\bGYM|SCIENCE|INTERIOR"
    r"|REFRIGERATOR|FREEZER|CAFETERIA|\bPOOL|KITCHEN|LOCKER|FLOORS?\b|BATHROOM|TOILET",
    "playground_outdoor": r"PLAYGROUND|ATHLETIC|\bFIELDS?\b|YARD|PAVED|PLAY AREA"
    r"|STRUCTURE REMOVAL|REDEVELOPMENT|\bTCU",
}
CATEGORIES = (*WORK, "other")
PROJECT_TYPES = (
    "SCA CIP",
    "SCA CIP RESOA",
    "SCA Capacity",
    "SCA Lease Site Improvement",
    "3K",
    "PRE-K",
)
YEARS = range(1990, 2101)
DISTRICTS = tuple(str(number) for number in range(1, 33))
KEYS = (
    "phase",
    "planned_duration_days",
    "start_date",
    "borough",
    "district",
    "school_level",
    "project_type",
    "work_category",
    "description",
    "prev_phase_adherence",
    "prev_phase_delay_days",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseFeatures:
    """What is known of a phase, as features."""

    given: Mapping[str, ParameterValue]
    """What the person said, as understood."""
    values: Mapping[str, ParameterValue]
    """Features that follow from it."""
    imputed: tuple[str, ...]
    """Features that nobody gave."""


def phase_features(phase: Mapping[str, ParameterValue]) -> PhaseFeatures:
    """Read what a person knows of a phase and derive every feature that follows.

    Raises:
        RequestError: A key is unknown or has an impossible value; the message names it.
    """
    given = {
        key: _READERS[key](key, value)
        for key, value in ((_known_key(key), value) for key, value in phase.items())
        if value is not None and value != ""
    }
    values: dict[str, ParameterValue] = {
        key: value for key, value in given.items() if key in schema.phases_schema().features
    }
    values |= _calendar(given)
    values |= {**_work(given), **values}
    if given.get("phase") == "Scope" or given.get("prev_phase_adherence") == "none":
        values |= _no_previous_phase(given)
    if "prev_phase_delay_days" in given and "prev_phase_adherence" not in values:
        late = float(str(given["prev_phase_delay_days"])) > 0
        values["prev_phase_adherence"] = schema.DELAYED if late else schema.ON_TIME
    if "project_type" in given:
        values["is_reso_a"] = int(given["project_type"] == "SCA CIP RESOA")
    imputed = tuple(name for name in schema.phases_schema().features if name not in values)
    return PhaseFeatures(given=given, values=values, imputed=imputed)


def _known_key(key: str) -> str:
    if key in KEYS:
        return key
    schema.refuse_outcomes([key])
    near = closest(key, KEYS, limit=1)
    guess = f"Did you mean {near[0]}? " if near else ""
    raise RequestError(
        f"A phase has no {key!r}.", hint=f"{guess}What can be given: {', '.join(KEYS)}."
    )


def _calendar(given: Mapping[str, ParameterValue]) -> dict[str, ParameterValue]:
    if "start_date" not in given:
        return {}
    start = date.fromisoformat(str(given["start_date"]))
    values: dict[str, ParameterValue] = {
        "start_month": start.month,
        "start_quarter": (start.month + 2) // 3,
        "start_weekday": start.weekday(),
    }
    if "planned_duration_days" in given:
        end = start + timedelta(days=float(str(given["planned_duration_days"])))
        values["planned_end_month"] = end.month
        values["planned_end_quarter"] = (end.month + 2) // 3
    return values


def _work(given: Mapping[str, ParameterValue]) -> dict[str, ParameterValue]:
    if "description" in given:
        return work_features(str(given["description"]))
    if "work_category" in given:
        return {f"has_{kind}": int(kind == given["work_category"]) for kind in WORK}
    return {}


def work_features(description: str) -> dict[str, ParameterValue]:
    """Return what a description of the work says, as features."""
    text = description.upper().strip()
    flags = {kind: bool(re.search(pattern, text)) for kind, pattern in WORK.items()}
    items = len(text.split("/"))
    return {
        **{f"has_{kind}": int(found) for kind, found in flags.items()},
        "work_category": next((kind for kind, found in flags.items() if found), "other"),
        "n_work_items": items,
        "n_dsf_items": items,
        "description_length": len(text),
        "is_reso_a": int("RESO A" in text),
    }


def _no_previous_phase(given: Mapping[str, ParameterValue]) -> dict[str, ParameterValue]:
    contradiction = given.get("prev_phase_adherence", "none") != "none" or (
        "prev_phase_delay_days" in given
    )
    if contradiction:
        raise RequestError(
            "A Scope phase is the first, so it has no previous phase, nor has one whose "
            "prev_phase_adherence is 'none'.",
            hint="Leave out prev_phase_adherence and prev_phase_delay_days, or say phase=Design.",
        )
    return {
        "prev_phase_adherence": "none",
        "prev_phase_delay_days": None,
        "gap_from_prev_phase_days": None,
        "prev_phase_planned_days": None,
    }


def _choice(*choices: str) -> Callable[[str, ParameterValue], ParameterValue]:
    by_spelling = {_spelling(choice): choice for choice in choices}

    def read(key: str, value: ParameterValue) -> ParameterValue:
        found = by_spelling.get(_spelling(str(value)))
        if found is not None:
            return found
        near = closest(str(value), choices, limit=1)
        guess = f"Did you mean {near[0]}? " if near else ""
        raise RequestError(
            f"The {key} of a phase cannot be {value!r}.",
            hint=f"{guess}The choices are {', '.join(choices)}.",
        )

    return read


def _spelling(text: str) -> str:
    return re.sub(r"[\s_-]+", " ", text.strip().casefold())


def _number(low: float, high: float) -> Callable[[str, ParameterValue], ParameterValue]:
    def read(key: str, value: ParameterValue) -> ParameterValue:
        try:
            number = float(str(value))
        except ValueError:
            number = float("nan")
        if not low <= number <= high:
            raise RequestError(
                f"The {key} of a phase cannot be {value!r}.",
                hint=f"Give a number from {low:g} to {high:g}.",
            )
        return int(number) if number.is_integer() else number

    return read


def _day(key: str, value: ParameterValue) -> ParameterValue:
    try:
        day = date.fromisoformat(str(value).strip()[:10])
    except ValueError:
        day = date.min
    if day.year not in YEARS:
        raise RequestError(
            f"The {key} of a phase cannot be {value!r}.",
            hint=f"Give a date like 2024-05-31, from {YEARS.start} to {YEARS.stop - 1}.",
        )
    return day.isoformat()


def _text(key: str, value: ParameterValue) -> ParameterValue:
    if not isinstance(value, str):
        raise RequestError(f"The {key} of a phase cannot be {value!r}.", hint="Give a text.")
    return value.strip()


_READERS: Mapping[str, Callable[[str, ParameterValue], ParameterValue]] = {
    "phase": _choice(*schema.PHASES),
    "planned_duration_days": _number(1, 36_500),
    "start_date": _day,
    "borough": _choice(*schema.BOROUGHS),
    "district": _choice(*DISTRICTS),
    "school_level": _choice(*schema.SCHOOL_LEVELS),
    "project_type": _choice(*PROJECT_TYPES),
    "work_category": _choice(*CATEGORIES),
    "description": _text,
    "prev_phase_adherence": _choice(*schema.ADHERENCES),
    "prev_phase_delay_days": _number(-10_000, 10_000),
}
