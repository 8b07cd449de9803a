"""Answers about several runs at once."""

from collections.abc import Sequence

from backends.chat_builtin.answers.base import write_answer
from backends.chat_builtin.answers.phrases import number, table
from core.comparison import Comparison, Difference, MetricComparison, Repeats, Verdict
from core.metrics import Direction

_SIGNS = {
    Verdict.BETTER: "more than noise",
    Verdict.WITHIN_NOISE: "within noise",
    Verdict.EQUAL: "equal",
    Verdict.UNKNOWN: "not known",
}
_WAYS = {Direction.HIGHER: "higher", Direction.LOWER: "lower", Direction.UNKNOWN: "nobody said"}


@write_answer.register
def _comparison(value: Comparison, tool: str, request: str) -> str:
    del tool, request
    names = {run.id: run.name for run in value.runs}
    parts = [
        f"**{value.summary}**",
        _metrics(value, names) if value.metrics else "",
        _without(value, names),
        _differences(value.differences, names),
        *(_repeats(one, value.metrics) for one in value.repeats),
        *value.notes,
    ]
    return "\n\n".join(part for part in parts if part)


def _metrics(value: Comparison, names: dict[str, str]) -> str:
    head = ("metric", *names.values(), "better is", "difference")
    return table(head, [_row(one, list(names)) for one in value.metrics])


def _row(one: MetricComparison, ids: Sequence[str]) -> tuple[str, ...]:
    return (
        one.name,
        *(_value(one, run) for run in ids),
        _WAYS[one.direction],
        _SIGNS[one.verdict],
    )


def _value(one: MetricComparison, run: str) -> str:
    if run not in one.values:
        return "-"
    error = f" ± {one.errors[run]:.3f}" if run in one.errors else ""
    text = f"{number(one.values[run])}{error}"
    return f"**{text}**" if one.best == run and one.verdict is Verdict.BETTER else text


def _without(value: Comparison, names: dict[str, str]) -> str:
    states = {run.id: run.state.value.lower() for run in value.runs}
    told = [f"{names[run]} ({states[run]})" for run in value.without_metrics]
    return f"Without metrics: {', '.join(told)}." if told else ""


def _differences(differences: Sequence[Difference], names: dict[str, str]) -> str:
    if not differences:
        return "Parameters, data and pipeline version are the same in all of them."
    rows = [(one.name, *(one.values[run] for run in names)) for one in differences]
    return f"What differs:\n\n{table(('', *names.values()), rows)}"


def _repeats(one: Repeats, metrics: Sequence[MetricComparison]) -> str:
    shown = [
        f"{metric.name} {number(mean)} (95 %: {number(low)} to {number(high)})"
        for metric in metrics
        if metric.name in one.intervals
        for mean, low, high in [one.intervals[metric.name]]
    ]
    return f"{one.in_words} {'; '.join(shown)}".strip()
