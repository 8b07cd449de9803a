"""The ways to choose a tool that the recommender is measured against, on the same folds.

Everything that is fitted, fits inside the training part of a fold: the forest's blend and its
calibration come from folds inside it. Settings were fixed before the outer folds were looked at,
except that leaf size and share of columns were tried on other draws of folds of the same projects.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recommender.blending import fit_blend, popular_shares, popularity
from recommender.examples import Examples
from recommender.features import SPANS
from recommender.forest import hide
from recommender.growing import grow
from recommender.scoring import owner_folds
from recommender.train import most_telling, rules_say

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin

Labels = NDArray[np.str_]
Rows = NDArray[np.float32]
Shares = NDArray[np.float64]
Fold = tuple[NDArray[np.intp], NDArray[np.intp]]

SEED = 42
TREES, INNER_TREES, INNER_FOLDS, INNER_REPEATS = 100, 30, 4, 2
STATED_TIER = "cloud+kubernetes"
WITH_TESTS = f"{STATED_TIER}+tests"
METHODS = (
    "popularity",
    "draw",
    "rules",
    "decision tree",
    "k-NN",
    "logistic regression",
    "boosting",
    "plain forest",
    "forest",
    "plain forest, tests",
    "forest, tests",
    "forest, data alone",
)
"""`forest` is the recommender's, with its rules on the platform; `tests` knows how much is tested,
too; `data alone` knows nature and type of the data, like the study. Others know all but tests."""
_TIERS = {"forest": STATED_TIER, "forest, tests": WITH_TESTS, "forest, data alone": "data"}


def by_rule(slot: str, rows: Rows) -> Labels:
    """Say what somebody would who only looks at the stated cloud and Kubernetes."""
    aws, azure, gcp, databricks, _ = rows[:, SPANS["cloud"]].T > 0
    cluster = rows[:, SPANS["kubernetes"]][:, 0] > 0
    managed = aws | azure | gcp | databricks
    usual = {
        "tracking": "mlflow",
        "serving": "fastapi",
        "cicd": "github_actions",
        "container": "docker",
    }
    said = np.full(len(rows), usual.get(slot, "none"), dtype="<U40")
    if slot == "platform":
        said[:] = "MLflow"
        said[cluster] = "Kubeflow"
        for there, name in ((aws, "AWS"), (azure, "Azure"), (gcp, "GCP")):
            said[there] = name
    elif slot == "infrastructure":
        said[managed] = "any"
    elif slot == "monitoring":
        said[cluster] = "prometheus_grafana"
    elif slot in ("orchestration", "registry"):
        said[managed] = "managed"
    elif slot == "container":
        said[cluster] = "kubernetes"
    return said


def model_of(name: str, seed: int) -> "ClassifierMixin":
    """Return an untrained classifier; its settings were not tuned on these folds."""
    from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.tree import DecisionTreeClassifier

    if name == "decision tree":
        return DecisionTreeClassifier(min_samples_leaf=4, random_state=seed)
    if name == "k-NN":
        return make_pipeline(StandardScaler(), KNeighborsClassifier(7))
    if name == "logistic regression":
        return make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
    if name.startswith("plain forest"):
        return RandomForestClassifier(100, random_state=seed)
    return GradientBoostingClassifier(n_estimators=30, max_depth=2, random_state=seed)


def said_by(name: str, slot: str, examples: Examples, fold: Fold, seed: int) -> Shares:
    """Return the class shares that a method says for the test rows of a fold."""
    train, test = fold
    labels = examples.labels[slot]
    classes = np.unique(labels)
    tier = WITH_TESTS if name.endswith("tests") else STATED_TIER
    rows, unseen = hide(examples.features[train], tier), hide(examples.features[test], tier)
    prior = np.array([np.mean(labels[train] == name_) for name_ in classes])
    if name in ("popularity", "draw"):
        return np.tile(prior, (len(unseen), 1))
    if name == "rules":
        return (by_rule(slot, unseen)[:, None] == classes[None, :]).astype(float)
    model = model_of(name, seed).fit(rows, labels[train])
    shares = np.zeros((len(unseen), len(classes)))
    shares[:, np.searchsorted(classes, model.classes_)] = model.predict_proba(unseen)
    return shares


def forests_say(examples: Examples, slot: str, fold: Fold, seed: int) -> Mapping[str, Shares]:
    """Return what the recommender's forest says; all that is fitted is fitted inside the fold."""
    train, test = fold
    labels = examples.labels[slot]
    classes = np.unique(labels)
    rows = examples.features[train]
    inside = _inside(slot, rows, labels[train], examples.owners[train], seed)
    present = np.isin(classes, np.unique(labels[train]))
    grown = grow(rows, labels[train], tuple(classes), slot=slot, trees=TREES, seed=seed)
    shares = popularity(rows, labels[train], classes)
    found = {}
    told = {tier: said for tier, (said, _) in inside.items()}
    for name, tier in _TIERS.items():
        shown = most_telling(labels[train], told, tier)
        factors = rules_say(examples, slot, tier)
        inner, outer = (None, None) if factors is None else (factors[train], factors[test])
        blend = fit_blend(
            labels[train],
            told[shown],
            inside[tier][1],
            None if inner is None else inner[:, present],
        )
        unseen = hide(examples.features[test], tier)
        said, popular = grown.predict(hide(unseen, shown)), popular_shares(shares, unseen)
        found[name] = blend.calibrated(blend.ranked(said, popular, outer))
    return found


def _inside(
    slot: str, rows: Rows, labels: Labels, owners: Labels, seed: int
) -> Mapping[str, tuple[list[Shares], list[Shares]]]:
    """Return what trees and popularity say on folds inside a training part, by what is known."""
    classes = np.unique(labels)
    shape = (len(labels), len(classes))
    found: dict[str, tuple[list[Shares], list[Shares]]] = {
        tier: ([], []) for tier in _TIERS.values()
    }
    for repeat in range(INNER_REPEATS):
        for said, usual in found.values():
            said.append(np.zeros(shape))
            usual.append(np.zeros(shape))
        for inner, held in owner_folds(labels, owners, INNER_FOLDS, seed + 100 * repeat):
            grown = grow(
                rows[inner], labels[inner], tuple(classes), slot=slot, trees=INNER_TREES, seed=seed
            )
            popular = popularity(rows[inner], labels[inner], classes)
            for tier, (said, usual) in found.items():
                shown = hide(rows[held], tier)
                said[repeat][held] = grown.predict(shown)
                usual[repeat][held] = popular_shares(popular, shown)
    return found


def compare(slot: str, examples: Examples, repeats: int) -> Mapping[str, list[Shares]]:
    """Return what every method says of every project, by repeat."""
    labels = examples.labels[slot]
    shape = (len(labels), len(np.unique(labels)))
    said = {name: [np.zeros(shape) for _ in range(repeats)] for name in METHODS}
    for repeat, fold in _folds(examples, slot, repeats):
        ours = forests_say(examples, slot, fold, SEED + repeat)
        for name in METHODS:
            said[name][repeat][fold[1]] = (
                ours[name] if name in ours else said_by(name, slot, examples, fold, SEED + repeat)
            )
    return said


def guesses_of(name: str, said: list[Shares], classes: Labels) -> list[Labels]:
    """Return what a method names first; a draw names a class by chance."""
    if name != "draw":
        return [classes[shares.argmax(axis=1)] for shares in said]
    random = np.random.default_rng(SEED)
    return [
        np.array([random.choice(classes, p=row / row.sum()) for row in shares]) for shares in said
    ]


def _folds(examples: Examples, slot: str, repeats: int) -> Iterator[tuple[int, Fold]]:
    for repeat in range(repeats):
        folds = owner_folds(examples.labels[slot], examples.owners, 5, SEED + repeat)
        yield from ((repeat, fold) for fold in folds)
