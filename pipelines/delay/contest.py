"""Holds two models against each other on later phases that neither of them has seen."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.errors import RequestError
from core.models import ModelCard, ModelContest
from pipelines.delay import data, features, schema
from pipelines.delay.evaluation import compare, needed_errors

SMALLEST_CONTEST = 50
"""With fewer rows nothing but noise would be found."""

Chances = Callable[[pd.DataFrame], npt.NDArray[np.float64]]


def contest(
    table: Path,
    source: str,
    holder: tuple[ModelCard, Chances],
    candidate: tuple[ModelCard, Chances],
) -> ModelContest:
    """Compare two versions row by row on the phases after both their cuts.

    Args:
        table: A table with outcomes.
        source: What to call it: `bucket/key`.
        holder: The card of the version that holds the alias, and what it says of rows.
        candidate: The same of the version that is to hold it.

    Raises:
        RequestError: There are too few rows that neither has seen.
    """
    cuts = [str(card.split.get("cut") or "") for card, _ in (holder, candidate)]
    if not all(cuts):
        raise RequestError(
            "At least one of them was not tested on later phases, so there are no rows that"
            " neither has seen.",
            hint="Train with split=time.",
        )
    prepared = features.prepare(data.validate(data.read_table(table)))
    later = prepared[prepared[schema.START] >= pd.Timestamp(max(cuts))]
    if len(later) < SMALLEST_CONTEST:
        raise RequestError(
            f"Only {len(later)} phases began after both were trained; that is too few to compare.",
            hint="Compare them on a newer table.",
        )
    truth = later[schema.LABEL].to_numpy()
    old, new = ((chances(later) >= 0.5).astype(int) for _, chances in (holder, candidate))
    difference = compare(truth, new, old)
    accuracies = float((old == truth).mean()), float((new == truth).mean())
    versions = holder[0].version.version, candidate[0].version.version
    return ModelContest(
        holder=versions[0],
        candidate=versions[1],
        rows=len(later),
        holder_accuracy=accuracies[0],
        candidate_accuracy=accuracies[1],
        error=difference.error,
        verdict=_verdict(versions, accuracies, difference.mean, difference.error, len(later)),
        is_better=difference.is_gain,
        source=f"{source} from {max(cuts)} on",
    )


def _verdict(
    versions: tuple[int, int],
    accuracies: tuple[float, float],
    gain: float,
    error: float,
    rows: int,
) -> str:
    facts = (
        f"on the same {rows} later phases version {versions[1]} is right in {accuracies[1]:.1%},"
        f" version {versions[0]} in {accuracies[0]:.1%}"
    )
    if abs(gain) <= needed_errors() * error:
        return f"Within noise: {facts} (difference {gain:+.1%}, one standard error {error:.1%})."
    word = "Better" if gain > 0 else "Worse"
    return f"{word} by more than noise: {facts} (difference {gain:+.1%} ± {error:.1%})."
