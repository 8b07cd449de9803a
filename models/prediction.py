"""Predicts how likely a phase is to be late, and says what moved the prediction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.models import ModelCard, ModelVersion, Prediction, PredictionReason, VerdictFlip
from core.pipelines import ParameterValue
from models.loading import LoadedModel
from models.reasons import Row, Shares, shares_of
from models.registry import Registry

REASONS = 8
SMALLEST_EFFECT = 0.002
"""Below this a feature has moved nothing worth saying."""
SHOWN_FLIPS = 5
DELAYED = "Delayed"
ON_TIME = "On Time"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """The phase with one input otherwise."""

    what: str
    value: str
    features: Features


@dataclass(frozen=True, slots=True)
class _Asked:
    """A model with what it takes for granted."""

    model: LoadedModel
    typical: Mapping[str, Row]

    def row(self, features: Features) -> Row:
        """Return the whole row: what nobody gave is typical of the phase."""
        everything = self.typical.get("", {})
        phase = self.typical.get(str(features.values.get("phase", "")), {})
        typical = {**everything, **phase}
        return {name: features.values.get(name, typical.get(name)) for name in self.model.columns}

    def chances(self, rows: Sequence[Row]) -> npt.NDArray[np.float64]:
        """Return each row's probability of delay."""
        return self.model.probabilities(frame_of(rows, self.model.columns, self.typical))


def predict(
    registry: Registry,
    version: ModelVersion,
    features: Features,
    variations: Sequence[Variation] = (),
) -> Prediction:
    """Predict one phase with a registered version.

    Args:
        registry: Where the version is.
        version: Which model.
        features: What is known of the phase.
        variations: The same phase with one input otherwise, to be tried.
    """
    card = registry.card(version)
    asked = _Asked(registry.load(version), card.typical)
    row = asked.row(features)
    shares = _shares(registry, version, asked, row)
    imputed = tuple(name for name in asked.model.columns if name not in features.values)
    reasons = _reasons(shares.effects, row, imputed)
    return Prediction(
        model=version.model,
        version=version.version,
        algorithm=version.algorithm,
        probability=shares.probability,
        verdict=verdict_of(shares.probability),
        base_rate=card.base_rate,
        reasons=reasons,
        given=features.given,
        imputed=imputed,
        accuracy=version.metrics.get("accuracy", 0.0),
        baseline=shares.baseline,
        rest=shares.probability - shares.baseline - sum(reason.effect for reason in reasons),
        flips=_flips(asked, shares.probability, variations),
        tried=len(variations),
        notes=_notes(len(imputed), len(asked.model.columns), card),
    )


def verdict_of(probability: float) -> str:
    """Return what a probability of delay comes down to."""
    return DELAYED if probability >= 0.5 else ON_TIME


def _shares(registry: Registry, version: ModelVersion, asked: _Asked, row: Row) -> Shares:
    reference = registry.reference(version)
    columns = asked.model.columns
    kept = reference.groups if reference else {}
    grouped = {name for members in kept.values() for name in members}
    groups = {
        **{head: tuple(n for n in members if n in columns) for head, members in kept.items()},
        **{name: (name,) for name in columns if name not in grouped},
    }
    # Versions from before backgrounds were kept are held against one typical row.
    background = reference.background if reference else ()
    return shares_of(asked.chances, row, background or (asked.typical.get("", {}),), groups)


def frame_of(
    rows: Sequence[Row], columns: Sequence[str], typical: Mapping[str, Row]
) -> pd.DataFrame:
    """Return rows as a model takes them: words as objects, everything else as numbers."""
    data: dict[str, object] = {}
    example = typical.get("", {})
    for name in columns:
        values = [row.get(name) for row in rows]
        if isinstance(example.get(name), str) or any(isinstance(v, str) for v in values):
            data[name] = pd.array(values, dtype=object)
        else:
            data[name] = np.array(
                [np.nan if value is None else value for value in values], dtype=float
            )
    return pd.DataFrame(data, columns=list(columns))


def _reasons(
    effects: Mapping[str, float], row: Row, imputed: Sequence[str]
) -> tuple[PredictionReason, ...]:
    ranked = sorted(effects.items(), key=lambda item: -abs(item[1]))
    return tuple(
        PredictionReason(
            feature=name, value=_shown(row[name]), effect=effect, imputed=name in imputed
        )
        for name, effect in ranked[:REASONS]
        if abs(effect) >= SMALLEST_EFFECT
    )


def _flips(
    asked: _Asked, probability: float, variations: Sequence[Variation]
) -> tuple[VerdictFlip, ...]:
    if not variations:
        return ()
    chances = asked.chances([asked.row(variation.features) for variation in variations])
    flips = [
        VerdictFlip(
            what=variation.what,
            value=variation.value,
            probability=float(chance),
            verdict=verdict_of(float(chance)),
        )
        for variation, chance in zip(variations, chances, strict=True)
        if verdict_of(float(chance)) != verdict_of(probability)
    ]
    # One for each input: the first that is enough, in the order in which values were tried.
    nearest: dict[str, VerdictFlip] = {}
    for flip in flips:
        nearest.setdefault(flip.what, flip)
    return tuple(nearest.values())[:SHOWN_FLIPS]


def _shown(value: ParameterValue) -> str:
    if value is None:
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _notes(imputed: int, features: int, card: ModelCard) -> tuple[str, ...]:
    notes = []
    if imputed:
        notes.append(f"{imputed} of {features} features were not given and hold typical values.")
    without = card.subgroups.get("without cameras", {}).get("accuracy")
    if without is not None and "cameras" in card.subgroups:
        notes.append(
            "Camera installations are easy for it; of all other phases it is right for"
            f" {without:.0%}."
        )
    return tuple(notes)
