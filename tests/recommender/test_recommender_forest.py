import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from recommender.examples import digest, read_examples
from recommender.features import GROUPS, SPANS, UNKNOWN, encode
from recommender.forest import TREES, load_forest
from recommender.growing import grow
from recommender.profile import read_profile
from recommender.scoring import draw_f1, majority_f1, owner_folds, weighted_f1
from recommender.train import SEED, save, train


def test_only_projects_that_were_read_whole_are_learned_from() -> None:
    examples = read_examples()

    assert examples.features.shape == (179, sum(map(len, GROUPS.values())))
    assert sum(examples.seen["platform"].values()) == 179


def test_the_stored_forest_was_trained_on_the_stored_table() -> None:
    assert load_forest().learned.data_digest == digest()
    assert TREES.stat().st_size < 5 * 2**20


def test_training_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    hashes = []
    for turn in ("first", "second"):
        trees, measures = tmp_path / f"{turn}.npz", tmp_path / f"{turn}.json"
        save(train(trees=1, repeats=1, measured_trees=1), trees, measures)
        hashes.append(hashlib.sha256(trees.read_bytes() + measures.read_bytes()).hexdigest())

    assert hashes[0] == hashes[1]


def test_the_stored_trees_grow_again_from_the_table() -> None:
    examples = read_examples()
    stored = load_forest().trees["platform"]
    labels = examples.labels["platform"]
    grown = grow(
        examples.features, labels, tuple(np.unique(labels)), slot="platform", trees=5, seed=SEED
    )

    assert np.array_equal(grown.feature, stored.feature[: len(grown.feature)])
    assert np.array_equal(grown.shares, stored.shares[: len(grown.shares)])


def test_the_plain_trees_say_the_same_as_those_they_were_made_from() -> None:
    from sklearn.tree import DecisionTreeClassifier

    from recommender.growing import FINE_LEAVES, MASKINGS, MOST_FEATURES, hide_at_random

    examples = read_examples()
    labels = examples.labels["tracking"]
    classes = tuple(np.unique(labels))
    plain = grow(examples.features, labels, classes, slot="tracking", trees=1, seed=3).predict(
        examples.features
    )
    random = np.random.default_rng(3)
    drawn = np.repeat(random.integers(179, size=179), MASKINGS)
    tree = DecisionTreeClassifier(
        max_features=MOST_FEATURES, min_samples_leaf=FINE_LEAVES[0], random_state=3
    ).fit(hide_at_random(examples.features[drawn], random), labels[drawn])

    assert np.abs(plain - tree.predict_proba(examples.features)).max() < 0.01


def test_any_subset_of_facts_gets_probabilities_that_add_up_to_one() -> None:
    profiles = [
        read_profile(),
        read_profile(cloud="gcp"),
        read_profile(data_types=["audio"], kubernetes="strong", team_size=40),
    ]
    for shares in load_forest().rank(profiles).values():
        assert np.allclose(shares.sum(axis=1), 1)
        assert (shares >= 0).all()


def test_a_stated_cloud_moves_the_platform() -> None:
    forest = load_forest()
    clouds = {"aws": "AWS", "azure": "Azure", "gcp": "GCP"}
    shares = forest.rank([read_profile(cloud=cloud) for cloud in clouds])["platform"]
    classes = forest.learned.slots["platform"].classes

    assert [classes[row.argmax()] for row in shares] == list(clouds.values())


def test_a_fact_that_was_not_given_stays_unknown() -> None:
    row = encode({"cloud": ("aws",)})

    assert row[SPANS["cloud"]].tolist() == [1, 0, 0, 0, 0]
    assert (np.delete(row, np.r_[SPANS["cloud"]]) == UNKNOWN).all()


def test_no_owner_is_on_both_sides_of_a_fold() -> None:
    examples = read_examples()
    for rows, unseen in owner_folds(examples.labels["platform"], examples.owners, 5, seed=1):
        assert not set(examples.owners[rows]) & set(examples.owners[unseen])


def test_the_scores_are_what_they_are_by_hand() -> None:
    truth = np.array(["a", "a", "a", "b"])

    assert weighted_f1(truth, np.array(["a", "a", "b", "b"])) == pytest.approx(
        0.75 * 0.8 + 0.25 * (2 / 3)
    )
    assert draw_f1(truth) == 0.75**2 + 0.25**2
    assert majority_f1(truth) == pytest.approx(0.75 * (1.5 / 1.75))


def test_an_answer_does_not_load_scikit_learn_or_pandas() -> None:
    script = (
        "import sys; from recommender.profile import read_profile; "
        "from recommender.toolchains import recommend; recommend(read_profile(cloud='aws')); "
        "print(sorted({'sklearn', 'pandas', 'scipy'} & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )

    assert answer.stdout.strip() == "[]"
