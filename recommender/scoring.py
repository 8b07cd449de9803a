"""Measures of a classifier on folds that keep every owner's projects together."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.str_]
Numbers = NDArray[np.float64]
Indices = NDArray[np.intp]


def f1_by_class(truth: Labels, guess: Labels) -> dict[str, float]:
    """Return the F1 of every class that occurs in the truth."""
    scores = {}
    for name in np.unique(truth):
        hits = float(np.sum((truth == name) & (guess == name)))
        scores[str(name)] = 2 * hits / float(np.sum(truth == name) + np.sum(guess == name))
    return scores


def weighted_f1(truth: Labels, guess: Labels) -> float:
    """Return the mean F1 over the classes, weighted by how often each is true."""
    return float(
        sum(score * np.mean(truth == name) for name, score in f1_by_class(truth, guess).items())
    )


def macro_f1(truth: Labels, guess: Labels) -> float:
    """Return the plain mean of the F1 over the classes."""
    return float(np.mean(list(f1_by_class(truth, guess).values())))


def weighted_precision(truth: Labels, guess: Labels) -> float:
    """Return the mean precision over the classes, weighted by how often each is true.

    A class that is never named counts as 0.
    """
    total = 0.0
    for name in np.unique(truth):
        named = float(np.sum(guess == name))
        hits = float(np.sum((truth == name) & (guess == name)))
        total += float(np.mean(truth == name)) * (hits / named if named else 0.0)
    return total


def calibration_error(truth: Labels, classes: Labels, shares: Numbers, bins: int = 10) -> float:
    """Return the expected calibration error of the first choice, over bins of equal width."""
    sure, right = shares.max(axis=1), classes[shares.argmax(axis=1)] == truth
    place = np.minimum((sure * bins).astype(int), bins - 1)
    return float(
        sum(
            np.mean(place == bin_)
            * abs(np.mean(right[place == bin_]) - np.mean(sure[place == bin_]))
            for bin_ in np.unique(place)
        )
    )


def f1_interval(
    truth: Labels, guesses: list[Labels], owners: Labels, *, draws: int, seed: int
) -> tuple[float, float]:
    """Return the 95 % interval of the weighted F1: owners are drawn with replacement."""
    random = np.random.default_rng(seed)
    groups = np.unique(owners, return_inverse=True)[1]
    size = int(groups.max()) + 1
    found = []
    for guess in guesses:
        chosen = random.integers(size, size=(draws // len(guesses), size))
        times = np.stack([np.bincount(row, minlength=size) for row in chosen])
        found.append(_weighted_f1s(truth, guess, times[:, groups].astype(float)))
    low, high = np.quantile(np.concatenate(found), (0.025, 0.975))
    return float(low), float(high)


def _weighted_f1s(truth: Labels, guess: Labels, weights: Numbers) -> Numbers:
    classes = np.unique(truth)
    true, said = truth[:, None] == classes, guess[:, None] == classes
    support, hits = weights @ true, weights @ (true & said)
    f1 = 2 * hits / np.maximum(support + weights @ said, 1)
    found: Numbers = (f1 * support).sum(axis=1) / support.sum(axis=1)
    return found


def draw_f1(truth: Labels) -> float:
    """Return the weighted F1 to expect of a draw from the class shares."""
    shares = np.unique(truth, return_counts=True)[1] / len(truth)
    return float(np.sum(shares**2))


def majority_f1(truth: Labels) -> float:
    """Return the weighted F1 of always saying the most frequent class."""
    share = float(np.unique(truth, return_counts=True)[1].max() / len(truth))
    return share * 2 * share / (1 + share)


def top_share(truth: Labels, classes: Labels, shares: Numbers, top: int = 3) -> float:
    """Return how often the true class is among the `top` most probable."""
    best = classes[np.argsort(-shares, axis=1, kind="stable")[:, :top]]
    return float(np.mean((best == truth[:, None]).any(axis=1)))


def log_loss(truth: Labels, classes: Labels, shares: Numbers) -> float:
    """Return the mean negative logarithm of the probability given to the true class."""
    column = np.searchsorted(classes, truth)
    return float(-np.mean(np.log(np.maximum(shares[np.arange(len(truth)), column], 1e-6))))


def owner_folds(
    labels: Labels, owners: Labels, folds: int, seed: int
) -> Iterator[tuple[Indices, Indices]]:
    """Yield training and test rows: stratified by label, no owner on both sides."""
    from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(n_splits=folds, shuffle=True, random_state=seed)
    yield from splitter.split(np.zeros(len(labels)), labels, owners)


def gain_interval(
    truth: Labels, guesses: list[Labels], owners: Labels, *, draws: int, seed: int
) -> tuple[float, float]:
    """Return the 99 % interval of the gain over the better of majority and draw.

    It is wide because eleven slots are judged at once, each with several sets of known facts.
    Owners are drawn with replacement; the guesses are those of repeated cross-validations.
    """
    random = np.random.default_rng(seed)
    groups = np.unique(owners, return_inverse=True)[1]
    each = draws // len(guesses)
    gains = []
    for guess in guesses:
        chosen = random.integers(groups.max() + 1, size=(each, groups.max() + 1))
        times = np.stack([np.bincount(row, minlength=groups.max() + 1) for row in chosen])
        gains.append(_gains(truth, guess, times[:, groups].astype(float)))
    low, high = np.quantile(np.concatenate(gains), (0.005, 0.995))
    return float(low), float(high)


def _gains(truth: Labels, guess: Labels, weights: Numbers) -> Numbers:
    """Return the gain for each row of weights: how often each project was drawn."""
    classes = np.unique(truth)
    true, said = truth[:, None] == classes, guess[:, None] == classes
    support, hits = weights @ true, weights @ (true & said)
    f1 = 2 * hits / np.maximum(support + weights @ said, 1)
    shares = support / support.sum(axis=1, keepdims=True)
    draw = (shares**2).sum(axis=1)
    most = shares.max(axis=1)
    gains: Numbers = (f1 * shares).sum(axis=1) - np.maximum(draw, 2 * most**2 / (1 + most))
    return gains
