"""The forest that ranks tools, read from plain numbers so that an answer needs no scikit-learn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from core.errors import UnavailableError
from core.toolchains import ProjectProfile
from recommender.blending import Blend, popular_shares, weighed
from recommender.features import GROUPS, SPANS, STATED, UNKNOWN, encode, facts_of
from recommender.judging import JUDGED, judged

TREES = Path(__file__).parent / "data" / "forest.npz"
MEASURES = Path(__file__).parent / "data" / "forest.json"
LEAF = 255
"""The feature number that marks a leaf."""

_DATA_FACTS = ("data_structure", "data_types")
_CONTEXT_FACTS = tuple(fact for fact in GROUPS if fact not in STATED)
TIERS: Mapping[str, tuple[str, ...]] = {
    "data": _DATA_FACTS,
    "context": _CONTEXT_FACTS,
    **{
        "+".join(stated): (*_CONTEXT_FACTS, *stated)
        for number in range(1, len(STATED) + 1)
        for stated in combinations(STATED, number)
    },
}
"""The facts that are known when the forest is measured, by name of the measure."""

Rows = NDArray[np.float32]
Numbers = NDArray[np.float64]
Shares = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trees:
    """All trees of one slot, node after node.

    Every feature is a small whole number, so a threshold is stored as the whole number below it.
    The left child of a node is the one stored after it.
    """

    roots: NDArray[np.int32]
    feature: NDArray[np.uint8]
    threshold: NDArray[np.int8]
    right: NDArray[np.int32]
    shares: NDArray[np.uint8]
    """Class shares by node, in 255ths: of inner nodes, too, so that a path can be explained."""

    def predict(self, rows: Rows) -> Shares:
        """Return the mean class shares over the trees, one row per project."""
        node = np.repeat(self.roots[None, :], len(rows), axis=0)
        index = np.arange(len(rows))[:, None]
        while True:
            feature = self.feature[node]
            inner = feature != LEAF
            if not inner.any():
                break
            value = rows[index, np.where(inner, feature, 0)]
            below = np.where(value > self.threshold[node], self.right[node], node + 1)
            node = np.where(inner, below, node)
        shares: Shares = self.shares[node].astype(np.float64).mean(axis=1)
        shares /= shares.sum(axis=1, keepdims=True)
        return shares

    def contributions(self, row: NDArray[np.float32]) -> Mapping[str, Numbers]:
        """Return how far each fact moved the class shares on the paths of one project.

        On each path, the change from a node to the next belongs to the fact that was asked there;
        the mean over the trees is the answer. Together with the shares at the roots they add up to
        what `predict` says.
        """
        moved = np.zeros((len(row), self.shares.shape[1]))
        node = self.roots.copy()
        while (inner := self.feature[node] != LEAF).any():
            node = node[inner]
            feature = self.feature[node]
            after = np.where(row[feature] > self.threshold[node], self.right[node], node + 1)
            change = self.shares[after].astype(np.float64) - self.shares[node]
            np.add.at(moved, feature, change)
            node = after
        moved /= 255 * len(self.roots)
        return {fact: moved[columns].sum(axis=0) for fact, columns in SPANS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How well the forest did on owners it had not seen, with the same facts known."""

    forest: float
    """Weighted F1 of the class that most trees name."""
    draw: float
    """Weighted F1 of a draw from the class shares."""
    majority: float
    gain_low: float
    """The lower end of the 99 % interval of the gain over the better of the two."""
    gain_high: float

    @property
    def clear(self) -> bool:
        """Whether the interval of the gain leaves out zero."""
        return self.gain_low > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """What was learned for one slot."""

    classes: tuple[str, ...]
    prior: tuple[float, ...]
    """Class shares among the training projects."""
    popular: Mapping[str, tuple[float, ...]]
    """Class shares by what is stated, as `recommender.blending.popularity` returns them."""
    blends: Mapping[str, Blend]
    """How trees and popularity are mixed, by what is known; fitted on owners not seen."""
    shown: Mapping[str, str]
    """What the trees are told, by what is known: facts that mislead them here stay hidden."""
    measures: Mapping[str, Measure]
    """By what is known, as in `TIERS`."""
    seen: Mapping[str, int]
    """How many training projects use each tool."""
    chosen: Mapping[str, int] = field(default_factory=dict)
    """How often a person here has said that they took a tool, by its name."""

    def say(
        self, tier: str, forest: Shares, popular: Shares, factors: Shares | None = None
    ) -> Shares:
        """Return class probabilities: the forest's where it is clearly better, else popularity.

        Args:
            tier: What is known, as in `TIERS`.
            forest: What the trees say, one row per project.
            popular: How popular each class is where the same is stated.
            factors: What the rules say, where they are fitted with the data.
        """
        blend = self.blends[tier]
        if self.measures[tier].clear:
            return blend.calibrated(blend.ranked(forest, popular, factors))
        return popular if factors is None else weighed(popular, factors, 1.0)

    @property
    def absent(self) -> float:
        """The share of training projects with nothing in this slot."""
        return self.prior[self.classes.index("none")] if "none" in self.classes else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What is kept beside the trees, in words and figures that a person can read."""

    data_digest: str
    """Hash of the table of projects."""
    slots: Mapping[str, Slot]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """The trees of all slots, with what was measured of them."""

    trees: Mapping[str, Trees]
    learned: Learned

    def rank(self, profiles: Sequence[ProjectProfile]) -> Mapping[str, Shares]:
        """Return the class probabilities of each slot, one row per profile."""
        rows = np.stack([encode(facts_of(profile)) for profile in profiles])
        # Budget and governance are no facts for the trees, so many projects are one row to them.
        unique, place = np.unique(rows, axis=0, return_inverse=True)
        place = place.ravel()
        tiers = np.array([tier_of(row) for row in unique])
        return {name: self._rank(name, profiles, unique, tiers, place) for name in self.trees}

    def _rank(
        self,
        name: str,
        profiles: Sequence[ProjectProfile],
        rows: Rows,
        tiers: NDArray[np.str_],
        place: NDArray[np.intp],
    ) -> Shares:
        """Return the class probabilities of a slot, one row per profile.

        Args:
            name: The slot.
            profiles: The projects.
            rows: The different ones among them, encoded.
            tiers: What is known of each row.
            place: The row of each project.
        """
        slot = self.learned.slots[name]
        usual = popular_shares(slot.popular, rows)
        said = np.zeros_like(usual)
        # Trees that are not clearly better are not asked: asking takes most of the time.
        asked = np.array([slot.measures[tier].clear for tier in tiers])
        if asked.any():
            shown = [
                hide(row[None, :], slot.shown[tier])
                for row, tier in zip(rows[asked], tiers[asked], strict=True)
            ]
            said[asked] = self.trees[name].predict(np.concatenate(shown))
        factors = judged(name, slot.classes, profiles) if name in JUDGED else None
        shares = np.empty((len(profiles), len(slot.classes)))
        for tier in sorted(set(tiers)):
            here = np.flatnonzero((tiers == tier)[place])
            row = place[here]
            told = None if factors is None else factors[here]
            shares[here] = slot.say(tier, said[row], usual[row], told)
        return shares


@lru_cache(maxsize=512)
def known_tier(profile: ProjectProfile) -> str:
    """Return which measure applies to a profile, by the facts it gives."""
    return _tier(set(facts_of(profile)))


def tier_of(row: NDArray[np.float32]) -> str:
    """Return which measure applies to an encoded project."""
    return _tier({fact for fact, columns in SPANS.items() if row[columns][0] != UNKNOWN})


def _tier(facts: set[str]) -> str:
    stated = [fact for fact in STATED if fact in facts]
    if stated:
        return "+".join(stated)
    return "context" if facts - set(_DATA_FACTS) else "data"


def known_of(profile: ProjectProfile, tier: str) -> ProjectProfile:
    """Return a profile with only the facts of a tier, as `hide` does for rows."""
    nothing = ProjectProfile()
    hidden = {fact: getattr(nothing, fact) for fact in set(GROUPS) - set(TIERS[tier])}
    return replace(profile, **hidden)


def hide(rows: Rows, tier: str) -> Rows:
    """Return the rows with every fact unknown that lies outside a tier."""
    shown = rows.copy()
    for fact in set(GROUPS) - set(TIERS[tier]):
        shown[:, SPANS[fact]] = UNKNOWN
    return shown


@cache
def load_forest(trees: Path = TREES, measures: Path = MEASURES) -> Forest:
    """Read the trained forest: the shipped one, or one that was trained with recorded choices.

    Raises:
        UnavailableError: It was not trained yet, or its files cannot be read.
    """
    return read_forest(trees, measures)


def read_forest(trees_file: Path, measures_file: Path) -> Forest:
    """Read a forest from its two files.

    Raises:
        UnavailableError: They cannot be read.
    """
    try:
        learned = TypeAdapter(Learned).validate_json(measures_file.read_bytes())
        with np.load(trees_file, allow_pickle=False) as arrays:
            trees = {
                name: Trees(
                    roots=arrays[f"{name}.roots"],
                    feature=arrays[f"{name}.feature"],
                    threshold=arrays[f"{name}.threshold"],
                    right=arrays[f"{name}.right"],
                    shares=arrays[f"{name}.shares"],
                )
                for name in learned.slots
            }
    except (OSError, ValueError, KeyError) as error:
        raise UnavailableError(
            f"The recommender's forest cannot be read: {error}.",
            hint="Train it with: python -m recommender.train",
        ) from error
    return Forest(trees=trees, learned=learned)
