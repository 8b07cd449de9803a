"""Charts as values: drawn as a picture by a pipeline, and as text by a terminal."""

from dataclasses import dataclass
from enum import StrEnum


class ChartKind(StrEnum):
    """How a chart is read."""

    BARS = "bars"
    HEATMAP = "heatmap"
    LINES = "lines"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line, one set of bars or one row of a heat map."""

    name: str
    x: tuple[float, ...] = ()
    """Positions, for lines only."""
    y: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What a chart shows, without how it is drawn.

    For bars, `categories` label the bars of each series. For a heat map, each series is a row and
    `categories` label the columns. For lines, each series has its own `x` and `y`.
    """

    kind: ChartKind
    title: str
    x_label: str = ""
    y_label: str = ""
    categories: tuple[str, ...] = ()
    series: tuple[Series, ...]
    note: str = ""
    """One sentence that says what to see in it, or what not to read into it."""
