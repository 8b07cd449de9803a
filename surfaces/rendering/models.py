"""How models, their cards and their predictions are shown."""

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from core.charts import Chart, ChartKind, Series
from core.models import ModelCard, ModelVersion, Prediction, RegisteredModel
from surfaces.rendering.anything import facts, listing, notes, render, section, table
from surfaces.rendering.charts import draw
from surfaces.words import clean, moment, share, short, words

SHOWN_IMPORTANCES = 10


@listing.register
def _versions(first: ModelVersion, items: Sequence[ModelVersion]) -> RenderableType:
    del first
    grid = table("model", "version", "algorithm", "aliases", "accuracy", "registered", "run")
    for version in items:
        grid.add_row(
            words(version.model, "cyan"),
            words(version.version),
            words(version.algorithm),
            words(version.aliases or "", "green"),
            words(_accuracy(version.metrics)),
            words(moment(version.registered_at)),
            words(version.run_id[:8]),
        )
    return grid


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
    return listing(model.versions[0], model.versions)


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
    return Group(*parts, *notes(card.notes))


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
        for reason in prediction.reasons:
            points = reason.effect * 100
            grid.add_row(
                words(reason.feature),
                words(reason.value),
                Text(f"{'+' if points >= 0 else '-'}{abs(points):.1f}"),
            )
        parts += [Text(""), grid]
    return Group(*parts, *notes(prediction.notes))
