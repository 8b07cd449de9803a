"""How models in use are shown: scored tables, drift, deployments, advice, packages."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from core.deployments import Deployment, DeploymentAdvice, DeploymentState
from core.drift import DriftReport, DriftVerdict, FeatureDrift
from core.models import RowProblem, ScoredTable
from surfaces.rendering.anything import facts, listing, notes, render, section, table
from surfaces.words import clean, moment, share, words

_COLOURS = {
    DriftVerdict.STABLE: "green",
    DriftVerdict.WATCH: "yellow",
    DriftVerdict.DRIFTED: "red",
}
_STATES = {
    DeploymentState.RUNNING: "green",
    DeploymentState.PAUSED: "yellow",
    DeploymentState.ENDED: "red",
}


@listing.register
def _deployments(first: Deployment, items: Sequence[Deployment]) -> RenderableType:
    del first
    grid = table(
        "deployment", "model", "follows", "mode", "state", "where", "predictions", "since", "by"
    )
    for found in items:
        grid.add_row(
            words(found.name, "cyan"),
            words(f"{found.model}:{found.version}"),
            words(found.follows or "fixed"),
            words(found.mode),
            words(found.state, _STATES[found.state]),
            words(found.address or found.source),
            words(found.predictions),
            words(moment(found.created_at)),
            words(found.by),
        )
    return grid


@listing.register
def _features(first: FeatureDrift, items: Sequence[FeatureDrift]) -> RenderableType:
    del first
    grid = table("what", "PSI", "KS", "missing then", "now", "verdict", "what moved")
    for found in items:
        grid.add_row(
            words(found.feature),
            f"{found.psi:.3f}",
            "" if found.ks is None else f"{found.ks:.3f}",
            share(found.missing_before),
            share(found.missing_now),
            words(found.verdict, _COLOURS[found.verdict]),
            words(found.moved),
        )
    return grid


@listing.register
def _problems(first: RowProblem, items: Sequence[RowProblem]) -> RenderableType:
    del first
    grid = table("row", "problem")
    for found in items:
        grid.add_row(words(found.row), words(found.problem))
    return grid


@render.register
def _drift(report: DriftReport) -> RenderableType:
    parts: list[RenderableType] = [
        Text(clean(f"{report.verdict}: {report.advice}"), style=_COLOURS[report.verdict]),
        facts(
            {
                "model": f"{report.model}:{report.version}",
                "rows": f"{report.rows} of {report.source}, against {report.reference_rows}",
                "report": report.report,
            }
        ),
    ]
    others = [found for found in (report.prediction, report.target) if found is not None]
    if others:
        parts += [section("Predictions and outcomes"), listing(others[0], others)]
    if report.performance is not None:
        found = report.performance
        word = "worse by more than noise" if found.worse else "within noise"
        parts.append(
            Text(
                f"right in {share(found.accuracy)} of {found.rows} rows with a known outcome, its"
                f" card promises {share(found.expected)}: {word}"
            )
        )
    if report.features:
        parts += [section("Features"), listing(report.features[0], report.features)]
    return Group(*parts, Text(clean(report.thresholds), style="dim"), *notes(report.notes))


@render.register
def _scored(scored: ScoredTable) -> RenderableType:
    parts: list[RenderableType] = [
        facts(
            {
                "table": scored.source,
                "predictions": scored.target,
                "model": f"{scored.model}:{scored.version}",
                "rows": f"{scored.rows}, {scored.scored} scored, {scored.bad} not",
                "late by verdict": str(scored.delayed),
                "mean probability": f"{share(scored.mean_probability)}"
                f" (of all phases: {share(scored.base_rate)})",
                "filled in": scored.filled,
                "seconds": f"{scored.seconds:.1f}",
            }
        )
    ]
    if scored.problems:
        parts += [section("Rows that could not be scored"), render(scored.problems)]
    return Group(*parts, *notes(scored.notes))


@render.register
def _advice(advice: DeploymentAdvice) -> RenderableType:
    return Group(
        Text(str(advice.mode), style="bold green"),
        render(list(advice.why)),
        section("Not the others, because"),
        facts({str(mode): reason for mode, reason in advice.why_not.items()}),
        facts({"not said": advice.unknown, "but": advice.instead}),
    )
