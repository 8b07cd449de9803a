"""What one should know before using a model that a run made."""

from datetime import UTC, datetime
from functools import cache

import pandas as pd
from pydantic import TypeAdapter

from core.models import ModelCard, ModelReference, ModelVersion
from core.pipelines import ParameterValue
from pipelines.delay import schema
from pipelines.delay.evaluation import Evaluation
from pipelines.delay.examination import Examination

MODEL = "delay"
"""The name under which models of this pipeline are registered."""
PURPOSE = (
    "Says how likely a Scope or Design phase of a school construction project is to end after its "
    "planned end, from what is known on the day it starts."
)
CAVEATS = (
    "Learned from New York City school projects; elsewhere it is a guess.",
    "Construction phases were not in the training data.",
)


def model_card(
    evaluation: Evaluation, training: pd.DataFrame, examination: Examination | None = None
) -> ModelCard:
    """Write the card of a run's winner; run and version are filled in at registration."""
    best = evaluation.scores()
    headline = evaluation.headline()
    return ModelCard(
        version=ModelVersion(
            model=MODEL,
            version=0,
            run_id="",
            algorithm=best.name,
            registered_at=datetime.fromtimestamp(0, UTC),
            metrics=headline,
        ),
        purpose=PURPOSE,
        data={
            "sha256": evaluation.data.sha256,
            "rows": evaluation.data.rows,
            "delayed_share": evaluation.data.delayed_share,
            "first_start": evaluation.data.first_start,
            "last_start": evaluation.data.last_start,
        },
        split={
            "kind": evaluation.split.kind,
            "training_rows": evaluation.split.training_rows,
            "testing_rows": evaluation.split.testing_rows,
            "left_out_rows": evaluation.split.left_out_rows,
            "cut": evaluation.split.cut,
        },
        metrics=headline,
        baselines={
            f"{name}: {scores.rule}": scores.accuracy
            for name, scores in evaluation.baselines.items()
        },
        subgroups={
            name: {
                "rows": float(scores.rows),
                "delayed_share": scores.delayed_share,
                "accuracy": scores.accuracy,
                "balanced_accuracy": scores.balanced_accuracy,
            }
            | ({} if scores.roc_auc is None else {"roc_auc": scores.roc_auc})
            for name, scores in evaluation.subgroups.items()
        },
        importances=evaluation.importances,
        parameters=best.parameters,
        notes=(evaluation.why, evaluation.verdict, *evaluation.notes, *CAVEATS),
        base_rate=float(training[schema.LABEL].mean()),
        typical=typical_rows(training),
        fairness=examination.fairness if examination else {},
        calibration=examination.calibration if examination else (),
        robustness=examination.robustness if examination else {},
        environment=examination.environment if examination else {},
    )


def typical_rows(training: pd.DataFrame) -> dict[str, dict[str, ParameterValue]]:
    """Return a typical row of all training rows, under ``, and of each phase, under its name."""
    rows = {"": _typical(training)}
    if "phase" in training.columns:
        rows |= {
            str(phase): _typical(part) | {"phase": str(phase)}
            for phase, part in training.groupby("phase")
        }
    return rows


def _typical(rows: pd.DataFrame) -> dict[str, ParameterValue]:
    expected = schema.schema_of(rows.columns)
    typical: dict[str, ParameterValue] = {}
    for column in expected.features:
        values = rows[column]
        # A gap is typical where most rows have one: a Scope phase has no previous phase.
        if values.isna().mean() > 0.5:
            typical[column] = None
        elif column in expected.categories:
            typical[column] = str(values.mode().iloc[0])
        else:
            typical[column] = float(values.median())
    return typical


@cache
def _adapter() -> TypeAdapter[ModelCard]:
    return TypeAdapter(ModelCard)


@cache
def _references() -> TypeAdapter[ModelReference]:
    return TypeAdapter(ModelReference)


def to_json(card: ModelCard) -> bytes:
    """Write a card as JSON."""
    return _adapter().dump_json(card, indent=2)


def reference_to_json(reference: ModelReference) -> bytes:
    """Write what later data are held against as JSON."""
    return _references().dump_json(reference)
