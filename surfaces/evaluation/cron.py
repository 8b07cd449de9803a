"""When a cron expression fires: five fields, UTC."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from core import clock

_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_NAMES: tuple[dict[str, int], ...] = (
    {},
    {},
    {},
    dict(zip("jan feb mar apr may jun jul aug sep oct nov dec".split(), range(1, 13), strict=True)),
    dict(zip("sun mon tue wed thu fri sat".split(), range(7), strict=True)),
)
_SHORT = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
}


def firings(expression: str) -> frozenset[datetime] | None:
    """Return the instants of the coming year at which an expression fires; None if it is none."""
    return _firings(expression.strip().casefold(), clock.now().replace(second=0, microsecond=0))


@lru_cache(maxsize=32)
def _firings(expression: str, now: datetime) -> frozenset[datetime] | None:
    fields = _SHORT.get(expression, expression).split()
    if len(fields) != len(_RANGES):
        return None
    try:
        minutes, hours, days, months, weekdays = (
            _values(field, *bounds, names)
            for field, bounds, names in zip(fields, _RANGES, _NAMES, strict=True)
        )
    except ValueError:
        return None
    weekdays = {day % 7 for day in weekdays}
    either = fields[2] != "*" and fields[4] != "*"
    fired = set()
    midnight = datetime(now.year, now.month, now.day, tzinfo=UTC)
    for date in (midnight + timedelta(days=number) for number in range(367)):
        by_day, by_weekday = date.day in days, date.isoweekday() % 7 in weekdays
        if date.month in months and (by_day or by_weekday if either else by_day and by_weekday):
            fired |= {date.replace(hour=h, minute=m) for h in hours for m in minutes}
    return frozenset(at for at in fired if now <= at < now + timedelta(days=365))


def _values(field: str, low: int, high: int, names: dict[str, int]) -> set[int]:
    """Return the numbers that a field stands for.

    Raises:
        ValueError: It is no field of a cron expression.
    """
    values: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        start = low if first == "*" else _one(first, names)
        end = _one(last, names) if dash else high if first == "*" or step else start
        if not low <= start <= end <= high:
            raise ValueError(field)
        values |= set(range(start, end + 1, int(step or 1)))
    return values


def _one(word: str, names: dict[str, int]) -> int:
    return names[word] if word in names else int(word)
