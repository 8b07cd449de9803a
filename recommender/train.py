"""Trains the forest from the table of projects: `python -m recommender.train`."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from recommender.blending import fit_blend, popular_shares, popularity
from recommender.examples import CLASSES, Examples, digest, read_examples
from recommender.forest import (
    MEASURES,
    TIERS,
    TREES,
    Forest,
    Learned,
    Measure,
    Slot,
    Trees,
    hide,
    known_of,
)
from recommender.growing import grow
from recommender.judging import JUDGED, judged
from recommender.scoring import (
    Labels,
    Numbers,
    draw_f1,
    gain_interval,
    log_loss,
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
                slot=slot,
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


def most_telling(labels: Labels, said: Mapping[str, list[Numbers]], tier: str) -> str:
    """Return what the trees are told of what is known: tests only where they foretell better."""
    without = tier.removesuffix("tests").removesuffix("+") or "context"
    if without == tier:
        return tier
    classes = np.unique(labels)
    with_them, others = (
        np.mean([log_loss(labels, classes, shares) for shares in said[name]])
        for name in (tier, without)
    )
    return tier if with_them < others else without


def rules_say(examples: Examples, slot: str, tier: str) -> Numbers | None:
    """Return the rules' factors for every project; None where they are not fitted with the data."""
    if slot not in JUDGED:
        return None
    known = [known_of(profile, tier) for profile in examples.profiles]
    return judged(slot, [str(name) for name in np.unique(examples.labels[slot])], known)


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
        shown = {tier: most_telling(labels, said, tier) for tier in TIERS}
        said = {tier: said[shown[tier]] for tier in TIERS}
        factors = {tier: rules_say(examples, slot, tier) for tier in TIERS}
        blends = {tier: fit_blend(labels, said[tier], usual[tier], factors[tier]) for tier in TIERS}
        grown[slot] = grow(
            examples.features,
            labels,
            tuple(classes),
            slot=slot,
            trees=trees,
            seed=SEED + 10_000 * number,
        )
        slots[slot] = Slot(
            classes=tuple(map(str, classes)),
            prior=tuple(round(float(share), 6) for share in prior),
            popular=popularity(examples.features, labels, classes),
            blends=blends,
            shown=shown,
            measures={
                tier: measure(
                    labels,
                    examples.owners,
                    [
                        blends[tier].ranked(*pair, factors[tier])
                        for pair in zip(said[tier], usual[tier], strict=True)
                    ],
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


if __name__ == "__main__":
    main()
