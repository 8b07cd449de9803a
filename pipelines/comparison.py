"""Runs side by side, with what their differences are worth."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist, stdev

from core.comparison import (
    ComparedRun,
    Comparison,
    Difference,
    MetricComparison,
    Verdict,
)
from core.metrics import Direction, direction_of
from core.runs import Artifact, Run
from pipelines.differences import UNKNOWN, differences
from pipelines.repeats import Group, repeats_of, told
from pipelines.uncertainty import share_error

CONFIDENCE = 0.95
SHOWN_METRICS = 12
_BACKGROUND = re.compile(r"(?:_error|_rows)$|^(?:majority|one_rule)_| \[")
"""Numbers that say something of other numbers; compared only when they are asked for."""
_SHARES = re.compile(r"^(?:test_)?(?:accuracy|error_rate|error)$")
"""Metrics that are a share of the test rows, whose noise is binomial."""
_EXACT = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A run with what it measured and read."""

    run: Run
    test_rows: int | None = None
    errors: Mapping[str, float] = field(default_factory=dict)
    """Standard errors by metric, where more is known than the number of rows."""
    artifacts: Sequence[Artifact] = ()

    def error(self, metric: str) -> float | None:
        """Return the standard error of a metric; None where it cannot be told."""
        known = self.errors.get(metric, self.run.metrics.get(f"{metric}_error"))
        share = self.run.metrics.get(metric)
        if known is not None or share is None or not self.test_rows:
            return known
        if not _SHARES.match(metric) or not 0 <= share <= 1:
            return None
        return share_error(share, self.test_rows)


def compare(measured: Sequence[Measured], metrics: Sequence[str] = ()) -> Comparison:
    """Return runs side by side.

    Args:
        measured: Two or more runs.
        metrics: The metrics to compare; those that say how good a run is, if empty.
    """
    runs = [one.run for one in measured]
    named = metrics or _usual(runs)
    groups = repeats_of({one.run.id: (one.run, one.artifacts) for one in measured})
    compared = [one for name in named if (one := _metric(name, measured, groups)) is not None]
    apart = differences(runs, {one.run.id: one.artifacts for one in measured})
    without = [run.id for run in runs if not any(run.id in one.values for one in compared)]
    return Comparison(
        runs=tuple(_compared(one) for one in measured),
        metrics=tuple(compared),
        differences=tuple(apart),
        repeats=tuple(told(group, runs, [one.name for one in compared]) for group in groups),
        without_metrics=tuple(without),
        summary=_summary(compared, {run.id: run.name for run in runs}),
        notes=tuple(_notes(measured, apart, compared)),
    )


def known_metrics(runs: Sequence[Run]) -> Sequence[str]:
    """Return every metric that one of the runs measured."""
    return list(dict.fromkeys(name for run in runs for name in run.metrics))


def _usual(runs: Sequence[Run]) -> Sequence[str]:
    every = [name for name in known_metrics(runs) if not _BACKGROUND.search(name)]
    # Only what several runs measured can be compared; the sort keeps the order of equals.
    order = sorted(every, key=lambda name: -min(2, sum(name in run.metrics for run in runs)))
    return order[:SHOWN_METRICS]


def _compared(one: Measured) -> ComparedRun:
    run = one.run
    return ComparedRun(
        id=run.id,
        name=run.name,
        pipeline=run.pipeline,
        state=run.state,
        started_at=run.started_at,
        test_rows=one.test_rows,
    )


def _metric(
    name: str, measured: Sequence[Measured], groups: Sequence[Group]
) -> MetricComparison | None:
    values = {one.run.id: one.run.metrics[name] for one in measured if name in one.run.metrics}
    if not values:
        return None
    direction = direction_of(name)
    noise = _noise(name, measured, groups, list(values))
    best, verdict, words = _judged(
        name, direction, values, noise, {one.run.id: one.run.name for one in measured}
    )
    return MetricComparison(
        name=name,
        direction=direction,
        values=values,
        errors=noise.errors,
        best=best,
        verdict=verdict,
        in_words=words,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Noise:
    """How much a metric moves by chance."""

    errors: Mapping[str, float]
    """By run id; empty where it cannot be told."""
    quantile: float
    """How many standard errors of a difference are still noise."""
    source: str = ""

    def of(self, one: str, other: str) -> float | None:
        """Return the largest difference between two runs that is still noise."""
        if one not in self.errors or other not in self.errors:
            return None
        return self.quantile * math.hypot(self.errors[one], self.errors[other])


def _noise(
    name: str, measured: Sequence[Measured], groups: Sequence[Group], ids: Sequence[str]
) -> _Noise:
    """Return the noise of a metric: from repeats if there are any, else from the test rows."""
    # Several comparisons with the best run find a difference by chance more often (Bonferroni).
    share = 1 - (1 - CONFIDENCE) / (2 * max(1, len(ids) - 1))
    spread, freedom = _spread(name, measured, groups)
    if spread is not None:
        from scipy.special import stdtrit

        return _Noise(
            errors=dict.fromkeys(ids, spread),
            quantile=float(stdtrit(freedom, share)),
            source="repeats",
        )
    errors = {one.run.id: one.error(name) for one in measured if one.run.id in ids}
    return _Noise(
        errors={run: error for run, error in errors.items() if error is not None},
        quantile=NormalDist().inv_cdf(share),
        source="test rows",
    )


def _spread(
    name: str, measured: Sequence[Measured], groups: Sequence[Group]
) -> tuple[float | None, int]:
    """Return the pooled deviation of a single run among repeats, with its degrees of freedom."""
    by_id = {one.run.id: one.run.metrics.get(name) for one in measured}
    squares, freedom = 0.0, 0
    for group in groups:
        values = [value for run in group.runs if (value := by_id.get(run)) is not None]
        if group.says_something and len(values) > 1:
            squares += (len(values) - 1) * stdev(values) ** 2
            freedom += len(values) - 1
    return (math.sqrt(squares / freedom) if freedom else None), freedom


def _judged(
    name: str,
    direction: Direction,
    values: Mapping[str, float],
    noise: _Noise,
    names: Mapping[str, str],
) -> tuple[str, Verdict, str]:
    """Return the best run, what its lead is worth, and both in words."""
    if len(values) == 1:
        (only,) = values
        return "", Verdict.UNKNOWN, f"Only {names[only]} measured {name}."
    if max(values.values()) - min(values.values()) <= _EXACT:
        return "", Verdict.EQUAL, f"{name} is the same in all of them."
    if direction is Direction.UNKNOWN:
        return "", Verdict.UNKNOWN, f"Nobody said whether more {name} is better or worse."
    order = sorted(values, key=lambda run: values[run], reverse=direction is Direction.HIGHER)
    best, second = order[0], order[1]
    lead = abs(values[best] - values[second])
    if lead <= _EXACT:
        # Two share the first place.
        return "", Verdict.EQUAL, f"{names[best]} and {names[second]} have the same best {name}."
    limit = noise.of(best, second)
    which = f"{names[best]} has the {'higher' if direction is Direction.HIGHER else 'lower'} {name}"
    if limit is None:
        unknown = "whether that is more than noise cannot be told"
        return best, Verdict.UNKNOWN, f"{which}, by {lead:.3g}; {unknown}."
    of = f"by {lead:.3g}; noise reaches {limit:.3g}, told from {noise.source}"
    if lead <= limit:
        return best, Verdict.WITHIN_NOISE, f"{which} ({of}): the difference is within noise."
    return best, Verdict.BETTER, f"{which} ({of}): that is more than noise."


def _summary(compared: Sequence[MetricComparison], names: Mapping[str, str]) -> str:
    if not compared:
        return "None of these runs has metrics to compare."
    clear = [one for one in compared if one.verdict is Verdict.BETTER]
    winners = list(dict.fromkeys(one.best for one in clear))
    within = [one.name for one in compared if one.verdict is Verdict.WITHIN_NOISE]
    if len(winners) == 1:
        rest = f"; in {_and(within)} the difference is within noise" if within else ""
        return f"{names[winners[0]]} is better in {_and([one.name for one in clear])}{rest}."
    if winners:
        parts = [f"{names[one.best]} is better in {one.name}" for one in clear]
        return f"They differ in what they are good at: {'; '.join(parts)}."
    if within:
        leads = {one.best for one in compared if one.verdict is Verdict.WITHIN_NOISE}
        ahead = f"{names[next(iter(leads))]} is ahead, but " if len(leads) == 1 else ""
        none = "neither" if len(names) == 2 else "none"
        text = f"{ahead}the difference is within noise in {_and(within)}: {none} is better."
        return f"{text[:1].upper()}{text[1:]}" if not ahead else text
    if all(one.verdict is Verdict.EQUAL for one in compared):
        return "Their metrics are the same."
    return "Which is better cannot be told from these numbers; see each metric."


def _notes(
    measured: Sequence[Measured],
    apart: Sequence[Difference],
    compared: Sequence[MetricComparison],
) -> Sequence[str]:
    notes = []
    rows = {one.run.name: one.test_rows for one in measured if one.test_rows}
    if len({one.run.pipeline for one in measured}) > 1:
        notes.append("They are runs of different pipelines: equal names may mean different things.")
    if len(set(rows.values())) > 1:
        counts = _and([f"{count:,} ({name})" for name, count in rows.items()])
        notes.append(
            f"They were tested on different rows: {counts}. What is easier in one test part makes"
            " its numbers better."
        )
    elif any(one.kind == "data" and _is_told(one) for one in apart):
        notes.append("The data changed between them, so they were tested on different rows.")
    elif any(one.kind == "data" for one in apart):
        notes.append(
            "Whether they read the same data is unknown: the store has no record of what it was."
        )
    elif any(one.errors for one in compared) and len(rows) > 1:
        notes.append(
            "Whether each row was tested in all of them is not recorded, so they are taken for"
            " independent samples; if the rows are the same, noise is smaller than told here."
        )
    return notes


def _is_told(difference: Difference) -> bool:
    """Whether it is known that the runs differ in it."""
    return len(set(difference.values.values()) - {UNKNOWN}) > 1


def _and(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
