"""From the delay pipeline's evaluation to the numbers a person asked for."""

from dataclasses import replace

from core.metrics import ModelScore, RunMetrics
from pipelines.delay.evaluation import Evaluation, SubgroupScores
from pipelines.delay.splitting import SplitDescription


def with_evaluation(metrics: RunMetrics, content: bytes) -> RunMetrics:
    """Return a run's metrics completed by its `metrics.json`.

    Raises:
        RequestError: The content is not an evaluation.
    """
    evaluation = Evaluation.read(content)
    return replace(
        metrics,
        models=_models(evaluation),
        winner=evaluation.winner,
        why=evaluation.why,
        baselines={
            f"{kind.replace('_', ' ')} ({scores.rule})": scores.accuracy
            for kind, scores in evaluation.baselines.items()
        },
        subgroups={name: _subgroup(scores) for name, scores in evaluation.subgroups.items()},
        split=_split(evaluation.split),
        verdict=evaluation.verdict,
        gate=_gate(evaluation),
        notes=evaluation.notes,
    )


def _models(evaluation: Evaluation) -> tuple[ModelScore, ...]:
    return tuple(
        ModelScore(
            name=model.name,
            cv_accuracy=model.cv_accuracy,
            accuracy=model.accuracy,
            balanced_accuracy=model.balanced_accuracy,
            macro_f1=model.macro_f1,
            roc_auc=model.roc_auc,
            within_noise=model.name in evaluation.within_noise,
        )
        for model in evaluation.models
    )


def _subgroup(scores: SubgroupScores) -> dict[str, float]:
    measured = {
        "rows": float(scores.rows),
        "delayed_share": scores.delayed_share,
        "accuracy": scores.accuracy,
        "balanced_accuracy": scores.balanced_accuracy,
    }
    return measured if scores.roc_auc is None else {**measured, "roc_auc": scores.roc_auc}


def _gate(evaluation: Evaluation) -> str:
    told = [reason for reason in evaluation.gate.reasons if reason != evaluation.verdict]
    passed = (
        "It passed the gate, so it is registered as a version of `delay`."
        if evaluation.gate.passed
        else "It did not pass the gate, so it is not registered."
    )
    return f"{passed} {' '.join(told)}"


def _split(split: SplitDescription) -> str:
    cut = f" at {split.cut}" if split.cut else ""
    rows = f"{split.training_rows:,} rows to train, {split.testing_rows:,} to test"
    return f"split by {split.kind}{cut}: {rows}"
