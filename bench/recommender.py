"""Measures the recommender against simpler ways to choose: `python -m bench.recommender`.

Folds keep an owner's projects together and are stratified by class; all methods see the same folds
and the same facts, the stated cloud and Kubernetes included. With `--write`, the tables go to
docs/recommender.md. Run it as a module: as a file, its folder would hide the package of that name.
"""

import argparse
import csv
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.recommender_methods import METHODS, SEED, Shares, compare, guesses_of
from bench.recommender_page import PAGE_TEXT
from core.toolchains import Recommendation
from recommender.examples import CLASSES, Examples, read_examples
from recommender.profile import read_profile
from recommender.scoring import (
    calibration_error,
    f1_interval,
    macro_f1,
    top_share,
    weighted_f1,
    weighted_precision,
)
from recommender.toolchains import recommend

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
ROOT = Path(__file__).parents[1]
COMPANIES = ROOT / "recommender" / "data" / "company_stacks.csv"
PAGE = ROOT / "docs" / "recommender.md"
# The best of rules, popularity and a plain forest when the table was made, on its own folds; that
# forest also saw size and tests, which are only known afterwards (it shows in CI/CD).
AT_MAKING = {
    "platform": 0.62,
    "tracking": 0.57,
    "orchestration": 0.38,
    "serving": 0.36,
    "monitoring": 0.64,
    "cicd": 0.56,
    "registry": 0.49,
    "container": 0.34,
    "data_versioning": 0.66,
    "infrastructure": 0.74,
    "feature_store": 0.90,
}
PUBLISHED_F1 = 0.66
DRAWS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How a method does in one slot, as means over the repeats."""

    precision: float
    recall: float
    f1: float
    low: float
    high: float
    macro: float
    top3: float
    calibration: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """How far a calibration error can be believed."""

    low: float
    high: float
    floor: float
    """What exactly right probabilities would show on so few projects."""


def score(name: str, said: list[Shares], examples: Examples, slot: str) -> Score:
    """Measure what one method said of all projects."""
    labels = examples.labels[slot]
    classes = np.unique(labels)
    guesses = guesses_of(name, said, classes)
    low, high = f1_interval(labels, guesses, examples.owners, draws=DRAWS, seed=SEED)
    pooled = np.concatenate(said)
    return Score(
        precision=_mean([weighted_precision(labels, guess) for guess in guesses]),
        recall=_mean([float(np.mean(labels == guess)) for guess in guesses]),
        f1=_mean([weighted_f1(labels, guess) for guess in guesses]),
        low=low,
        high=high,
        macro=_mean([macro_f1(labels, guess) for guess in guesses]),
        top3=_mean([top_share(labels, classes, shares) for shares in said]),
        calibration=calibration_error(np.tile(labels, len(said)), classes, pooled),
    )


def calibration_interval(said: list[Shares], examples: Examples, slot: str) -> tuple[float, float]:
    """Return the 95 % interval of the calibration error: owners are drawn with replacement."""
    random = np.random.default_rng(SEED)
    labels = examples.labels[slot]
    classes = np.unique(labels)
    groups = [np.flatnonzero(examples.owners == owner) for owner in np.unique(examples.owners)]
    errors = []
    for _ in range(200):
        rows = np.concatenate(
            [groups[one] for one in random.integers(len(groups), size=len(groups))]
        )
        pooled = np.concatenate([shares[rows] for shares in said])
        errors.append(calibration_error(np.tile(labels[rows], len(said)), classes, pooled))
    low, high = np.quantile(errors, (0.025, 0.975))
    return float(low), float(high)


def calibration_floor(said: list[Shares]) -> float:
    """Return the calibration error to expect of probabilities that are exactly right.

    Outcomes are drawn from the probabilities themselves, once for each project and repeat's share
    of chance: with few projects even a perfect forecaster does not reach zero.
    """
    random = np.random.default_rng(SEED)
    errors = []
    for _ in range(200):
        shares = said[0]
        names = np.array([str(number) for number in range(shares.shape[1])])
        drawn = (shares.cumsum(axis=1) > random.uniform(size=(len(shares), 1))).argmax(axis=1)
        errors.append(calibration_error(names[drawn], names, shares))
    return _mean(errors)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def platform_table(scores: Mapping[str, Score]) -> str:
    """Return every approach and every measure for the platform."""
    head = ("approach", "precision", "recall", "F1", "95 %", "macro F1", "top-3", "ECE")
    rows = [
        (
            name,
            *(f"{value:.2f}" for value in (one.precision, one.recall, one.f1)),
            f"{one.low:.2f} to {one.high:.2f}",
            *(f"{value:.2f}" for value in (one.macro, one.top3)),
            f"{one.calibration:.3f}",
        )
        for name, one in scores.items()
    ]
    rows.append(("the study's forest, as published", "", "", f"{PUBLISHED_F1:.2f}", "", "", "", ""))
    return table(head, rows)


def slots_table(scores: Mapping[str, Mapping[str, Score]]) -> str:
    """Return the weighted F1 of every approach in every slot."""
    shown = [name for name in METHODS if name != "forest, data alone"]
    head = ("slot", *shown, "95 % of forest", "best when the table was made")
    return table(
        head,
        [
            (
                slot.replace("_", " "),
                *(f"{found[name].f1:.2f}" for name in shown),
                f"{found['forest'].low:.2f} to {found['forest'].high:.2f}",
                f"{AT_MAKING[slot]:.2f}",
            )
            for slot, found in scores.items()
        ],
    )


def forest_table(scores: Mapping[str, Mapping[str, Score]], doubts: Mapping[str, Doubt]) -> str:
    """Return the forest's other measures in every slot."""
    measures = ("precision", "recall", "macro F1", "top-3", "popularity's")
    head = ("slot", *measures, "ECE", "95 %", "exactly right", "ECE, tests")
    return table(
        head,
        [
            (
                slot.replace("_", " "),
                *(
                    f"{value:.2f}"
                    for value in (
                        found["forest"].precision,
                        found["forest"].recall,
                        found["forest"].macro,
                        found["forest"].top3,
                        found["popularity"].top3,
                    )
                ),
                f"{found['forest'].calibration:.3f}",
                f"{doubts[slot].low:.3f} to {doubts[slot].high:.3f}",
                f"{doubts[slot].floor:.3f}",
                f"{found['forest, tests'].calibration:.3f}",
            )
            for slot, found in scores.items()
        ],
    )


def measured(repeats: int) -> str:
    """Return the page of figures."""
    examples = read_examples()
    scores: dict[str, dict[str, Score]] = {}
    doubts: dict[str, Doubt] = {}
    for slot in CLASSES:
        said = compare(slot, examples, repeats)
        scores[slot] = {name: score(name, said[name], examples, slot) for name in METHODS}
        low, high = calibration_interval(said["forest"], examples, slot)
        doubts[slot] = Doubt(low=low, high=high, floor=calibration_floor(said["forest"]))
    return PAGE_TEXT.format(
        projects=len(examples.owners),
        repeats=repeats,
        platform=platform_table(scores["platform"]),
        slots=slots_table(scores),
        forest=forest_table(scores, doubts),
    )


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
    """Print how long an answer with all its flips takes; each asks about another project."""
    began = time.perf_counter()
    recommend(read_profile(cloud="aws", data_types=["image"], team_size=3))
    first, worked = time.perf_counter(), time.process_time()
    for number in range(10):
        task = f"classification of kind {number}"
        recommend(read_profile(cloud="aws", data_types=["image"], team_size=3, task=task))
    later = (time.perf_counter() - first) / 10
    work = (time.process_time() - worked) / 10
    print(
        f"\nOne answer with flips: {1000 * (first - began):.0f} ms cold, {1000 * later:.0f} warm,"
        f" {1000 * work:.0f} ms of them at work (targets: 400 and 50)"
    )


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description="Measure the recommender.")
    parser.add_argument("--repeats", type=int, default=3, help="repeats of the 5 folds")
    parser.add_argument("--write", action="store_true", help="write docs/recommender.md")
    arguments = parser.parse_args()
    print_speed()
    print_companies()
    page = measured(arguments.repeats)
    print(f"\n{page}")
    if arguments.write:
        PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
