"""Predicts how likely a phase is to be late, and says what moved the prediction."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import pandas as pd

from core.models import ModelVersion, Prediction, PredictionReason
from core.pipelines import ParameterValue
from models.loading import LoadedModel
from models.registry import Registry

REASONS = 8
SMALLEST_EFFECT = 0.002
"""Below this a feature has moved nothing worth saying."""
DELAYED = "Delayed"
ON_TIME = "On Time"

Row = Mapping[str, ParameterValue]


class Features(Protocol):
    """What is known of a phase, as features."""

    @property
    def given(self) -> Row:
        """What the person said."""
        ...

    @property
    def values(self) -> Row:
        """The features that follow from it; None where having no value is a fact."""
        ...


def predict(registry: Registry, version: ModelVersion, features: Features) -> Prediction:
    """Predict one phase with a registered version."""
    card = registry.card(version)
    model = registry.load(version)
    everything = card.typical.get("", {})
    typical = {**everything, **card.typical.get(str(features.values.get("phase", "")), {})}
    row = {name: features.values.get(name, typical.get(name)) for name in model.columns}
    unusual = [
        name
        for name in model.columns
        if name in features.values and row[name] != everything.get(name)
    ]
    # One call for the phase itself and for every variant of it with one feature made typical.
    variants = [row, *({**row, name: everything.get(name)} for name in unusual)]
    chances = _probabilities(model, variants, everything)
    imputed = tuple(name for name in model.columns if name not in features.values)
    return Prediction(
        model=version.model,
        version=version.version,
        algorithm=version.algorithm,
        probability=chances[0],
        verdict=DELAYED if chances[0] >= 0.5 else ON_TIME,
        base_rate=card.base_rate,
        reasons=_reasons(
            {
                name: (row[name], chances[0] - chance)
                for name, chance in zip(unusual, chances[1:], strict=True)
            }
        ),
        given=features.given,
        imputed=imputed,
        accuracy=version.metrics.get("accuracy", 0.0),
        notes=_notes(len(imputed), len(model.columns)),
    )


def _probabilities(model: LoadedModel, rows: Sequence[Row], typical: Row) -> list[float]:
    frame = pd.DataFrame(list(rows), columns=list(model.columns))
    for name in model.columns:
        words = any(isinstance(value, str) for value in (typical.get(name), *frame[name]))
        frame[name] = frame[name].astype(object if words else float)
    return [float(chance) for chance in model.probabilities(frame)]


def _reasons(effects: Mapping[str, tuple[ParameterValue, float]]) -> tuple[PredictionReason, ...]:
    ranked = sorted(effects.items(), key=lambda item: -abs(item[1][1]))
    return tuple(
        PredictionReason(feature=name, value=_shown(value), effect=effect)
        for name, (value, effect) in ranked[:REASONS]
        if abs(effect) >= SMALLEST_EFFECT
    )


def _shown(value: ParameterValue) -> str:
    if value is None:
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _notes(imputed: int, features: int) -> tuple[str, ...]:
    if not imputed:
        return ()
    return (f"{imputed} of {features} features were not given and hold typical values.",)
