"""Profiles of columns, and the distance between a profile and later values.

PSI is the population stability index, the sum over bins of (now - before) * ln(now / before); KS
the Kolmogorov-Smirnov distance, the largest gap between two cumulative distributions.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.drift import FeatureProfile

BINS = 10
QUANTILES = 200
SMALLEST_SHARE = 1e-4
"""An empty bin counts as this much: the index of an empty one would be endless."""
RARE = 0.005
"""Words that fewer rows have are counted together."""
RARE_WORDS = "(rare)"

Numbers = npt.NDArray[np.float64]


def profile_of(column: pd.Series, *, is_number: bool) -> FeatureProfile:
    """Return how a column is distributed."""
    present = column.dropna()
    missing = 1 - len(present) / max(len(column), 1)
    if not len(present):
        return FeatureProfile(missing=missing)
    if is_number:
        return _of_numbers(present.to_numpy(dtype=float), missing)
    shares = present.astype(str).value_counts(normalize=True)
    kept = shares[shares >= RARE]
    words = {str(word): float(share) for word, share in kept.items()}
    if len(kept) < len(shares):
        words[RARE_WORDS] = float(shares[shares < RARE].sum())
    return FeatureProfile(missing=missing, categories=words)


def _of_numbers(values: Numbers, missing: float) -> FeatureProfile:
    inner = np.linspace(0, 1, BINS + 1)[1:-1]
    edges = np.unique(np.quantile(values, inner, method="lower"))
    # A flag has one edge at most: below the greatest value, or nothing would be above it.
    edges = edges[edges < values.max()]
    return FeatureProfile(
        missing=missing,
        edges=tuple(float(edge) for edge in edges),
        shares=tuple(float(share) for share in _binned(values, edges)),
        quantiles=tuple(
            float(value)
            for value in np.quantile(values, np.linspace(0, 1, QUANTILES + 1), method="lower")
        ),
    )


def _binned(values: Numbers, edges: Numbers) -> Numbers:
    bins = np.searchsorted(edges, values, side="left")
    return np.bincount(bins, minlength=len(edges) + 1) / max(len(values), 1)


def psi(before: FeatureProfile, now: pd.Series) -> float:
    """Return the population stability index of later values; missing values are a bin."""
    was, is_now = bins(before, now)
    was, is_now = (np.maximum(shares, SMALLEST_SHARE) for shares in (was, is_now))
    return float(np.sum((is_now - was) * np.log(is_now / was)))


def bins(before: FeatureProfile, now: pd.Series) -> tuple[Numbers, Numbers]:
    """Return the shares of each bin then and now, missing values last."""
    present = now.dropna()
    missing = 1 - len(present) / max(len(now), 1)
    if before.quantiles:
        was = np.array(before.shares)
        is_now = _binned(present.to_numpy(dtype=float), np.array(before.edges))
    else:
        words = list(before.categories)
        shares = present.astype(str).value_counts(normalize=True)
        known = np.array([float(shares.get(word, 0.0)) for word in words])
        rest = float(shares.sum()) - float(known.sum())
        if RARE_WORDS in before.categories:
            known[words.index(RARE_WORDS)] += rest
            rest = 0.0
        was = np.array([*before.categories.values(), 0.0])
        is_now = np.array([*known, rest])
    return (
        np.append(was * (1 - before.missing), before.missing),
        np.append(is_now * (1 - missing), missing),
    )


def ks(before: FeatureProfile, now: pd.Series) -> float | None:
    """Return the Kolmogorov-Smirnov distance of later values; None for words or no values."""
    values = np.sort(now.dropna().to_numpy(dtype=float)) if before.quantiles else np.array([])
    if not len(values):
        return None
    was = np.array(before.quantiles)
    points = np.unique(np.concatenate([was, values]))
    return float(np.max(np.abs(_below(was, points) - _below(values, points))))


def _below(ordered: Numbers, points: Numbers) -> Numbers:
    return np.searchsorted(ordered, points, side="right") / len(ordered)


def moved(before: FeatureProfile, now: pd.Series) -> str:
    """Say what changed most between a profile and later values."""
    present = now.dropna()
    missing = 1 - len(present) / max(len(now), 1)
    if abs(missing - before.missing) >= 0.1:
        return f"missing in {before.missing:.0%} of rows then, in {missing:.0%} now"
    if not len(present):
        return ""
    if before.quantiles:
        return _moved_numbers(before, present.to_numpy(dtype=float))
    shares = present.astype(str).value_counts(normalize=True)
    words = {*before.categories, *(str(word) for word in shares.index)} - {RARE_WORDS}
    changes = {
        word: float(shares.get(word, 0.0)) - before.categories.get(word, 0.0)
        for word in sorted(words)
    }
    most = max(changes, key=lambda word: abs(changes[word]))
    was = before.categories.get(most, 0.0)
    return f"{most!r}: {was:.0%} of rows then, {was + changes[most]:.0%} now"


def _moved_numbers(before: FeatureProfile, values: Numbers) -> str:
    was = np.array(before.quantiles)
    if set(_distinct(was)) <= {0.0, 1.0}:
        return f"1 in {np.mean(was):.0%} of rows then, in {np.mean(values):.0%} now"
    medians = np.median(was), np.median(values)
    if medians[0] == medians[1]:
        return f"mean {np.mean(was):.3g} then, {np.mean(values):.3g} now"
    return f"median {medians[0]:.4g} then, {medians[1]:.4g} now"


def _distinct(values: Iterable[float]) -> set[float]:
    return {float(value) for value in values}
