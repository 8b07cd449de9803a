"""Measures the recommender against simpler ways to choose: `python -m bench.recommender`.

Folds keep an owner's projects together and are stratified by class; all methods see the same folds
and the same facts, the stated cloud and Kubernetes included. Run it as a module: as a file, its
folder would hide the package of the same name.
"""

import argparse
import csv
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.toolchains import Recommendation
from recommender.examples import CLASSES, Examples, read_examples
from recommender.features import SPANS
from recommender.growing import grow
from recommender.profile import read_profile
from recommender.scoring import (
    draw_f1,
    macro_f1,
    majority_f1,
    owner_folds,
    top_share,
    weighted_f1,
)
from recommender.toolchains import recommend

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin

Labels = NDArray[np.str_]
Rows = NDArray[np.float32]
Shares = NDArray[np.float64]
Fold = tuple[NDArray[np.intp], NDArray[np.intp]]

SEED = 42
PLATFORMS = ("AWS", "Azure", "GCP", "Kubeflow", "MLflow", "Airflow", "Other")
COMPANY_TYPES = {
    "tabular": "numerical",
    "text": "text",
    "image": "image",
    "video": "video",
    "audio": "audio",
    "documents": "text",
    "time series": "time-series",
    "sensor": "time-series",
    "graph": "graph",
}

COMPANIES = Path(__file__).parents[1] / "recommender" / "data" / "company_stacks.csv"
# Weighted F1 of a random forest when the table was made, with more facts about each project.
AT_MAKING = {
    "platform": 0.62,
    "tracking": 0.57,
    "orchestration": 0.38,
    "serving": 0.36,
    "monitoring": 0.60,
    "cicd": 0.56,
    "registry": 0.49,
    "container": 0.34,
    "data_versioning": 0.66,
    "infrastructure": 0.74,
    "feature_store": 0.89,
}
METHODS = ("rules", "tree", "k-NN", "logistic", "boosting", "forest")


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
    from sklearn.ensemble import GradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.tree import DecisionTreeClassifier

    if name == "tree":
        return DecisionTreeClassifier(min_samples_leaf=4, random_state=seed)
    if name == "k-NN":
        return make_pipeline(StandardScaler(), KNeighborsClassifier(7))
    if name == "logistic":
        return make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
    return GradientBoostingClassifier(n_estimators=30, max_depth=2, random_state=seed)


def said_by(name: str, slot: str, examples: Examples, fold: Fold, seed: int) -> Shares:
    """Return the class shares that a method says for the test rows of a fold."""
    train, test = fold
    labels = examples.labels[slot]
    classes = np.unique(labels)
    rows, unseen = examples.features[train], examples.features[test]
    if name == "rules":
        return (by_rule(slot, unseen)[:, None] == classes[None, :]).astype(float)
    if name == "forest":
        return grow(rows, labels[train], tuple(classes), trees=60, seed=seed).predict(unseen)
    model = model_of(name, seed).fit(rows, labels[train])
    shares = np.zeros((len(unseen), len(classes)))
    shares[:, np.searchsorted(classes, model.classes_)] = model.predict_proba(unseen)
    return shares


def compare(slot: str, examples: Examples, repeats: int) -> Mapping[str, list[Shares]]:
    """Return what every method says of every project, by repeat."""
    labels = examples.labels[slot]
    shape = (len(labels), len(np.unique(labels)))
    said = {name: [np.zeros(shape) for _ in range(repeats)] for name in METHODS}
    for repeat in range(repeats):
        for fold in owner_folds(labels, examples.owners, 5, SEED + repeat):
            for name in METHODS:
                said[name][repeat][fold[1]] = said_by(name, slot, examples, fold, SEED + repeat)
    return said


def print_slots(repeats: int) -> None:
    """Print weighted F1 by slot and method, then macro F1 and top-3."""
    examples = read_examples()
    print(f"Weighted F1, 5 folds x {repeats}, {len(examples.owners)} projects")
    heads = "".join(f"{name:>10}" for name in ("majority", "draw", *METHODS, "at making"))
    print(f"{'slot':16}{heads}   forest: macro, top-3 (popularity's)")
    for slot in CLASSES:
        labels = examples.labels[slot]
        classes, counts = np.unique(labels, return_counts=True)
        said = compare(slot, examples, repeats)
        guesses = {name: [classes[part.argmax(axis=1)] for part in said[name]] for name in said}
        scores = [majority_f1(labels), draw_f1(labels)]
        scores += [np.mean([weighted_f1(labels, part) for part in guesses[m]]) for m in METHODS]
        macro = np.mean([macro_f1(labels, guess) for guess in guesses["forest"]])
        top = np.mean([top_share(labels, classes, part) for part in said["forest"]])
        popular = top_share(labels, classes, np.tile(counts / len(labels), (len(labels), 1)))
        figures = "".join(f"{score:10.2f}" for score in (*scores, AT_MAKING[slot]))
        print(f"{slot:16}{figures}   {macro:.2f}, {top:.2f} ({popular:.2f})")


def platform_of(company: Mapping[str, str]) -> str:
    """Return a company's platform in the recommender's words."""
    return {"Other open source": "Other"}.get(company["platform"], company["platform"])


def print_companies() -> None:
    """Print how often a company's own platform is among the recommended ones.

    In-house platforms cannot be recommended, so these rows are left out; nothing was trained here.
    """
    with COMPANIES.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if platform_of(row) in PLATFORMS]
    ranks = []
    for row in rows:
        types = [word for word in row["data_types"].split(",") if word in COMPANY_TYPES]
        answer = recommend(
            read_profile(
                data_types=[COMPANY_TYPES[word] for word in types],
                task=row["tasks"].replace("unknown", "").split(",")[0],
                cloud=row["cloud"] if row["cloud"] in ("aws", "azure", "gcp", "on-prem") else "",
                kubernetes={"yes": "strong", "no": "none"}.get(row["kubernetes"], ""),
                team_size="medium",
            )
        )
        if isinstance(answer, Recommendation):
            names = [choice.tool for choice in answer.platform.choices]
            own = platform_of(row)
            ranks.append(names.index(own) if own in names else len(PLATFORMS))
    truth = np.array([platform_of(row) for row in rows])
    common = max(float(np.mean(truth == name)) for name in PLATFORMS)
    first, three = np.mean(np.array(ranks) == 0), np.mean(np.array(ranks) < 3)
    print(f"\nCompanies ({len(rows)} rows with one of the seven platforms, never trained on):")
    print(
        f"  first choice {first:.2f}, among three {three:.2f}; the commonest platform {common:.2f}"
    )


def print_speed() -> None:
    """Print how long an answer with all its flips takes."""
    profile = read_profile(cloud="aws", data_types=["image"], team_size=3)
    began = time.perf_counter()
    recommend(profile)
    first = time.perf_counter()
    for _ in range(10):
        recommend(profile)
    later = (time.perf_counter() - first) / 10
    print(
        f"\nOne answer with flips: {1000 * (first - began):.0f} ms cold, {1000 * later:.0f} ms warm"
    )


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description="Measure the recommender.")
    parser.add_argument("--repeats", type=int, default=5, help="repeats of the 5 folds")
    repeats = parser.parse_args().repeats
    print_speed()
    print_companies()
    print()
    print_slots(repeats)


if __name__ == "__main__":
    main()
