"""From what trees say to a ranking and a probability that can be believed.

The ranking mixes the forest with popularity among projects on the same cloud and with the same
Kubernetes, because with few projects the trees alone follow chance, and weighs it by the rules. The
probability is then softened without changing the ranking: trees are too sure of themselves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from recommender.features import GROUPS, SPANS, UNKNOWN
from recommender.scoring import Labels, Numbers, log_loss, weighted_f1

Rows = NDArray[np.float32]

POPULAR = (0.0, 0.15, 0.3, 0.45, 0.6)
TRUSTS = (1.0, 1.5, 2.0, 2.5, 3.0)
TEMPERATURES = (0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3, 1.6)
EVEN = (0.0, 0.03, 0.06, 0.1, 0.15)
KEPT = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2)
CAUTION = 0.8
"""What is kept of the fitted differences in sureness: so few projects make them look too large."""
SUREST = 0.99
SMOOTHING = 4.0
"""How many projects' worth the wider group counts against the narrower one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blend:
    """How a slot's forest, popularity, rules and doubt are mixed."""

    popular: float
    """The share of popularity among projects with the same stated facts in the ranking."""
    trust: float = 1.0
    """The power to which the rules' factors count where they are fitted with the data."""
    temperature: float = 1.0
    """Above 1 the probabilities are drawn together, below 1 apart."""
    even: float = 0.0
    """The share of an even distribution in the probability."""
    right: float = 0.0
    """How often first choices were right on owners not seen."""
    sure: float = 0.0
    """How sure they were on the whole."""
    kept: float = 1.0
    """How much of a first choice's distance from `sure` is kept, then round `right`."""

    def ranked(self, forest: Numbers, popular: Numbers, factors: Numbers | None = None) -> Numbers:
        """Return the mixture that decides the order, one row per project.

        Args:
            forest: What the trees say.
            popular: How popular each class is where the same is stated.
            factors: What the rules say, where they are fitted with the data.
        """
        mixed: Numbers = (1 - self.popular) * forest + self.popular * popular
        return mixed if factors is None else weighed(mixed, factors, self.trust)

    def calibrated(self, ranked: Numbers) -> Numbers:
        """Return probabilities in the same order, one row per project."""
        sharpened = ranked ** (1 / self.temperature)
        shares: Numbers = sharpened / sharpened.sum(axis=1, keepdims=True)
        softened: Numbers = (1 - self.even) * shares + self.even / shares.shape[1]
        return _drawn_in(softened, self) if self.right else softened


PLAIN = Blend(popular=0.0)


def weighed(shares: Numbers, factors: Numbers, trust: float) -> Numbers:
    """Return shares after the rules, one row per project; they add up to one."""
    after: Numbers = shares * factors**trust
    after /= after.sum(axis=1, keepdims=True)
    return after


def _drawn_in(shares: Numbers, blend: Blend) -> Numbers:
    """Draw the first choice's probability towards how often first choices are right.

    The others share what is left as before, and the first stays first.
    """
    row, first = np.arange(len(shares)), shares.argmax(axis=1)
    sure = np.minimum(shares[row, first], SUREST)
    # What is next to nothing stays so small, but something must share what the first gives up.
    others = np.maximum(shares, 1e-9)
    others[row, first] = 0.0
    second = others.max(axis=1)
    least = second / (1 - sure + second) + 1e-6
    told = blend.right + blend.kept * (sure - blend.sure)
    drawn = np.clip(told, least, np.maximum(least, SUREST))
    others *= ((1 - drawn) / others.sum(axis=1))[:, None]
    others[row, first] = drawn
    return others


def fit_blend(
    labels: Labels,
    forest: Sequence[Numbers],
    popular: Sequence[Numbers],
    factors: Numbers | None = None,
) -> Blend:
    """Return the blend that does best on projects whose owners were not seen.

    The ranking is chosen by weighted F1, in the middle of what does well, because single settings
    do well by chance; popularity alone is taken where it does better than any mixture. The
    probability is chosen by log loss: first of all classes, then of the first choice being right.

    Args:
        labels: The true class of each project.
        forest: What forests said of them, by repeat.
        popular: What popularity said of them, by repeat.
        factors: What the rules say of them, where they are fitted with the data.
    """
    classes = np.unique(labels)
    said = list(zip(forest, popular, strict=True))

    def ranked(blend: Blend) -> list[Numbers]:
        return [blend.ranked(trees, usual, factors) for trees, usual in said]

    def f1(blend: Blend) -> float:
        return _mean([weighted_f1(labels, classes[one.argmax(axis=1)]) for one in ranked(blend)])

    trusts = (1.0,) if factors is None else TRUSTS
    scores = np.array([[f1(Blend(popular=p, trust=t)) for t in trusts] for p in POPULAR])
    middle = _smoothed(scores)
    place = np.unravel_index(middle.argmax(), middle.shape)
    best = Blend(popular=POPULAR[place[0]], trust=trusts[place[1]])
    alone = replace(best, popular=1.0)
    if f1(alone) > scores[place]:
        best = alone
    return _fit_doubt(labels, ranked(best), best)


def _smoothed(scores: Numbers) -> Numbers:
    """Return each score averaged with its neighbours; among equals the better one is ahead."""
    around = np.pad(scores, 1, mode="edge")
    height, width = scores.shape
    sums = sum(around[i : i + height, j : j + width] for i, j in product(range(3), range(3)))
    smoothed: Numbers = sums / 9 + 1e-6 * scores
    return smoothed


def _fit_doubt(labels: Labels, ranked: Sequence[Numbers], blend: Blend) -> Blend:
    """Return the blend with the probabilities fitted to what it ranks."""
    classes = np.unique(labels)
    tempered = [
        replace(blend, temperature=temperature, even=even)
        for temperature, even in product(TEMPERATURES, EVEN)
    ]
    losses = [
        _mean([log_loss(labels, classes, one.calibrated(shares)) for shares in ranked])
        for one in tempered
    ]
    best = tempered[int(np.argmin(losses))]
    firsts = [classes[shares.argmax(axis=1)] == labels for shares in ranked]
    right = round(_mean([float(np.mean(first)) for first in firsts]), 3)
    softened = [best.calibrated(shares) for shares in ranked]
    sure = round(_mean([float(shares.max(axis=1).mean()) for shares in softened]), 3)
    drawn = [replace(best, right=right, sure=sure, kept=kept) for kept in KEPT]
    doubts = [
        _mean(
            [
                _first_loss(first, one.calibrated(shares))
                for first, shares in zip(firsts, ranked, strict=True)
            ]
        )
        for one in drawn
    ]
    chosen = drawn[int(np.argmin(doubts))]
    return replace(chosen, kept=round(CAUTION * chosen.kept, 3))


def _first_loss(right: NDArray[np.bool_], shares: Numbers) -> float:
    """Return the log loss of the first choice's probability of being right."""
    sure = np.clip(shares.max(axis=1), 1 - SUREST, SUREST)
    return float(-np.mean(np.where(right, np.log(sure), np.log(1 - sure))))


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


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
