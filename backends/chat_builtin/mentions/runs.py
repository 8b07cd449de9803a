"""Runs that are meant by their day or by a part of their name or id."""

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta

from core import clock
from core.focus import Focus
from core.runs import Run
from core.world import World

_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_MONTHS = (
    "january february march april may june july august september october november december".split()
)
_WEEKDAY = rf"(?P<weekday>{'|'.join(_WEEKDAYS)})"
_MONTH = "|".join(f"{name}|{name[:3]}" for name in _MONTHS)
_DAY = (
    rf"(?:(?:last |this )?{_WEEKDAY}"
    r"|(?P<near>yesterday|today|last night|this morning|the day before yesterday)"
    r"|(?P<iso>\d{4}-\d{2}-\d{2})"
    rf"|(?:the )?(?P<nth>\d{{1,2}})(?:st|nd|rd|th)(?: of (?P<of>{_MONTH}))?"
    rf"|(?P<month>{_MONTH}) (?P<dom>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)"
    rf"|(?P<dom2>\d{{1,2}}) (?P<month2>{_MONTH})"
    r"|(?P<dashed>(?:0\d|1[0-2])-(?:[0-2]\d|3[01]))(?![\d-]))"
)
_JOB = r"(?:run|job|one|training|execution|pipeline run)"
_ASKED_BACK = re.compile(r"\b(?:why|did|was|went|what happened|broke|failed|how come)\b", re.I)
_RELATIVE = re.compile(
    r"\b(?:(?:the |that )?(?:\w+|one|run) (?:of|from|on) )?the (?:day |one )?"
    r"(?P<way>before|after|earlier|previous|next|following)(?: day| one)?\b(?!\s+\w+ing)",
    re.I,
)
_STANDING = re.compile(
    r"\b(?:schedul\w+|back to life|back on|every|each|activat\w*|reactivat\w*|resume\w*"
    r"|pause\w*|cron|timer|hold"
    r"|(?:move|shift)\b.*\bto)\b",
    re.I,
)
_ID = re.compile(r"(?<![\w./-])(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{4,7}(?![\w-]|\.\w)", re.I)
_DIGITS = re.compile(
    r"(?<![\w./:-])(?:(?:the |run |number |no\. ?|nightly "
    r"|#)*)(\d{3,5})(?:['\u2019]?s\b)?(?![\w:/%-]|\.\d)",
    re.I,
)


def day_in(text: str) -> str:
    """Return the day that a text names, as ISO 8601; empty when it names none."""
    found = re.search(_DAY, text, re.I)
    wanted = _dates(found) if found else []
    return wanted[0].isoformat() if wanted else ""


def days(text: str, focus: Focus, world: World) -> str:
    """Return a text with runs named that are meant by their day: "tuesday's nightly"."""
    runs = world.recent_runs()
    text = _beside(text, focus, runs)
    if not re.search(_DAY, text, re.I) or _STANDING.search(text):
        return text
    families = _families(world, runs)
    noun = rf"(?P<family>{'|'.join(map(re.escape, sorted(families, key=len, reverse=True)))})"
    noun = rf"(?:{noun}(?: {_JOB}(?!s))?|{_JOB}(?!s))(?![\w-])"
    spoken = _family_of(focus.run, runs)

    def put(found: re.Match[str]) -> str:
        nonlocal spoken
        family = (found.groupdict().get("family") or "").casefold()
        spoken = family or spoken
        return _named(found, runs, families.get(spoken, ()), found[0])

    text = re.sub(rf"\b(?:the |that |our )?{_DAY}(?:['\u2019]?s)? {noun}", put, text, flags=re.I)
    text = re.sub(
        rf"\b(?:the |that |our )?{noun} (?:of|from|on|for) (?:the )?{_DAY}(?![\w-])",
        put,
        text,
        flags=re.I,
    )
    if spoken:
        text = re.sub(rf"\b{_DAY}['\u2019]s(?! \w+ (?:at|from)\b)(?=\W|$)", put, text, flags=re.I)
        text = re.sub(
            rf"\b(?:that|the one|the other) (?:of|from|on) (?:the )?{_DAY}(?![\w-])",
            put,
            text,
            flags=re.I,
        )
    return _apart(text, noun, put)


def _beside(text: str, focus: Focus, runs: Sequence[Run]) -> str:
    """Name the run of the day before or after the one that was spoken of."""
    found = _RELATIVE.search(text)
    now = next((run for run in runs if focus.run in {run.id, run.name}), None)
    if found is None or now is None:
        return text
    step = -1 if found["way"].casefold() in {"before", "earlier", "previous"} else 1
    family = [r for r in runs if r.name.partition("-")[0] == now.name.partition("-")[0]]
    day = now.created_at.date() + timedelta(days=step)
    that_day = [run for run in family if run.created_at.date() == day]
    return text if len(that_day) != 1 else _RELATIVE.sub(that_day[0].name, text, count=1)


def _apart(text: str, noun: str, put: Callable[[re.Match[str]], str]) -> str:
    """Name a run whose day stands apart from it: "why did the drift check break on tuesday"."""
    if not _ASKED_BACK.search(text):
        return text
    pattern = rf"\b(?:the |our )?{noun}(?P<between>(?: \w+){{1,3}}?) (?:on |of )?(?:the )?{_DAY}\b"
    found = re.search(pattern, text, re.I)
    if found is None or not found["family"]:
        return text
    name = put(found)
    if name == found[0]:
        return text
    return f"{text[: found.start()]}{name}{found['between']}{text[found.end() :]}"


def _families(world: World, runs: Sequence[Run]) -> dict[str, Sequence[Run]]:
    """Return the runs that share the first word of their names, or a pipeline, by what it says."""
    families: dict[str, list[Run]] = {}
    for run in runs:
        first = run.name.casefold().partition("-")[0]
        for said in {first, run.pipeline, run.pipeline.replace("-", " ")}:
            families.setdefault(said, []).append(run)
    made_up = {p.name.partition("-")[0] for p in world.pipelines()}
    return {said: every for said, every in families.items() if said not in made_up and said}


def _family_of(run: str, runs: Sequence[Run]) -> str:
    named = next((one.name for one in runs if run in {one.id, one.name}), "")
    return named.casefold().partition("-")[0]


def _named(found: re.Match[str], runs: Sequence[Run], family: Sequence[Run], typed: str) -> str:
    """Return the name of the one run of the day; what was typed if there is none or several."""
    among = family or runs
    if (found["near"] or "").casefold() == "last night":
        return _of_the_night(among, typed)
    for day in _dates(found):
        that_day = [run for run in among if run.created_at.date() == day]
        if len(that_day) == 1 or (that_day and family):
            return that_day[0].name
    return typed


def _of_the_night(among: Sequence[Run], typed: str) -> str:
    """Return the one run that began between six in the evening and eight in the morning, UTC."""
    morning = clock.now().replace(hour=8, minute=0, second=0, microsecond=0)
    that_night = [
        run for run in among if morning - timedelta(hours=14) <= run.created_at <= morning
    ]
    return that_night[0].name if len(that_night) == 1 else typed


def _dates(found: re.Match[str]) -> Sequence[date]:
    """Return the days that a phrase may mean, the likeliest first; a weekday is the last one."""
    today = clock.now().date()
    said = {name: value.casefold() for name, value in found.groupdict().items() if value}
    if weekday := said.get("weekday"):
        back = (today.weekday() - _WEEKDAYS.index(weekday)) % 7
        return [today - timedelta(days=back or 7)] if back else [today, today - timedelta(days=7)]
    if near := said.get("near"):
        ago = {"yesterday": [1], "today": [0], "this morning": [0]}
        return [today - timedelta(days=days) for days in ago.get(near, [2])]
    if iso := said.get("iso"):
        return _dated(*map(int, iso.split("-")))
    if dashed := said.get("dashed"):
        return _dated(today.year, *map(int, dashed.split("-")))
    day = int(said.get("nth") or said.get("dom") or said.get("dom2") or 0)
    name = said.get("of") or said.get("month") or said.get("month2") or ""
    if name:
        month = next(i for i, one in enumerate(_MONTHS, 1) if one.startswith(name[:3]))
        return _dated(today.year - (month > today.month), month, day)
    before = today.replace(day=1) - timedelta(days=1)
    same = _dated(today.year, today.month, day)
    return same if day <= today.day else _dated(before.year, before.month, day)


def _dated(year: int, month: int, day: int) -> Sequence[date]:
    try:
        return [date(year, month, day)]
    except ValueError:
        # The 31st of a month that has none is no day at all.
        return []


def numbers(text: str, world: World) -> str:
    """Return a text with runs named that are meant by the end of a name or the start of an id."""
    runs = world.recent_runs()

    def by_number(found: re.Match[str]) -> str:
        fitting = [run.name for run in runs if re.fullmatch(rf".*-{found[1]}", run.name)]
        return fitting[0] if len(fitting) == 1 else found[0]

    def by_id(found: re.Match[str]) -> str:
        fitting = [run.id for run in runs if run.id.startswith(found[0].casefold())]
        return fitting[0] if len(fitting) == 1 else found[0]

    return _ID.sub(by_id, _DIGITS.sub(by_number, text))
