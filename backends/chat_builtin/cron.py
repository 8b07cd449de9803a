"""Times that come again and again, from words to five cron fields in UTC."""

import re
from dataclasses import dataclass

from backends.chat_builtin.words import with_digits

WHAT_TIME = "At what time, in UTC (for example “at 06:00”)?"
WHEN = "When shall it run, in UTC (for example “every weekday at six” or “every 15 minutes”)?"
IN_UTC = "Schedules are in UTC. What time is that in UTC?"
NOT_IN_CRON = (
    "Five cron fields cannot say that. Which days and times (UTC) instead, for example “every"
    " Monday at 06:00” or “on day 1 of every month at 06:00”?"
)

_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_NUMBER_OF_DAY = {name[:3]: number for number, name in enumerate(_DAYS)}
_DAY = r"(?:sun|mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?)(?:day)?s?"
_RAW = re.compile(
    r"(?<![\w/*-])((?:[\d*][\d*/,-]*)(?:\s+(?:[\d*][\d*/,-]*)){2}"
    r"\s+(?:[\d*][\d*/,-]*|[a-z]{3}[a-z,-]*)\s+(?:[\d*][\d*/,-]*|[a-z]{3}[a-z,-]*))(?![\w/*-])",
    re.I,
)
_CLOCK = re.compile(
    r"(?<![\d:/.*-])(?:(?P<at>at|by|around)\s+)?(?P<half>half past |quarter past |quarter to )?"
    r"(?P<hour>[01]?\d|2[0-4])(?:[:.h ](?P<minute>[0-5]\d))?\s*"
    r"(?P<half_day>(?:a|p)\.?m\b\.?|o'?clock|h\b|utc\b|hours\b|in the (?:morning|afternoon|evening)"
    r"|at night)?(?![\d:/*]|\w)",
    re.I,
)
_SPOKEN = {"noon": (12, 0), "midday": (12, 0), "midnight": (0, 0)}
_ZONE = re.compile(
    r"\b(?:cet|cest|est|edt|pst|pdt|bst|ist|jst|mez|gmt[+-]\d+|utc[+-]\d+|local time|my time"
    r"|[a-z]+ time(?=\s*(?:[.,!?]|$))(?<!run time)(?<!this time)(?<!every time)(?<!each time)"
    r"(?<!one time)(?<!same time)(?<!that time)(?<!what time)(?<!any time))\b",
    re.I,
)
_BEYOND = re.compile(
    r"\bevery (?:other|second|2nd|2) (?:day|week|month)s?\b|\b(?:bi-?weekly|fortnight\w*)\b"
    r"|\bevery \d+ (?:days|weeks)\b|\blast (?:day|\w+day|working day) of (?:the|each|every) month\b"
    r"|\b(?:first|1st|second|third|2nd|3rd) " + _DAY + r" of\b|\bbetween\b.*\band\b",
    re.I,
)
_STEP = re.compile(r"\b(?:every|each|all)\s+(?:(\d+)\s*)?-?(minute|min|hour|hr)s?\b", re.I)
_TIMES_A_DAY = re.compile(
    r"\b(?:(once|twice|thrice)|(\d+) times)\s+(?:a|per|each|every) day\b", re.I
)
_DATES = re.compile(
    r"\b(?:on )?(?:the |day )?(\d{1,2})(?:st|nd|rd|th)?(?:\s*(?:and|,)\s*(?:the )?(\d{1,2})"
    r"(?:st|nd|rd|th)?)? (?:day )?(?:of|in|every|each) (?:the |each |every |a )?month\b"
    r"|\bday (\d{1,2}) of (?:the|each|every) month\b|\bevery month on the (\d{1,2})",
    re.I,
)
_ORDINALS = {"first": "1st", "fifteenth": "15th", "second": "2nd", "third": "3rd", "tenth": "10th"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """What a text says of when to run."""

    cron: str = ""
    """Five fields; empty where something must be asked first."""
    question: str = ""
    """What to ask; empty where the fields are clear."""


def timetable_in(text: str) -> Timetable:
    """Return the five cron fields that a text means, or what must be asked first.

    “Hourly”, “daily”, “nightly”, “weekly” and “monthly” without a time mean what cron's own words
    mean: the full hour, midnight, Sunday, the first of the month. Named days need a time.
    """
    if raw := _RAW.search(text):
        return Timetable(cron=" ".join(raw[1].casefold().split()))
    plain = _plain(text)
    if _BEYOND.search(plain):
        return Timetable(question=NOT_IN_CRON)
    if often := _often(plain):
        return often
    days = _days(plain)
    if days is None:
        return Timetable(question=WHEN)
    clock = _clock(plain)
    if clock is not None and _ZONE.search(plain):
        return Timetable(question=IN_UTC)
    if clock is None and days.needs_time:
        return Timetable(question=WHAT_TIME)
    hour, minute = clock or (0, 0)
    return Timetable(cron=f"{minute} {hour} {days.day} {days.month} {days.weekday}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Days:
    day: str = "*"
    month: str = "*"
    weekday: str = "*"
    needs_time: bool = False


def _plain(text: str) -> str:
    lowered = text.casefold().replace("’", "'")  # noqa: RUF001 (people type this apostrophe)
    for word, digits in _ORDINALS.items():
        lowered = re.sub(rf"\b{word}\b(?! (?:run|time|of all))", digits, lowered)
    return with_digits(lowered)


def _often(plain: str) -> Timetable | None:
    """Return what is said by the minute or by the hour."""
    if re.search(r"\bhalf[- ]hour(?:ly)?\b|\bevery half an? hour\b", plain):
        return Timetable(cron="*/30 * * * *")
    if re.search(r"\bhourly\b", plain):
        return Timetable(cron="0 * * * *")
    if times := _TIMES_A_DAY.search(plain):
        count = {"once": 1, "twice": 2, "thrice": 3}.get(times[1] or "") or int(times[2] or 1)
        if count == 1:
            return None
        step = 24 // count if 24 % count == 0 else 0
        return Timetable(cron=f"0 */{step} * * *") if step else Timetable(question=NOT_IN_CRON)
    found = _STEP.search(plain)
    if found is None:
        return None
    step, whole = int(found[1] or 1), 60 if found[2].startswith("min") else 24
    if not step or whole % step or step == whole:
        same = {60: "0 * * * *", 24: "0 0 * * *"}.get(whole) if step == whole else ""
        return Timetable(cron=same) if same else Timetable(question=NOT_IN_CRON)
    field = "*" if step == 1 else f"*/{step}"
    return Timetable(cron=f"{field} * * * *" if whole == 60 else f"0 {field} * * *")


def _days(plain: str) -> _Days | None:
    """Return the days that are named; None where none are."""
    if dates := _DATES.search(plain):
        named = sorted({int(one) for one in dates.groups() if one})
        if all(1 <= one <= 31 for one in named):
            return _Days(day=",".join(map(str, named)))
    if re.search(r"\b(?:week|work(?:ing)?[- ]?)days?\b|\bbusiness days?\b", plain):
        return _Days(weekday="1-5", needs_time=True)
    if re.search(r"\bweekends?\b", plain):
        return _Days(weekday="0,6", needs_time=True)
    if weekdays := _weekdays(plain):
        return _Days(weekday=weekdays, needs_time=True)
    for pattern, days in _REGULAR:
        if re.search(pattern, plain):
            return days
    return None


_EACH = r"(?:every|each|once (?:a|per)|one time (?:a|per)|1 time (?:a|per))\s+"
_REGULAR = (
    (r"\bquarterly\b|" + _EACH + r"(?:quarter|3 months)\b", _Days(day="1", month="1,4,7,10")),
    (r"\bmonthly\b|" + _EACH + r"month\b", _Days(day="1")),
    (r"\byearly\b|\bannually\b|" + _EACH + r"year\b", _Days(day="1", month="1")),
    (r"\bweekly\b|" + _EACH + r"week\b", _Days(weekday="0")),
    (
        r"\b(?:morning|afternoon|evening)s\b|" + _EACH + r"(?:morning|afternoon|evening)\b",
        _Days(needs_time=True),
    ),
    (r"\bdaily\b|\bnightly\b|\bnights\b|" + _EACH + r"(?:day|night|midnight|noon)\b", _Days()),
)


def _weekdays(plain: str) -> str:
    if span := re.search(rf"\b({_DAY})\s*(?:-|–|to|through|till|until)\s*({_DAY})\b", plain):  # noqa: RUF001 (a dash as people type it)
        first, last = _NUMBER_OF_DAY[span[1][:3]], _NUMBER_OF_DAY[span[2][:3]]
        numbers = [(first + step) % 7 for step in range((last - first) % 7 + 1)]
        return f"{first}-{last}" if first < last else ",".join(map(str, sorted(numbers)))
    # "sat" and "sun" are words too: short names count only beside "every", "on" or another day.
    named = re.findall(rf"\b{'|'.join(f'{day}s?' for day in _DAYS)}\b", plain)
    short = re.findall(
        r"(?:\b(?:every|each|on)\s+|[/,&]\s*|\band\s+)(sun|mon|tue|wed|thu|fri|sat)\b", plain
    )
    found = {_NUMBER_OF_DAY[day[:3]] for day in [*named, *short]}
    return ",".join(map(str, sorted(found)))


def _clock(plain: str) -> tuple[int, int] | None:
    """Return the hour and minute that are named; None where none are."""
    for word, clock in _SPOKEN.items():
        if re.search(rf"\b{word}\b", plain):
            return clock
    # Of several numbers the one that looks most like a time counts.
    found = [one for one in _CLOCK.finditer(plain) if one["minute"] or one["half_day"]] or [
        one for one in _CLOCK.finditer(plain) if one["at"] or one["half"]
    ]
    return _time_of(found[0]) if found else None


def _time_of(found: re.Match[str]) -> tuple[int, int]:
    hour, minute = int(found["hour"]) % 24, int(found["minute"] or 0)
    part = (found["half_day"] or "").replace(".", "")
    if (part.startswith("pm") or "afternoon" in part or "evening" in part) and hour < 12:
        hour += 12
    if part.startswith("am") and hour == 12:
        hour = 0
    if found["half"]:
        quarter = {"half past ": 30, "quarter past ": 15, "quarter to ": -15}[found["half"]]
        hour, minute = (hour + quarter // 60) % 24, quarter % 60
    return hour, minute
