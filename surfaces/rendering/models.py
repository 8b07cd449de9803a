"""How models, their cards and their predictions are shown."""

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from core.charts import Chart, ChartKind, Series
from core.models import (
    AliasChange,
    ModelCard,
    ModelVersion,
    Prediction,
    PromotedModel,
    RegisteredModel,
)
from surfaces.rendering.anything import facts, listing, notes, render, section, table
from surfaces.rendering.charts import draw
from surfaces.words import clean, moment, share, short, words

SHOWN_IMPORTANCES = 10
SMALLEST_REST = 0.0005
"""What rounds to nothing is left out."""


_FAIRNESS = {
    "rows": "rows",
    "delayed_share": "delayed",
    "accuracy": "right",
    "missed_delays": "delays missed",
    "false_alarms": "false alarms",
}


@listing.register
def _versions(first: ModelVersion, items: Sequence[ModelVersion]) -> RenderableType:
    del first
    grid = table(
        "model", "version", "algorithm", "aliases", "accuracy", "tags", "registered", "run"
    )
    for version in items:
        grid.add_row(
            words(version.model, "cyan"),
            words(version.version),
            words(version.algorithm),
            words(version.aliases or "", "green"),
            words(_accuracy(version.metrics)),
            words(_tags(version.tags)),
            words(moment(version.registered_at)),
            words(version.run_id[:8]),
        )
    return grid


def _tags(tags: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in tags.items())


def _accuracy(metrics: Mapping[str, float]) -> str:
    value = metrics.get("accuracy")
    return "" if value is None else share(value)


@render.register
def _version(version: ModelVersion) -> RenderableType:
    return facts(
        {
            "model": Text.assemble(
                (clean(version.model), "bold cyan"), f" version {version.version}"
            ),
            "aliases": version.aliases,
            "algorithm": version.algorithm,
            "registered": moment(version.registered_at),
            "run": version.run_id,
            "metrics": short(version.metrics) if version.metrics else "",
            "tags": _tags(version.tags),
            "object": f"{version.bucket}/{version.key}" if version.key else "",
        }
    )


@listing.register
def _models(first: RegisteredModel, items: Sequence[RegisteredModel]) -> RenderableType:
    del first
    return Group(*(render(model) for model in items))


@render.register
def _model(model: RegisteredModel) -> RenderableType:
    if not model.versions:
        return Text(f"{clean(model.name)}: no version yet")
    versions = listing(model.versions[0], model.versions)
    if not model.history:
        return versions
    return Group(versions, section("Aliases"), listing(model.history[0], model.history))


@listing.register
def _changes(first: AliasChange, items: Sequence[AliasChange]) -> RenderableType:
    del first
    grid = table("alias", "version", "before", "how", "by", "when")
    for change in items:
        grid.add_row(
            words(change.alias, "green"),
            words(change.version or "nobody"),
            words(change.previous or "nobody"),
            words(change.action),
            words(change.by),
            words(moment(change.at)),
        )
    return grid


@render.register
def _promoted(promoted: PromotedModel) -> RenderableType:
    change = promoted.change
    return Group(
        render(promoted.version),
        section("Alias"),
        listing(change, (change,)),
        facts({"followed by": promoted.follows}),
    )


@render.register
def _card(card: ModelCard) -> RenderableType:
    parts: list[RenderableType] = [
        render(card.version),
        facts(
            {
                "purpose": card.purpose,
                "data": short(card.data),
                "split": short(card.split),
                "test scores": short(card.metrics),
                "baselines": short(card.baselines),
                "settings found": short(card.parameters) if card.parameters else "",
            }
        ),
    ]
    if card.subgroups:
        parts.append(section("Subgroups"))
        parts.append(facts({name: short(values) for name, values in card.subgroups.items()}))
    if card.importances:
        parts += [Text(""), draw(_importances(card.importances))]
    parts += _examined(card)
    if card.history:
        parts += [section("Aliases"), listing(card.history[0], card.history)]
    return Group(*parts, *notes(card.notes))


def _examined(card: ModelCard) -> list[RenderableType]:
    parts: list[RenderableType] = []
    for column, groups in card.fairness.items():
        grid = table(column.replace("_", " "), *_FAIRNESS.values(), numbers=[*_FAIRNESS.values()])
        for name, scores in groups.items():
            cells = [
                ""
                if key not in scores
                else f"{scores[key]:.0f}"
                if key == "rows"
                else share(scores[key])
                for key in _FAIRNESS
            ]
            grid.add_row(words(name), *(words(cell) for cell in cells))
        parts += [section(f"By {column.replace('_', ' ')}"), grid]
    if card.calibration:
        grid = table("predicted", "came true", "rows", numbers=["rows"])
        for found in card.calibration:
            grid.add_row(
                words(share(found.predicted)), words(share(found.observed)), words(found.rows)
            )
        parts += [section("Calibration"), grid]
    if card.robustness:
        upset = {what: share(accuracy) for what, accuracy in card.robustness.items()}
        parts += [section("Accuracy when something is wrong"), facts(upset, as_written=True)]
    if card.environment or card.lineage:
        made = {"environment": short(card.environment), "lineage": short(card.lineage)}
        parts += [section("Where it comes from"), facts(made)]
    return parts


def _importances(importances: Mapping[str, float]) -> Chart:
    largest = list(importances.items())[:SHOWN_IMPORTANCES]
    return Chart(
        kind=ChartKind.BARS,
        title="What the model goes by (permutation importance)",
        categories=tuple(name for name, _ in largest),
        series=(Series(name="importance", y=tuple(value for _, value in largest)),),
    )


@render.register
def _prediction(prediction: Prediction) -> RenderableType:
    late = prediction.verdict == "Delayed"
    parts: list[RenderableType] = [
        Text.assemble(
            (clean(prediction.verdict), "bold yellow" if late else "bold green"),
            f"  probability of delay {share(prediction.probability)}"
            f" (of all phases: {share(prediction.base_rate)})",
        ),
        facts(
            {
                "model": f"{prediction.model} version {prediction.version},"
                f" {prediction.algorithm}, test accuracy {share(prediction.accuracy)}",
                "given": short(prediction.given) if prediction.given else "nothing",
                "filled in": prediction.imputed,
            }
        ),
    ]
    if prediction.reasons:
        grid = table("because of", "value", "points of probability")
        grid.add_row(words("(mean of other phases)"), "", Text(f"{prediction.baseline:.1%}"))
        for reason in prediction.reasons:
            points = reason.effect * 100
            grid.add_row(
                words(reason.feature),
                words(f"{reason.value} (guessed)" if reason.imputed else reason.value),
                Text(f"{'+' if points >= 0 else '-'}{abs(points):.1f}"),
            )
        if abs(prediction.rest) >= SMALLEST_REST:
            grid.add_row(words("(all else)"), "", Text(f"{prediction.rest * 100:+.1f}"))
        parts += [Text(""), grid]
    if prediction.flips:
        grid = table("would change the verdict", "value", "probability of delay")
        for flip in prediction.flips:
            grid.add_row(words(flip.what), words(flip.value), words(share(flip.probability)))
        parts += [Text(""), grid]
    return Group(*parts, *notes(prediction.notes))
