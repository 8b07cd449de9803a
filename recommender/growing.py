"""Growing a forest that copes with any facts missing, and cutting it down to plain numbers."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.features import GROUPS, SPANS, STATED, UNKNOWN
from recommender.forest import LEAF, Rows, Trees

MASKINGS = 3
"""How often each drawn project is shown to a tree, each time with other facts hidden."""
LEAVES: Mapping[str, tuple[int, ...]] = {"platform": (6, 12)}
FINE_LEAVES = (3, 12)
"""The smallest leaves, in turn, of a slot that `LEAVES` does not name; no one size is best."""
STATED_HIDDEN = 0.5
"""How much less often than other facts those are hidden that people nearly always state."""
MOST_FEATURES = 0.4
"""The share of the columns among which a tree looks for each split."""
LEAF_UNITS = 255
"""Class shares are stored in this many steps."""


def hide_at_random(rows: Rows, random: np.random.Generator) -> Rows:
    """Return the rows with some facts hidden: none in half of them, any share in the others."""
    shown = rows.copy()
    share = random.uniform(0, 1, size=len(rows)) * random.integers(0, 2, size=len(rows))
    _name_one_framework(shown, share > 0, random)
    for fact, columns in SPANS.items():
        often = STATED_HIDDEN if fact in STATED else 1.0
        hidden = random.uniform(size=len(rows)) < share * often
        shown[hidden, columns] = UNKNOWN
    return shown


def _name_one_framework(rows: Rows, some: NDArray[np.bool_], random: np.random.Generator) -> None:
    """Keep the main framework in half of some rows: people name one where a project uses five."""
    start = SPANS["framework"].start
    names = GROUPS["framework"]
    chosen = some & (random.uniform(size=len(rows)) < 0.5) & (rows[:, start] != UNKNOWN)
    for column, name in enumerate(names):
        if name.startswith("uses "):
            main = start + names.index(name.removeprefix("uses ")) if name[5:] in names else None
            rows[chosen, start + column] = 0 if main is None else rows[chosen, main]


def grow(
    rows: Rows,
    labels: NDArray[np.str_],
    classes: Sequence[str],
    *,
    slot: str,
    trees: int,
    seed: int,
) -> Trees:
    """Grow trees, each from its own draw of projects and its own choice of hidden facts."""
    from sklearn.tree import DecisionTreeClassifier

    leaves = LEAVES.get(slot, FINE_LEAVES)
    random = np.random.default_rng(seed)
    codes = np.searchsorted(np.array(classes), labels)
    parts = []
    for number in range(trees):
        drawn = np.repeat(random.integers(len(rows), size=len(rows)), MASKINGS)
        tree = DecisionTreeClassifier(
            max_features=MOST_FEATURES,
            min_samples_leaf=leaves[number % len(leaves)],
            random_state=seed + number,
        )
        tree.fit(hide_at_random(rows[drawn], random), codes[drawn])
        shares = np.zeros((tree.tree_.node_count, len(classes)))
        shares[:, tree.classes_] = tree.tree_.value[:, 0, :]
        parts.append(
            _plain(tree.tree_.feature, tree.tree_.threshold, tree.tree_.children_right, shares)
        )
    return _together(parts)


def _plain(
    feature: NDArray[np.int64],
    threshold: NDArray[np.float64],
    right: NDArray[np.int64],
    shares: NDArray[np.float64],
) -> Trees:
    leaf = right < 0
    shares = shares / shares.sum(axis=1, keepdims=True)
    return Trees(
        roots=np.zeros(1, dtype=np.int32),
        feature=np.where(leaf, LEAF, feature).astype(np.uint8),
        # Values are whole numbers, so what is above a threshold is above its floor.
        threshold=np.where(leaf, 0, np.floor(threshold)).astype(np.int8),
        right=right.astype(np.int32),
        shares=np.round(shares * LEAF_UNITS).astype(np.uint8),
    )


def _together(parts: Sequence[Trees]) -> Trees:
    starts = np.cumsum([0, *(len(part.feature) for part in parts[:-1])]).astype(np.int32)
    return Trees(
        roots=starts,
        feature=np.concatenate([part.feature for part in parts]),
        threshold=np.concatenate([part.threshold for part in parts]),
        right=np.concatenate(
            [part.right + start for part, start in zip(parts, starts, strict=True)]
        ),
        shares=np.concatenate([part.shares for part in parts]),
    )
