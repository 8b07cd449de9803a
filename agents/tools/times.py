"""Points in time, in the words that people use."""

import re
from datetime import UTC, datetime, timedelta

from core import clock
from core.errors import RequestError

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPAN = re.compile(
    r"(?:last |past )?(\d+)\s*"
    r"(m(?:in(?:ute)?s?)?|h(?:ours?|rs?)?|d(?:ays?)?|w(?:eeks?)?)(?: ago)?"
)


def parse_since(text: str, now: datetime | None = None) -> datetime | None:
    """Return the instant that `since` means, in UTC; None for no restriction.

    `today` and `yesterday` count from midnight UTC, `this week` from Monday, `last week` and the
    like seven days back, `24h` from now.

    Raises:
        RequestError: The words mean no time.
    """
    words = text.strip().casefold().removeprefix("since ").strip()
    if not words:
        return None
    now = now or clock.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    named = {
        "today": midnight,
        "yesterday": midnight - timedelta(days=1),
        "last night": midnight - timedelta(days=1),
        "this week": midnight - timedelta(days=midnight.weekday()),
        "this month": midnight.replace(day=1),
        "last day": now - timedelta(days=1),
        "last week": now - timedelta(days=7),
        "last month": now - timedelta(days=30),
        "last hour": now - timedelta(hours=1),
    }
    key = words.removeprefix("the ").replace("past ", "last ")
    if key in named:
        return named[key]
    if span := _SPAN.fullmatch(words):
        return now - timedelta(**{_UNITS[span[2][0]]: int(span[1])})
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise RequestError(
            f"{text!r} is no time I understand.",
            hint="Write a date (2026-05-13), `yesterday`, `last week` or a span such as `24h`.",
        ) from error
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
