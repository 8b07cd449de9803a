"""Holds recent rows against what a model learned from, and says what that means."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import chi2
from sklearn.metrics import roc_auc_score

from core.drift import (
    WATCHED_PSI,
    DriftReport,
    DriftVerdict,
    FeatureDrift,
    FeatureProfile,
    LaterPerformance,
)
from core.errors import RequestError
from core.models import ModelCard, ModelReference
from pipelines.delay import schema
from pipelines.drift.profiles import bins, ks, moved, psi
from pipelines.scoring.features import Preparing
from pipelines.scoring.reading import batches
from pipelines.scoring.scoring import SOURCES, Scorer

MOST_ROWS = 200_000
"""More rows would change no verdict."""
FEWEST_ROWS = 30
"""With fewer rows chance moves every feature."""
SURE = 0.99
"""How sure we want to be that an index is not due to chance."""
IMPORTANT = 5
FEWEST_OUTCOMES = 50
ERRORS_BELOW = 2.0
"""Standard errors by which accuracy must have fallen."""
PREDICTION = "prediction"

Labels = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """Recent rows as a model takes them."""

    rows: pd.DataFrame
    labels: Labels
    """1 for delayed, 0 for on time, NaN where that is not known."""
    absent: tuple[str, ...] = ()
    """Features that the table does not tell."""
    left_out: int = 0
    """Rows with impossible values."""
    cut: bool = False
    """Whether there were more rows than were looked at."""


def read_recent(content: BinaryIO, name: str, model: Scorer, card: ModelCard) -> Recent:
    """Read the rows of a table that a drift check looks at.

    Raises:
        RequestError: It is not a table, or says nothing that the model goes by.
    """
    frames: list[pd.DataFrame] = []
    labels: list[Labels] = []
    left_out, seen, cut = 0, 0, False
    preparing: Preparing | None = None
    for batch in batches(content, name, {*model.columns, *SOURCES, schema.TARGET}):
        if preparing is None:
            preparing = Preparing(model.columns, card.typical, frozenset(batch.rows.schema.names))
            preparing.check()
        if seen >= MOST_ROWS:
            cut = True
            break
        prepared = preparing.prepare(batch.rows)
        good = np.ones(len(batch.rows), dtype=bool)
        good[list(prepared.problems)] = False
        frames.append(pd.DataFrame(prepared.columns)[good])
        labels.append(_labels(batch.rows)[good])
        left_out += int((~good).sum()) + len(batch.broken)
        seen += len(batch.rows)
    if preparing is None or not seen:
        raise RequestError("The table has a header but no rows.", hint="Give one with rows.")
    return Recent(
        rows=pd.concat(frames, ignore_index=True),
        labels=np.concatenate(labels),
        absent=preparing.filled(),
        left_out=left_out,
        cut=cut,
    )


def _labels(rows: Any) -> Labels:
    if schema.TARGET not in rows.schema.names:
        return np.full(len(rows), np.nan)
    known = {schema.DELAYED: 1.0, schema.ON_TIME: 0.0}
    return np.array([known.get(value, np.nan) for value in rows.column(schema.TARGET).to_pylist()])


def check(
    recent: Recent,
    model: Scorer,
    card: ModelCard,
    reference: ModelReference | None,
    *,
    source: str,
    threshold: float,
) -> DriftReport:
    """Compare recent rows with what a version learned from.

    Args:
        recent: The rows.
        model: What predicts.
        card: The version's card.
        reference: What was kept of its training data.
        source: What the rows are from, for the report.
        threshold: The index from which a feature has drifted.

    Raises:
        RequestError: There are too few rows, or nothing was kept to compare with.
    """
    if reference is None or reference.prediction is None:
        raise RequestError(
            f"Nothing of the training data of {card.version.model}:{card.version.version} was"
            " kept, so there is nothing to compare with.",
            hint="Train it again: newer versions keep a profile of their data.",
        )
    rows = len(recent.rows)
    if rows < FEWEST_ROWS:
        raise RequestError(
            f"{rows} rows are too few to tell drift from chance.",
            hint=f"Check a table with at least {FEWEST_ROWS} usable rows.",
        )
    known = [name for name in reference.features if name not in recent.absent]
    features = [
        _drift(name, reference.features[name], recent.rows[name], reference.rows, threshold)
        for name in known
        if name in recent.rows.columns
    ]
    chances = model.probabilities({str(n): recent.rows[n].to_numpy() for n in recent.rows})
    prediction = _drift(
        PREDICTION, reference.prediction, pd.Series(chances), reference.rows, threshold
    )
    target = _target(recent.labels, reference, threshold)
    performance = _performance(recent.labels, chances, card)
    features.sort(key=lambda found: -found.psi)
    retrain = _retrain(features, prediction, target, performance, card)
    verdict = _overall([*features, prediction, *([target] if target else [])])
    return DriftReport(
        model=card.version.model,
        version=card.version.version,
        source=source,
        rows=rows,
        reference_rows=reference.rows,
        threshold=threshold,
        features=tuple(features),
        prediction=prediction,
        target=target,
        performance=performance,
        verdict=verdict,
        advice=_advice(verdict, retrain, features, performance),
        retrain=retrain,
        thresholds=_thresholds(threshold),
        notes=_notes(recent, rows),
    )


def _drift(
    name: str, before: FeatureProfile, now: "pd.Series[Any]", reference_rows: int, threshold: float
) -> FeatureDrift:
    index = psi(before, now)
    was, _ = bins(before, now)
    # Two samples of one population have an index of about chi-squared size (Yurdakul 2018).
    chance = float(chi2.ppf(SURE, max(len(was) - 1, 1))) * (1 / len(now) + 1 / reference_rows)
    if index <= chance or index < min(WATCHED_PSI, threshold):
        verdict = DriftVerdict.STABLE
    else:
        verdict = DriftVerdict.DRIFTED if index > threshold else DriftVerdict.WATCH
    return FeatureDrift(
        feature=name,
        psi=index,
        ks=ks(before, now),
        missing_before=before.missing,
        missing_now=float(now.isna().mean()),
        verdict=verdict,
        moved=moved(before, now),
    )


def _target(labels: Labels, reference: ModelReference, threshold: float) -> FeatureDrift | None:
    known = labels[~np.isnan(labels)]
    if len(known) < FEWEST_OUTCOMES:
        return None
    share = reference.delayed_share
    before = FeatureProfile(
        missing=0.0, categories={schema.DELAYED: share, schema.ON_TIME: 1 - share}
    )
    now = pd.Series(np.where(known == 1, schema.DELAYED, schema.ON_TIME), dtype=object)
    return _drift(schema.TARGET, before, now, reference.rows, threshold)


def _performance(
    labels: Labels, chances: npt.NDArray[np.float64], card: ModelCard
) -> LaterPerformance | None:
    known = ~np.isnan(labels)
    rows = int(known.sum())
    if rows < FEWEST_OUTCOMES:
        return None
    truth, answers = labels[known], (chances[known] >= 0.5).astype(float)
    accuracy = float((truth == answers).mean())
    error = math.sqrt(accuracy * (1 - accuracy) / rows)
    expected = card.metrics.get("accuracy", 0.0)
    of_card = card.metrics.get("accuracy_error", 0.0)
    both = 0 < truth.sum() < rows
    return LaterPerformance(
        rows=rows,
        accuracy=accuracy,
        accuracy_error=error,
        expected=expected,
        roc_auc=float(roc_auc_score(truth, chances[known])) if both else None,
        worse=accuracy < expected - ERRORS_BELOW * math.hypot(error, of_card),
    )


def _overall(found: Sequence[FeatureDrift]) -> DriftVerdict:
    verdicts = {one.verdict for one in found}
    for verdict in (DriftVerdict.DRIFTED, DriftVerdict.WATCH):
        if verdict in verdicts:
            return verdict
    return DriftVerdict.STABLE


def _retrain(
    features: Sequence[FeatureDrift],
    prediction: FeatureDrift,
    target: FeatureDrift | None,
    performance: LaterPerformance | None,
    card: ModelCard,
) -> str:
    """Return the rule that asks for another training, in words."""
    if performance is not None and performance.worse:
        return (
            f"It is right in {performance.accuracy:.1%} of {performance.rows} later phases, by more"
            f" than noise below the {performance.expected:.1%} of its card."
        )
    if target is not None and target.verdict is DriftVerdict.DRIFTED:
        return f"The share of delayed phases has changed ({target.moved})."
    drifted = {one.feature for one in features if one.verdict is DriftVerdict.DRIFTED}
    leaning = [name for name in list(card.importances)[:IMPORTANT] if name in drifted]
    if leaning and prediction.verdict is DriftVerdict.DRIFTED:
        return f"{' and '.join(leaning)}, on which it leans most, and its predictions have drifted."
    return ""


def _advice(
    verdict: DriftVerdict,
    retrain: str,
    features: Sequence[FeatureDrift],
    performance: LaterPerformance | None,
) -> str:
    drifted = [one.feature for one in features if one.verdict is DriftVerdict.DRIFTED]
    if retrain:
        return f"Train again on data that includes these phases. {retrain}"
    if drifted:
        held = "and its accuracy holds, so " if performance is not None else ""
        return (
            f"{', '.join(drifted[:4])}{' and others' if len(drifted) > 4 else ''} moved, {held}keep"
            " the model under watch, and check again when more outcomes are known."
        )
    if verdict is DriftVerdict.DRIFTED:
        return "The features hold but the predictions moved: look at what the rows have in common."
    if verdict is DriftVerdict.WATCH:
        return "Nothing to do yet; check again with the next rows."
    return "Nothing to do: the rows look like those that the model learned from."


def _thresholds(threshold: float) -> str:
    return (
        f"PSI sums how far the shares of ten bins moved, missing values being one more: below"
        f" {min(WATCHED_PSI, threshold):g} is stable, above {threshold:g} has drifted, between is"
        " worth watching. An index that chance explains with so few rows"
        f" ({SURE:.0%} sure) counts as stable. KS is the largest gap between the two cumulative"
        " distributions, 0 to 1."
    )


def _notes(recent: Recent, rows: int) -> tuple[str, ...]:
    notes = []
    if recent.absent:
        notes.append(f"Not in the table, so not compared: {', '.join(recent.absent)}.")
    if recent.left_out:
        notes.append(f"{recent.left_out} rows have impossible values and were left out.")
    if recent.cut:
        notes.append(f"Only the first {rows} rows were looked at.")
    known = int((~np.isnan(recent.labels)).sum())
    if known < FEWEST_OUTCOMES:
        notes.append("Outcomes are not known yet, so neither they nor the accuracy were compared.")
    return tuple(notes)


def headline(report: DriftReport) -> Mapping[str, float]:
    """Return the numbers of a check by name."""
    numbers = {
        "rows": float(report.rows),
        "drifted_features": float(len(report.drifted)),
        "largest_psi": max((one.psi for one in report.features), default=0.0),
    }
    if report.prediction is not None:
        numbers["prediction_psi"] = report.prediction.psi
    if report.target is not None:
        numbers["target_psi"] = report.target.psi
    if report.performance is not None:
        numbers["accuracy"] = report.performance.accuracy
    return numbers
