"""Sizes, durations, times and outside text in words that are safe to print."""

import json
import re
from collections.abc import Mapping
from datetime import datetime

from rich.text import Text

NOTHING = "-"
"""Stands where there is no value."""

# Escape sequences (CSI, OSC and the two-character ones) first, so that nothing of them is left to
# read; then every control character, and the marks that reorder text: they could disguise a name.
_UNSAFE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"
    r"|\x1b[@-Z\\-_]"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)

_INVISIBLE = re.compile(
    r"[\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)


def clean(text: str) -> str:
    """Return the text without anything that could steer a terminal."""
    return _UNSAFE.sub("", text.replace("\r\n", "\n")).replace("\t", "    ")


def words(value: object, style: str = "") -> Text:
    """Return a value as text to print: cleaned, and never read as markup."""
    return Text(short(value), style=style)


def short(value: object) -> str:
    """Write a value in one go, as a person would."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{clean(str(key))}={_inner(item)}" for key, item in value.items()) or "{}"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(short(item) for item in value) or "none"
    return clean(str(value))


def _inner(value: object) -> str:
    """Bracket a list, so that its commas are not taken for the mapping's."""
    return f"[{short(value)}]" if isinstance(value, list | tuple) and value else short(value)


def as_json(value: object) -> str:
    """Write an argument as JSON on one line, with everything invisible escaped.

    It is read by the person who allows a call: two different values must never look the same.
    """
    try:
        written = json.dumps(value, ensure_ascii=False)
    except TypeError:
        written = json.dumps(str(value), ensure_ascii=False)
    return escaped(written)


def escaped(text: str) -> str:
    """Return JSON with everything in it escaped that cannot be seen or steers a terminal."""
    return _INVISIBLE.sub(lambda found: json.dumps(found[0])[1:-1], text.replace("\x7f", "\\u007f"))


def number(value: float) -> str:
    """Write a number with as many digits as are worth reading."""
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    if float(value).is_integer() and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.3f}" if 0.001 <= abs(value) < 1000 else f"{value:.4g}"


def share(value: float) -> str:
    """Write a number from 0 to 1 as per cent."""
    return f"{value:.1%}".replace("%", " %")


def bytes_in_words(count: int) -> str:
    """Write a size: `2.1 MiB`."""
    if count < 1024:
        return f"{count} B"
    size = float(count)
    for unit in ("KiB", "MiB", "GiB", "TiB"):
        size /= 1024
        # 1023.95 would print as 1024.0: the next unit says it better.
        if size < 1023.95 or unit == "TiB":
            return f"{size:.1f} {unit}"
    raise AssertionError("the last unit always returns")


def duration(seconds: float | None) -> str:
    """Write how long something took: `3 min 12 s`."""
    if seconds is None:
        return NOTHING
    if seconds < 0.095 and not isinstance(seconds, int):
        return f"{max(seconds, 0) * 1000:.0f} ms"
    if seconds < 9.95 and not isinstance(seconds, int):
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} days {hours} h" if hours else f"{days} days"


def moment(at: datetime | None, now: datetime | None = None) -> str:
    """Write a time as one says it here: `today 14:03`, `12 Mar 09:30`, `12 Mar 2024`."""
    if at is None:
        return NOTHING
    local = at.astimezone()
    today = (now or datetime.now().astimezone()).astimezone(local.tzinfo).date()
    days = (today - local.date()).days
    if days == 0:
        return f"today {local:%H:%M}"
    if days == 1:
        return f"yesterday {local:%H:%M}"
    if local.year == today.year:
        return f"{local.day} {local:%b %H:%M}"
    return f"{local.day} {local:%b %Y}"
