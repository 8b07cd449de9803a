"""Compares tuned classifiers on the test rows and judges the best of them."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.metrics import (
    balanced_accuracy_score,
    confusion_matrix,
    precision_recall_fscore_support,
    roc_auc_score,
)

from pipelines.delay import baselines, schema
from pipelines.delay.data import DataDescription
from pipelines.delay.evaluation import (
    Answers,
    BaselineScores,
    ClassReport,
    Evaluation,
    Gate,
    ModelScores,
    SubgroupScores,
    auc_error,
    compare,
    needed_errors,
)
from pipelines.delay.features import feature_columns
from pipelines.delay.parameters import MODELS
from pipelines.delay.splitting import SplitDescription
from pipelines.delay.training import SearchSummary, Tuned, probabilities

Probabilities = npt.NDArray[np.float64]
SUSPICIOUS_ACCURACY = 0.8
"""Above this the real table has leaked an outcome until proven otherwise."""
IMPORTANCE_REPEATS = 3
IMPORTANCE_ROWS = 400
"""Shuffling more rows than this moves the order of the features no further."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the candidates say of the test rows."""

    chances: Mapping[str, Probabilities]
    """Each row's probability of being delayed, by algorithm."""
    importances: Mapping[str, float]
    """What the best one leans on."""


def evaluate(
    candidates: Sequence[Tuned],
    training: pd.DataFrame,
    testing: pd.DataFrame,
    *,
    data: DataDescription,
    split: SplitDescription,
    minimum_accuracy: float,
    seed: int,
) -> Evaluation:
    """Score every candidate on the test rows; choose by cross-validation, not by these scores."""
    models = {tuned.summary.algorithm: tuned.model for tuned in candidates}
    summaries = [tuned.summary for tuned in candidates]
    best = models[ranked(summaries)[0].algorithm]
    return judge(
        summaries,
        Asked(
            chances={name: probabilities(model, testing) for name, model in models.items()},
            importances=importances_of(best, testing, seed),
        ),
        training,
        testing,
        data=data,
        split=split,
        minimum_accuracy=minimum_accuracy,
    )


def ranked(summaries: Sequence[SearchSummary]) -> Sequence[SearchSummary]:
    """Return the candidates, the best in cross-validation first, in whatever order they come."""
    return sorted(summaries, key=lambda one: (-one.accuracy, MODELS.index(one.algorithm)))


def judge(
    summaries: Sequence[SearchSummary],
    asked: Asked,
    training: pd.DataFrame,
    testing: pd.DataFrame,
    *,
    data: DataDescription,
    split: SplitDescription,
    minimum_accuracy: float,
) -> Evaluation:
    """Score what the candidates said, and judge the best in cross-validation."""
    started = time.perf_counter()
    truth = testing[schema.LABEL].to_numpy()
    chances = asked.chances
    order = ranked(summaries)
    name = order[0].algorithm
    answers = {model: answers_of(chance) for model, chance in chances.items()}
    models = tuple(_scores(summary, truth, chances[summary.algorithm]) for summary in order)
    rules = {
        "majority": baselines.majority(training, testing),
        "one_rule": baselines.best_rule(training, testing),
    }
    noise = _within_noise(models, truth, answers)
    subgroups = _subgroups(testing, truth, chances[name])
    beats, verdict = _verdict(models[0], truth, answers[name], rules["majority"])
    return Evaluation(
        winner=name,
        why=_why(models, split),
        models=models,
        within_noise=noise,
        baselines={
            kind: BaselineScores(
                rule=rule.description, accuracy=float((rule.answers == truth).mean())
            )
            for kind, rule in rules.items()
        },
        subgroups=subgroups,
        importances=asked.importances,
        beats_chance=beats,
        verdict=verdict,
        gate=_gate(models[0], rules, truth, beats, verdict, minimum_accuracy),
        data=data,
        split=split,
        notes=_notes(models[0], noise, subgroups, split),
        seconds=sum(model.seconds for model in models) + time.perf_counter() - started,
    )


def answers_of(chances: Probabilities) -> Answers:
    """Turn probabilities of delay into answers."""
    return (chances >= 0.5).astype(int)


def _scores(summary: SearchSummary, truth: Answers, chances: Probabilities) -> ModelScores:
    answers = answers_of(chances)
    accuracy = float((answers == truth).mean())
    precision, recall, f1, rows = precision_recall_fscore_support(
        truth, answers, labels=[0, 1], zero_division=0
    )
    matrix = confusion_matrix(truth, answers, labels=[0, 1])
    return ModelScores(
        name=summary.algorithm,
        parameters=summary.parameters,
        cv_accuracy=summary.accuracy,
        cv_deviation=summary.deviation,
        accuracy=accuracy,
        accuracy_error=math.sqrt(accuracy * (1 - accuracy) / len(truth)),
        balanced_accuracy=float(balanced_accuracy_score(truth, answers)),
        macro_f1=float(np.mean(f1)),
        roc_auc=float(roc_auc_score(truth, chances)),
        confusion=(
            (int(matrix[0, 0]), int(matrix[0, 1])),
            (int(matrix[1, 0]), int(matrix[1, 1])),
        ),
        classes={
            outcome: ClassReport(
                precision=float(precision[index]),
                recall=float(recall[index]),
                f1=float(f1[index]),
                rows=int(rows[index]),
            )
            for index, outcome in enumerate((schema.ON_TIME, schema.DELAYED))
        },
        candidates=summary.candidates,
        seconds=summary.seconds,
    )


def _subgroups(
    testing: pd.DataFrame, truth: Answers, chances: Probabilities
) -> dict[str, SubgroupScores]:
    if schema.CAMERAS not in testing.columns:
        return {}
    cameras = (testing[schema.CAMERAS] == 1).to_numpy()
    parts = {"cameras": cameras, "without cameras": ~cameras}
    return {
        name: _subgroup(truth[rows], chances[rows]) for name, rows in parts.items() if rows.any()
    }


def _subgroup(truth: Answers, chances: Probabilities) -> SubgroupScores:
    answers = answers_of(chances)
    recalls = [float((answers[truth == label] == label).mean()) for label in np.unique(truth)]
    return SubgroupScores(
        rows=len(truth),
        delayed_share=float(truth.mean()),
        accuracy=float((answers == truth).mean()),
        balanced_accuracy=float(np.mean(recalls)),
        roc_auc=float(roc_auc_score(truth, chances)) if len(recalls) > 1 else None,
    )


def importances_of(model: BaseEstimator, testing: pd.DataFrame, seed: int) -> dict[str, float]:
    """Return how much ROC AUC a model loses when a feature is shuffled, the most first."""
    features = feature_columns(testing)
    rows = testing.sample(min(IMPORTANCE_ROWS, len(testing)), random_state=seed)
    if rows[schema.LABEL].nunique() < 2:
        rows = testing
    truth = rows[schema.LABEL].to_numpy()
    whole = float(roc_auc_score(truth, probabilities(model, rows)))
    losses = np.zeros(len(features))
    order = np.random.default_rng(seed)
    for _ in range(IMPORTANCE_REPEATS):
        # One call for all features: a forest of many small trees is slow to ask, not to answer.
        shuffled = [
            rows.assign(**{name: rows[name].to_numpy()[order.permutation(len(rows))]})
            for name in features
        ]
        chances = probabilities(model, pd.concat(shuffled, ignore_index=True))
        for place, part in enumerate(np.split(chances, len(features))):
            losses[place] += (whole - float(roc_auc_score(truth, part))) / IMPORTANCE_REPEATS
    pairs = zip(features, losses, strict=True)
    return {name: float(loss) for name, loss in sorted(pairs, key=lambda pair: -pair[1])}


def _within_noise(
    models: Sequence[ModelScores], truth: Answers, answers: Mapping[str, Answers]
) -> tuple[str, ...]:
    best, *others = models
    return tuple(
        other.name
        for other in others
        # Other test rows, or another training, would move each accuracy by about its error.
        if abs(best.accuracy - other.accuracy) <= 2 * best.accuracy_error
        or compare(truth, answers[best.name], answers[other.name], len(others)).is_noise
    )


def _why(models: Sequence[ModelScores], split: SplitDescription) -> str:
    best = models[0]
    folds = {
        "time": "folds that always validate on later phases",
        "group": "folds that keep projects whole",
    }.get(split.kind, "folds drawn at random")
    only = "is the only model of this run" if len(models) == 1 else "has the highest mean accuracy"
    return (
        f"{best.name} {only}: {best.cv_accuracy:.3f} ± {best.cv_deviation:.3f} in "
        f"cross-validation inside the training rows, with {folds}. "
        "The test rows had no say in the choice."
    )


def _verdict(
    best: ModelScores, truth: Answers, answers: Answers, majority: baselines.Rule
) -> tuple[bool, str]:
    gain = compare(truth, answers, majority.answers)
    delayed = int(truth.sum())
    error = auc_error(best.roc_auc, delayed, len(truth) - delayed)
    beats = gain.is_gain and best.roc_auc - 0.5 > needed_errors() * error
    facts = (
        f"{best.name}, the best in cross-validation, is right for {best.accuracy:.3f} of "
        f"{len(truth)} test rows with a ROC AUC of {best.roc_auc:.3f} ± {error:.3f}, and answering "
        f"{majority.description!r} for {float((majority.answers == truth).mean()):.3f}"
    )
    if beats:
        return True, f"The winner beats chance: {facts}."
    return False, f"No model beats chance on this table: {facts}; the difference is within noise."


def _gate(
    best: ModelScores,
    rules: Mapping[str, baselines.Rule],
    truth: Answers,
    beats_chance: bool,
    verdict: str,
    minimum_accuracy: float,
) -> Gate:
    rule = rules["one_rule"]
    rule_accuracy = float((rule.answers == truth).mean())
    checks = (
        (
            best.accuracy >= minimum_accuracy,
            f"Test accuracy {best.accuracy:.3f} reaches the minimum of {minimum_accuracy:g}.",
            f"Test accuracy {best.accuracy:.3f} is below the minimum of {minimum_accuracy:g}.",
        ),
        (beats_chance, verdict, verdict),
        (
            best.accuracy > rule_accuracy,
            f"It beats the best one-column rule ({rule.description}: {rule_accuracy:.3f}).",
            f"The best one-column rule is as good ({rule.description}: {rule_accuracy:.3f}).",
        ),
    )
    passed = all(ok for ok, _, _ in checks)
    return Gate(
        passed=passed,
        minimum_accuracy=minimum_accuracy,
        reasons=tuple(good if passed else bad for ok, good, bad in checks if ok == passed),
    )


def _notes(
    best: ModelScores,
    noise: Sequence[str],
    subgroups: Mapping[str, SubgroupScores],
    split: SplitDescription,
) -> tuple[str, ...]:
    notes = [split.note] if split.note else []
    if noise:
        notes.append(
            f"{', '.join(noise)} cannot be told from {best.name} on these test rows: the "
            "difference in accuracy is within noise (one standard error is "
            f"{best.accuracy_error:.3f})."
        )
    if "without cameras" in subgroups and "cameras" in subgroups:
        hard, easy = subgroups["without cameras"], subgroups["cameras"]
        notes.append(
            f"Camera installations are easy ({easy.delayed_share:.0%} delayed, accuracy "
            f"{easy.accuracy:.3f}); without them accuracy is {hard.accuracy:.3f}."
        )
    if set(subgroups) == {"without cameras"}:
        notes.append("No camera installation was tested: what it says of one is a guess.")
    if split.kind == "random" and not split.note:
        notes.append("A random split flatters models: they have seen other phases of a project.")
    if split.kind != "random" and best.accuracy > SUSPICIOUS_ACCURACY:
        notes.append(
            f"An accuracy above {SUSPICIOUS_ACCURACY:g} is leakage until proven otherwise: "
            "check that no feature is known only afterwards."
        )
    return tuple(notes)
