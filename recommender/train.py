"""Trains the forest from the table of projects: `python -m recommender.train`."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from recommender.blending import Blend, fit_blend, popular_shares, popularity
from recommender.examples import CLASSES, Examples, digest, read_examples
from recommender.forest import MEASURES, TIERS, TREES, Forest, Learned, Measure, Slot, Trees, hide
from recommender.growing import grow
from recommender.scoring import (
    Labels,
    Numbers,
    draw_f1,
    gain_interval,
    majority_f1,
    owner_folds,
    weighted_f1,
)

SEED = 42


def out_of_fold(
    examples: Examples, slot: str, *, trees: int, repeats: int, folds: int = 5
) -> tuple[Mapping[str, list[Numbers]], Mapping[str, list[Numbers]]]:
    """Return, by tier and repeat, what forests and popularity say of owners they never saw."""
    labels = examples.labels[slot]
    classes = np.unique(labels)
    shape = (len(labels), len(classes))
    said = {tier: [np.zeros(shape) for _ in range(repeats)] for tier in TIERS}
    usual = {tier: [np.zeros(shape) for _ in range(repeats)] for tier in TIERS}
    for repeat in range(repeats):
        for train, test in owner_folds(labels, examples.owners, folds, SEED + repeat):
            grown = grow(
                examples.features[train],
                labels[train],
                tuple(classes),
                trees=trees,
                seed=SEED + 1000 * repeat,
            )
            popular = popularity(examples.features[train], labels[train], classes)
            for tier in TIERS:
                shown = hide(examples.features[test], tier)
                said[tier][repeat][test] = grown.predict(shown)
                usual[tier][repeat][test] = popular_shares(popular, shown)
    return said, usual


def measure(labels: Labels, owners: Labels, said: list[Numbers]) -> Measure:
    """Return how well the first choice does against majority and draw."""
    classes = np.unique(labels)
    guesses: list[NDArray[np.str_]] = [classes[shares.argmax(axis=1)] for shares in said]
    low, high = gain_interval(labels, guesses, owners, draws=1000, seed=SEED)
    return Measure(
        forest=round(float(np.mean([weighted_f1(labels, guess) for guess in guesses])), 3),
        draw=round(draw_f1(labels), 3),
        majority=round(majority_f1(labels), 3),
        gain_low=round(low, 3),
        gain_high=round(high, 3),
    )


def train(*, trees: int, repeats: int, measured_trees: int) -> Forest:
    """Train the forest of every slot and measure it on owners it has not seen."""
    examples = read_examples()
    grown: dict[str, Trees] = {}
    slots: dict[str, Slot] = {}
    for number, slot in enumerate(CLASSES):
        labels = examples.labels[slot]
        classes, counts = np.unique(labels, return_counts=True)
        prior = counts / len(labels)
        said, usual = out_of_fold(examples, slot, trees=measured_trees, repeats=repeats)
        blends = {tier: fit_blend(labels, said[tier], usual[tier]) for tier in TIERS}
        grown[slot] = grow(
            examples.features, labels, tuple(classes), trees=trees, seed=SEED + 10_000 * number
        )
        slots[slot] = Slot(
            classes=tuple(map(str, classes)),
            prior=tuple(round(float(share), 6) for share in prior),
            popular=popularity(examples.features, labels, classes),
            blends=blends,
            measures={
                tier: measure(
                    labels, examples.owners, _ranked(blends[tier], said[tier], usual[tier])
                )
                for tier in TIERS
            },
            seen=examples.seen[slot],
        )
    return Forest(trees=grown, learned=Learned(data_digest=digest(), slots=slots))


def save(forest: Forest, trees: Path = TREES, measures: Path = MEASURES) -> None:
    """Write the trees as plain arrays and the rest as JSON; the same forest, the same bytes."""
    arrays = {
        f"{slot}.{part}": getattr(grown, part)
        for slot, grown in forest.trees.items()
        for part in Trees.__dataclass_fields__
    }
    with trees.open("wb") as file:
        np.savez_compressed(file, **arrays)
    measures.write_bytes(TypeAdapter(Learned).dump_json(forest.learned, indent=1) + b"\n")


def main() -> None:
    """Train with the given sizes and store the result."""
    parser = argparse.ArgumentParser(description="Train the recommender's forest.")
    parser.add_argument("--trees", type=int, default=120, help="trees per slot")
    parser.add_argument("--repeats", type=int, default=3, help="repeats of the 5 folds")
    arguments = parser.parse_args()
    forest = train(trees=arguments.trees, repeats=arguments.repeats, measured_trees=60)
    save(forest)
    for slot, learned in forest.learned.slots.items():
        known = learned.measures["cloud+kubernetes"]
        sys.stdout.write(
            f"{slot:16} forest {known.forest:.2f}  draw {known.draw:.2f}  "
            f"gain [{known.gain_low:+.2f}, {known.gain_high:+.2f}]\n"
        )


def _ranked(blend: Blend, said: list[Numbers], usual: list[Numbers]) -> list[Numbers]:
    return [blend.ranked(*pair) for pair in zip(said, usual, strict=True)]


if __name__ == "__main__":
    main()
