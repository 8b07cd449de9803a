"""Numbers, sizes and times as people say them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from core import clock


def plural(count: int, thing: str) -> str:
    """Return a count with its thing: `1 run`, `3,621 rows`."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def number(value: float) -> str:
    """Return a score with three digits; a whole number as it is."""
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) > 1 else f"{value:.3f}"


def percent(value: float) -> str:
    """Return a share from 0 to 1 as a whole percentage."""
    return f"{100 * value:.0f} %"


def duration(seconds: float | None) -> str:
    """Return how long something took: `3 min 12 s`."""
    if seconds is None:
        return ""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if minutes else f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def ago(instant: datetime | None) -> str:
    """Return how long ago something was; from two days on, its date."""
    if instant is None:
        return ""
    seconds = (clock.now() - instant).total_seconds()
    if seconds < 5:
        return "just now"
    if seconds < 48 * 3600:
        return f"{duration(seconds)} ago"
    return f"{instant:%Y-%m-%d}"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; cells cannot break out of it."""
    lines = [_line(head), _line(["---"] * len(head)), *map(_line, rows)]
    return "\n".join(lines)


def _line(cells: Sequence[object]) -> str:
    inner = " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells)
    return f"| {inner} |"
