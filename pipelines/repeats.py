"""Repeats: runs of one configuration, from which chance can be told."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from core.comparison import Repeats
from core.runs import Artifact, Run
from pipelines.differences import UNKNOWN, data_versions

SEEDS = frozenset({"seed", "random_state", "random_seed"})
"""Parameters that only choose among equal chances."""
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Runs of one pipeline version with the same data and the same parameters but the seed."""

    runs: tuple[str, ...]
    """Their ids; two or more."""
    says_something: bool
    """Whether they differ in their seed; with one seed they only do the same work again."""


def repeats_of(runs: Mapping[str, tuple[Run, Sequence[Artifact]]]) -> Sequence[Group]:
    """Return the groups of two or more runs that repeat one configuration."""
    groups: dict[str, list[Run]] = {}
    for run, artifacts in runs.values():
        groups.setdefault(_configuration(run, artifacts), []).append(run)
    return [
        Group(
            runs=tuple(run.id for run in group),
            says_something=len({_seed(run) for run in group}) > 1,
        )
        for group in groups.values()
        if len(group) > 1
    ]


def told(group: Group, runs: Sequence[Run], metrics: Sequence[str]) -> Repeats:
    """Return repeats as an interval of the mean for each metric.

    The interval is that of Student's t: the mean, more or less t times the deviation over the
    square root of the number of runs.
    """
    members = [run for run in runs if run.id in group.runs]
    names = ", ".join(run.name for run in members)
    if not group.says_something:
        return Repeats(
            runs=group.runs,
            intervals={},
            in_words=f"{names} have the same configuration and the same seed: they should measure"
            " the same, and say nothing about chance.",
        )
    intervals = {}
    for metric in metrics:
        values = [run.metrics[metric] for run in members if metric in run.metrics]
        if len(values) > 1:
            intervals[metric] = _interval(values)
    return Repeats(
        runs=group.runs,
        intervals=intervals,
        in_words=f"{names} repeat one configuration with {len(members)} seeds.",
    )


def _interval(values: Sequence[float]) -> tuple[float, float, float]:
    from scipy.special import stdtrit

    count, mean = len(values), fmean(values)
    half = float(stdtrit(count - 1, (1 + CONFIDENCE) / 2)) * stdev(values) / math.sqrt(count)
    return mean, mean - half, mean + half


def _configuration(run: Run, artifacts: Sequence[Artifact]) -> str:
    parameters = {name: value for name, value in run.parameters.items() if name not in SEEDS}
    data = data_versions(artifacts)
    # Runs on data that nobody identified may have read something else each.
    alone = run.id if UNKNOWN in data.values() else ""
    told = [run.pipeline, run.pipeline_version, parameters, data, alone]
    return json.dumps(told, sort_keys=True, default=str)


def _seed(run: Run) -> str:
    return json.dumps({name: run.parameters.get(name) for name in sorted(SEEDS)})
