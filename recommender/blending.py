"""From what trees say to a ranking and a probability that can be believed.

The ranking mixes the forest with popularity among projects on the same cloud and with the same
Kubernetes: with few projects, the trees alone follow chance. The probability is then softened
without changing the ranking, because trees are too sure of themselves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.features import GROUPS, SPANS, UNKNOWN
from recommender.scoring import Labels, Numbers, log_loss, weighted_f1

Rows = NDArray[np.float32]

POPULAR = (0.0, 0.25, 0.5)
TEMPERATURES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3, 1.6, 2.0)
EVEN = (0.0, 0.03, 0.06, 0.1, 0.15)
SMOOTHING = 4.0
"""How many projects' worth the wider group counts against the narrower one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blend:
    """How a slot's forest, popularity and doubt are mixed."""

    popular: float
    """The share of popularity among projects with the same stated facts in the ranking."""
    temperature: float
    """Above 1 the probabilities are drawn together, below 1 apart."""
    even: float
    """The share of an even distribution in the probability."""

    def ranked(self, forest: Numbers, popular: Numbers) -> Numbers:
        """Return the mixture that decides the order, one row per project."""
        mixed: Numbers = (1 - self.popular) * forest + self.popular * popular
        return mixed

    def apply(self, forest: Numbers, popular: Numbers) -> Numbers:
        """Return calibrated probabilities in the same order, one row per project."""
        sharpened = self.ranked(forest, popular) ** (1 / self.temperature)
        shares: Numbers = sharpened / sharpened.sum(axis=1, keepdims=True)
        softened: Numbers = (1 - self.even) * shares + self.even / shares.shape[1]
        return softened


PLAIN = Blend(popular=0.0, temperature=1.0, even=0.0)


def fit_blend(labels: Labels, forest: Sequence[Numbers], popular: Sequence[Numbers]) -> Blend:
    """Return the blend that does best on projects whose owners were not seen.

    The ranking is chosen by weighted F1, the probability by log loss; ties go to less popularity.

    Args:
        labels: The true class of each project.
        forest: What forests said of them, by repeat.
        popular: What popularity said of them, by repeat.
    """
    classes = np.unique(labels)
    scores = [
        np.mean(
            [
                weighted_f1(labels, classes[((1 - part) * trees + part * usual).argmax(axis=1)])
                for trees, usual in zip(forest, popular, strict=True)
            ]
        )
        for part in POPULAR
    ]
    part = POPULAR[int(np.argmax(scores))]
    candidates = [
        Blend(popular=part, temperature=temperature, even=even)
        for temperature in TEMPERATURES
        for even in EVEN
    ]
    losses = [
        np.mean(
            [
                log_loss(labels, classes, candidate.apply(trees, usual))
                for trees, usual in zip(forest, popular, strict=True)
            ]
        )
        for candidate in candidates
    ]
    return candidates[int(np.argmin(losses))]


def stated_in(row: NDArray[np.float32]) -> str:
    """Return the cloud and the Kubernetes that a row states, as a key: `aws|strong`, `|`."""
    cloud, skill = row[SPANS["cloud"]], row[SPANS["kubernetes"]][0]
    name = "" if cloud[0] == UNKNOWN or not cloud.any() else GROUPS["cloud"][int(cloud.argmax())]
    return f"{name}|{'' if skill == UNKNOWN else 'strong' if skill > 0 else 'none'}"


def popularity(rows: Rows, labels: Labels, classes: Labels) -> Mapping[str, tuple[float, ...]]:
    """Return the class shares among projects by what they state, each smoothed by the wider group.

    Args:
        rows: Encoded projects.
        labels: Their classes.
        classes: Every class, sorted.
    """
    keys = [stated_in(row) for row in rows]
    clouds = np.array([key.partition("|")[0] for key in keys])
    skills = np.array([key.partition("|")[2] for key in keys])
    everywhere = _shares(labels, classes, np.ones(len(classes)) / len(classes), smoothing=0.0)
    found = {"|": everywhere}
    for cloud in GROUPS["cloud"]:
        found[f"{cloud}|"] = _shares(labels[clouds == cloud], classes, everywhere)
    for skill in ("none", "strong"):
        found[f"|{skill}"] = _shares(labels[skills == skill], classes, everywhere)
        for cloud in GROUPS["cloud"]:
            both = labels[(clouds == cloud) & (skills == skill)]
            found[f"{cloud}|{skill}"] = _shares(both, classes, found[f"{cloud}|"])
    return {key: tuple(round(float(share), 6) for share in shares) for key, shares in found.items()}


def popular_shares(found: Mapping[str, tuple[float, ...]], rows: Rows) -> Numbers:
    """Return the popularity that applies to each row."""
    return np.array([found[stated_in(row)] for row in rows])


def _shares(
    labels: Labels, classes: Labels, wider: Numbers, smoothing: float = SMOOTHING
) -> Numbers:
    counts = np.array([np.sum(labels == name) for name in classes], dtype=float)
    shares: Numbers = (counts + smoothing * wider) / (counts.sum() + smoothing)
    return shares
