"""How runs side by side are shown."""

from rich.console import Group, RenderableType
from rich.text import Text

from core.comparison import Comparison, Difference, MetricComparison, Verdict
from core.metrics import Direction
from surfaces.rendering.anything import notes, render, section, table
from surfaces.rendering.headlines import headline
from surfaces.rendering.runs import state
from surfaces.words import clean, number, words

_WAYS = {Direction.HIGHER: "higher", Direction.LOWER: "lower", Direction.UNKNOWN: "nobody said"}
_COLOURS = {Verdict.BETTER: "green", Verdict.WITHIN_NOISE: "yellow"}


@render.register
def _comparison(value: Comparison) -> RenderableType:
    names = {run.id: run.name for run in value.runs}
    parts: list[RenderableType] = [Text(clean(value.summary), style="bold"), _runs(value)]
    if value.metrics:
        parts += [section("Metrics"), _metrics(value, names)]
        parts += [Text(clean(one.in_words), style="dim") for one in value.metrics]
    if value.differences:
        parts += [section("What differs"), _differences(value.differences, names)]
    for one in value.repeats:
        parts.append(section("Repeats"))
        parts.append(Text(clean(one.in_words)))
        for metric, (mean, low, high) in one.intervals.items():
            text = f"{clean(metric)} {number(mean)} (95 %: {number(low)} to {number(high)})"
            parts.append(Text(text))
    return Group(*parts, *notes(value.notes))


def _runs(value: Comparison) -> RenderableType:
    grid = table("run", "name", "pipeline", "state", "test rows", "", numbers=("test rows",))
    for run in value.runs:
        grid.add_row(
            words(run.id[:8], "cyan"),
            words(run.name),
            words(run.pipeline),
            state(run.state),
            words(run.test_rows),
            Text("no metrics" if run.id in value.without_metrics else "", style="dim"),
        )
    return grid


def _metrics(value: Comparison, names: dict[str, str]) -> RenderableType:
    grid = table("metric", *names.values(), "better is", "difference", numbers=list(names.values()))
    for one in value.metrics:
        grid.add_row(
            words(one.name),
            *(_value(one, run) for run in names),
            Text(_WAYS[one.direction], style="dim"),
            Text(one.verdict.value, style=_COLOURS.get(one.verdict, "dim")),
        )
    return grid


def _value(one: MetricComparison, run: str) -> Text:
    if run not in one.values:
        return words(None)
    error = f" ± {number(one.errors[run])}" if run in one.errors else ""
    leads = one.best == run and one.verdict is Verdict.BETTER
    return Text(f"{number(one.values[run])}{error}", style="bold green" if leads else "")


def _differences(differences: tuple[Difference, ...], names: dict[str, str]) -> RenderableType:
    grid = table("", *names.values())
    for one in differences:
        grid.add_row(words(one.name), *(words(one.values[run]) for run in names))
    return grid


@headline.register
def _headline(value: Comparison) -> str:
    return clean(value.summary)
