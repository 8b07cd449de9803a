"""Charts drawn in text: legible in 80 columns and without colour."""

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from core.charts import Chart, ChartKind
from surfaces.words import clean, number

COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "red")
MARKERS = ("braille", "*", "+", "x", "o", "#")
"""Each line has its own marker, so that it can be told apart without colour."""

SHADES = " ░▒▓█"
MAXIMUM_WIDTH = 100
LABEL_WIDTH = 26


def draw(chart: Chart) -> RenderableType:
    """Return a chart as something Rich can print."""
    return DrawnChart(chart)


class DrawnChart:
    """A chart that fits itself into the width it is given."""

    def __init__(self, chart: Chart) -> None:
        self._chart = chart

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw title, chart and note."""
        del console
        chart, width = self._chart, min(options.max_width, MAXIMUM_WIDTH)
        yield Text(clean(chart.title), style="bold")
        if not any(series.y for series in chart.series):
            yield Text("There is nothing to draw.", style="dim")
        elif chart.kind is ChartKind.BARS:
            yield from _bars(chart, width)
        elif chart.kind is ChartKind.HEATMAP:
            yield from _heat_map(chart, width)
        else:
            yield from _lines(chart, width)
        if chart.note:
            yield Text(clean(chart.note), style="italic")


def _bars(chart: Chart, width: int) -> Iterator[Text]:
    several = len(chart.series) > 1
    names = [series.name for series in chart.series] if several else []
    labels = [_cut(label) for label in (*chart.categories, *(f"  {name}" for name in names))]
    margin = max(map(len, labels), default=0)
    values = [value for series in chart.series for value in series.y]
    digits = max(len(number(value)) for value in values)
    room = max(10, width - margin - digits - 3)
    # Bars start at zero, to either side: a cut axis would make small differences look large.
    largest = max(abs(value) for value in values) or 1
    if chart.x_label or chart.y_label:
        yield Text(clean(chart.x_label or chart.y_label), style="dim")
    for at, category in enumerate(chart.categories):
        if several:
            yield Text(_cut(category), style="bold")
        for index, series in enumerate(chart.series):
            if at < len(series.y):
                label = f"  {series.name}" if several else category
                yield Text.assemble(
                    f"{_cut(label):<{margin}} ",
                    (_bar(abs(series.y[at]) / largest * room), COLOURS[index % len(COLOURS)]),
                    f" {number(series.y[at])}",
                )


def _bar(length: float) -> str:
    whole, rest = divmod(round(length * 8), 8)
    return "█" * whole + ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")[rest]


def _cut(label: str) -> str:
    text = clean(label).replace("\n", " ")
    return text if len(text) <= LABEL_WIDTH else f"{text[: LABEL_WIDTH - 1]}…"


def _heat_map(chart: Chart, width: int) -> Iterator[Text]:
    values = [value for series in chart.series for value in series.y]
    low, high = min(0.0, *values), max(values)
    span = (high - low) or 1.0
    margin = max(len(_cut(series.name)) for series in chart.series)
    columns = max(len(series.y) for series in chart.series)
    digits = max(len(number(value)) for value in values)
    longest = max((len(clean(name)) for name in chart.categories), default=0)
    cell = max(digits + 4, min(longest + 3, (width - margin - 1) // max(columns, 1)))
    if chart.x_label:
        yield Text(" " * (margin + 1) + clean(chart.x_label), style="dim")
    heads = "".join(f"{clean(name)[: cell - 1]:^{cell}}" for name in chart.categories)
    if heads:
        yield Text(" " * (margin + 1) + heads)
    for series in chart.series:
        row = Text(f"{_cut(series.name):>{margin}} ")
        for value in series.y:
            strength = (value - low) / span
            shade = SHADES[min(len(SHADES) - 1, int(strength * len(SHADES)))]
            edge = shade * ((cell - digits - 2) // 2)
            row.append(f"{f'{edge} {number(value):>{digits}} {edge}':^{cell}}", style="cyan")
        yield row
    if chart.y_label:
        yield Text(f"rows: {clean(chart.y_label)}", style="dim")


def _lines(chart: Chart, width: int) -> Iterator[Text]:
    import plotext

    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plotsize(width, min(22, max(12, width // 4)))
    for index, series in enumerate(chart.series):
        x = list(series.x) or list(range(1, len(series.y) + 1))
        marker = MARKERS[index % len(MARKERS)]
        plotext.plot(x, list(series.y), marker=marker, label=clean(series.name))
    plotext.xlabel(clean(chart.x_label))
    plotext.ylabel(clean(chart.y_label))
    drawn = str(plotext.build())
    plotext.clear_figure()
    yield Text("\n".join(line.rstrip() for line in clean(drawn).splitlines()))
