"""Many small trees as a few arrays, asked all at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
FEW_ROWS = 32
"""Up to here all trees are asked together; from here on each tree is asked for all rows."""


@dataclass(frozen=True, slots=True)
class Forest:
    """The trees of an ensemble, node after node."""

    trees: tuple[Any, ...]
    """scikit-learn's own, which are fast where there are many rows."""
    roots: Places
    feature: Places
    threshold: Numbers
    left: Places
    right: Places
    value: Numbers
    """What a leaf adds to the sum."""
    depth: int
    finish: Callable[[Numbers], Numbers]
    """Turns the sum over all trees into a probability."""

    @classmethod
    def of(cls, classifier: Any) -> "Forest | None":
        """Return the trees of a fitted classifier; None where it is not made of trees."""
        read = _READERS.get(type(classifier).__name__)
        if read is None:
            return None
        trees, values, finish = read(classifier)
        starts = np.cumsum([0, *(tree.node_count for tree in trees)])
        own = [np.arange(tree.node_count) for tree in trees]

        def joined(attribute: str) -> Places:
            # A leaf leads to itself: a row that has arrived stays where it is.
            return np.concatenate(
                [
                    np.where(getattr(tree, attribute) < 0, nodes, getattr(tree, attribute)) + start
                    for tree, nodes, start in zip(trees, own, starts, strict=False)
                ]
            )

        return cls(
            trees=tuple(trees),
            roots=starts[:-1],
            feature=np.concatenate([np.maximum(tree.feature, 0) for tree in trees]),
            threshold=np.concatenate([tree.threshold for tree in trees]),
            left=joined("children_left"),
            right=joined("children_right"),
            value=np.concatenate(values),
            depth=max(tree.max_depth for tree in trees),
            finish=finish,
        )

    def probabilities(self, rows: Numbers) -> Numbers:
        """Return each row's probability of delay."""
        # The trees were grown on single precision, so a value on a threshold must be rounded alike.
        single = np.ascontiguousarray(rows, dtype=np.float32)
        total = self._together(single) if len(rows) <= FEW_ROWS else self._one_by_one(single)
        return self.finish(total)

    def _together(self, rows: npt.NDArray[np.float32]) -> Numbers:
        at = np.broadcast_to(self.roots, (len(rows), len(self.roots)))
        number = np.arange(len(rows))[:, None]
        for _ in range(self.depth):
            goes_left = rows[number, self.feature[at]] <= self.threshold[at]
            at = np.where(goes_left, self.left[at], self.right[at])
        return np.asarray(self.value[at].sum(axis=1))

    def _one_by_one(self, rows: npt.NDArray[np.float32]) -> Numbers:
        total = np.zeros(len(rows))
        for tree, root in zip(self.trees, self.roots, strict=True):
            total += self.value[root : root + tree.node_count][tree.apply(rows)]
        return total


Read = tuple[list[Any], list[Numbers], Callable[[Numbers], Numbers]]


def _delayed_share(tree: Any) -> Numbers:
    value = tree.value[:, 0, :]
    return np.asarray(value[:, 1] / value.sum(axis=1))


def _one_tree(classifier: Any) -> Read:
    return [classifier.tree_], [_delayed_share(classifier.tree_)], lambda total: total


def _random_forest(classifier: Any) -> Read:
    trees = [member.tree_ for member in classifier.estimators_]
    return trees, [_delayed_share(tree) for tree in trees], lambda total: total / len(trees)


def _boosted(classifier: Any) -> Read:
    trees = [member.tree_ for member in classifier.estimators_[:, 0]]
    # The constant that boosting starts from: what the whole answers, less what its trees add.
    row = np.zeros((1, classifier.n_features_in_))
    rate = float(classifier.learning_rate)
    added = sum(float(tree.predict(row.astype(np.float32))[0, 0]) for tree in trees)
    start = float(classifier.decision_function(row)[0]) - rate * added
    values = [rate * tree.value[:, 0, 0] for tree in trees]
    return trees, values, lambda total: np.asarray(expit(start + total))


def _voting(classifier: Any) -> Read:
    """AdaBoost: each tree votes with its weight."""
    trees = [member.tree_ for member in classifier.estimators_]
    weights = np.asarray(classifier.estimator_weights_)[: len(trees)]
    votes = [
        weight * np.where(tree.value[:, 0, :].argmax(axis=1) == 1, 1.0, -1.0)
        for tree, weight in zip(trees, weights, strict=True)
    ]
    whole = float(weights.sum())
    return trees, votes, lambda total: np.asarray(expit(2 * total / whole))


_READERS: dict[str, Callable[[Any], Read]] = {
    "DecisionTreeClassifier": _one_tree,
    "RandomForestClassifier": _random_forest,
    "GradientBoostingClassifier": _boosted,
    "AdaBoostClassifier": _voting,
}
