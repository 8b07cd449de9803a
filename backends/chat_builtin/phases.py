"""A construction phase in a request's words."""

import re

from backends.chat_builtin.words import durations_in_days, settings, start_date, with_digits
from core import clock
from core.pipelines import ParameterValue

_BOROUGHS = ("Staten Island", "Manhattan", "Brooklyn", "Queens", "Bronx")
_LEVELS = {
    "HS": r"high[\s-]?schools?|\bhs\b",
    "IS": r"(?:middle|intermediate|junior high)[\s-]?schools?|\bis\b(?=\s+(?:school|building))",
    "PS": r"(?:elementary|primary|public)[\s-]?schools?|\bps\b",
}
# What the description of such work says in the city's own lists, by how people call it.
_WORK = {
    r"\broof|\bmasonry|\bwindows?\b|\bparapet|\bfacade|\bexterior": "roof_envelope",
    r"\bcameras?\b|\bsurveillance|\bipdvs": "ipdvs_cameras",
    r"\bboilers?|\bheating|\bclimate|\bhvac|\bair[\s-]condition|\bventilation": "heating_climate",
    r"\baccessib|\bramps?\b|\belevators?|\blifts?\b|\bada\b": "accessibility",
    r"\binterior|\bbathrooms?|\btoilets?|\bclassrooms?|\bauditorium|\bgym": "interior_upgrade",
    r"\bplayground|\boutdoor|\bpaved|\bathletic": "playground_outdoor",
    r"\bnew (?:building|school)|\baddition\b": "new_building",
    r"\bdemolition|\bdemolish|\btcu\b": "demolition_tcu",
    r"\belectric": "electrical",
    r"\bfire|\bsprinkler|\balarm": "fire_life_safety",
    r"\bflood|\bstructural|\bfoundation": "flood_structural",
    r"\bplumbing|\bpipes?\b|\bpiping": "plumbing",
    r"\bnetwork|\blow[\s-]voltage|\bcabling": "low_voltage_it",
}
_JOB = re.compile(
    r"(?:\ba|\ban|\bthe|\bof|\bfor|\bmy)\s+((?:[\w/]+\s+){0,3}?"
    r"(?:replacement|repair|upgrade|renovation|installation|addition|demolition))s?\b",
    re.I,
)
_KEYS = frozenset(
    "phase planned_duration_days start_date borough district school_level project_type"
    " work_category description prev_phase_adherence prev_phase_delay_days".split()
)


def phase_in(text: str) -> dict[str, ParameterValue]:
    """Return what the text says of a phase, by the keys that `predict_delay` takes."""
    plain = with_digits(text)
    found: dict[str, ParameterValue] = {
        key: value for key, value in settings(text).items() if key in _KEYS
    }
    found |= {key: value for key, value in _place(plain).items() if key not in found}
    found |= {key: value for key, value in _work(plain).items() if key not in found}
    found |= {key: value for key, value in _times(plain).items() if key not in found}
    return found


def _place(text: str) -> dict[str, ParameterValue]:
    found: dict[str, ParameterValue] = {}
    for borough in _BOROUGHS:
        if re.search(rf"\b{borough}\b", text, re.I):
            found["borough"] = borough
            break
    if district := re.search(r"\bdistrict\s*(?:number\s*|no\.?\s*|#)?(\d{1,2})\b", text, re.I):
        found["district"] = district[1]
    for level, pattern in _LEVELS.items():
        if re.search(pattern, text, re.I):
            found["school_level"] = level
            break
    return found


def _work(text: str) -> dict[str, ParameterValue]:
    found: dict[str, ParameterValue] = {}
    named = [category for pattern, category in _WORK.items() if re.search(pattern, text, re.I)]
    if named:
        found["work_category"] = named[0]
    if job := _JOB.search(text):
        found["description"] = job[1].upper()
    return found


def _times(text: str) -> dict[str, ParameterValue]:
    found: dict[str, ParameterValue] = {}
    lowered = text.casefold()
    # "my scope phase was 20 days late, will the design be late": the later one is asked about.
    stages = re.findall(r"\b(scope|design)(?:ing)?\b", lowered)
    if stages:
        found["phase"] = stages[-1].capitalize()
    late = re.search(r"(\d+)\s*(days?|weeks?|months?)\s*(?:late|delay(?:ed)?|behind|over)", lowered)
    for days, begin, _ in durations_in_days(text):
        if late and begin == late.start():
            found["prev_phase_delay_days"] = days
            found["prev_phase_adherence"] = "Delayed"
        elif "planned_duration_days" not in found:
            found["planned_duration_days"] = days
    if "planned_duration_days" not in found and (
        planned := re.search(r"(\d+) planned days|planned[^.\d]{0,20}(\d+) days", lowered)
    ):
        found["planned_duration_days"] = float(planned[1] or planned[2])
    if date := start_date(text, clock.now().date()):
        found["start_date"] = date
    return found
