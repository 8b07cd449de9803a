"""Cron fields: when they fire, and what they say in words."""

import re
from collections.abc import Sequence
from datetime import datetime

from core.errors import RequestError

FIELDS = 5
_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NAMED_DAYS = {day[:3].casefold(): str(number) for number, day in enumerate(_DAYS[:7])}


def next_firings(cron: str, count: int, after: datetime) -> Sequence[datetime]:
    """Return the next times at which five cron fields fire, in UTC.

    Args:
        cron: Minute, hour, day of the month, month, day of the week: `0 6 * * 1-5`.
        count: How many times.
        after: The first is later than this.

    Raises:
        RequestError: The fields make no sense, or never fire.
    """
    # Only schedules need it; everything else starts without it.
    from croniter import CroniterBadCronError, CroniterBadDateError, croniter

    if len(cron.split()) != FIELDS:
        raise _not_cron(cron)
    try:
        times = croniter(cron, after)
        return [times.get_next(datetime) for _ in range(count)]
    except (CroniterBadCronError, CroniterBadDateError) as error:
        raise _not_cron(cron) from error


def _not_cron(cron: str) -> RequestError:
    return RequestError(
        f"{cron!r} are no five cron fields that ever fire.",
        hint="Write minute, hour, day of the month, month and day of the week, in UTC:"
        " `0 6 * * 1-5` is every weekday at six.",
    )


def cron_in_words(cron: str) -> str:
    """Return what cron fields say: `every weekday at 06:00 UTC`; unusual ones as they stand."""
    fields = cron.casefold().split()
    if len(fields) != FIELDS or fields[3] != "*":
        return f"at `{cron}` (UTC)"
    minute, hour, day, _, weekday = fields
    if minute.isdigit() and hour.isdigit():
        days = _days(day, weekday)
        return f"{days} at {int(hour):02}:{int(minute):02} UTC" if days else f"at `{cron}` (UTC)"
    if (day, weekday) == ("*", "*") and (often := _often(minute, hour)):
        return often
    return f"at `{cron}` (UTC)"


def _days(day: str, weekday: str) -> str:
    """Return on which days of every month; empty where that takes more than a few words."""
    weekday = re.sub(r"[a-z]{3}", lambda name: _NAMED_DAYS.get(name[0], name[0]), weekday)
    if day == weekday == "*":
        return "every day"
    if day == "*" and weekday in {"1-5", "1,2,3,4,5"}:
        return "every weekday"
    if day == "*" and re.fullmatch(r"[0-7](?:,[0-7])*", weekday):
        names = [_DAYS[int(number)] for number in weekday.split(",")]
        return f"every {' and '.join(filter(None, (', '.join(names[:-1]), names[-1])))}"
    if weekday == "*" and day.isdigit():
        return f"on day {day} of every month"
    return ""


def _often(minute: str, hour: str) -> str:
    """Return how often within a day; empty where that takes more than a few words."""
    if hour == "*" and minute == "*":
        return "every minute"
    if hour == "*" and (step := re.fullmatch(r"(?:\*|0)/(\d+)", minute)):
        return f"every {step[1]} minutes"
    if hour == "*" and minute.isdigit():
        return "every hour" if minute == "0" else f"every hour at minute {minute}"
    if minute.isdigit() and (step := re.fullmatch(r"(?:\*|0)/(\d+)", hour)):
        return f"every {step[1]} hours"
    return ""
