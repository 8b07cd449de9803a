"""Trains the world's models and writes what its runs of the delay pipeline left.

The files are what the pipeline's own functions write; only the headline numbers are the world's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from pipelines.delay import (
    card,
    comparison,
    data,
    examination,
    features,
    plots,
    schema,
    splitting,
    training,
)
from pipelines.delay.evaluation import Evaluation, ModelScores
from pipelines.delay.report import write_report
from surfaces.evaluation.world_file import WorldRun

SEED = 42
TRAINING_ROWS = 400
"""Enough to learn something from, few enough to build a world in seconds."""
TESTING_ROWS = 200
FOLDS = 2
MINIMUM_ACCURACY = 0.6


@dataclass(frozen=True, slots=True)
class Made:
    """What a run of the delay pipeline made: contents by task and file, and its numbers."""

    files: Mapping[str, bytes]
    evaluation: Evaluation


class Science:
    """Tunes the algorithms that the world's runs call their best, once.

    Args:
        table: The shipped table.
        algorithms: What to tune.
    """

    def __init__(self, table: Path, algorithms: list[str]) -> None:
        valid = data.validate(data.read_table(table))
        prepared = features.prepare(valid)
        parts = splitting.split(prepared, kind="time", test_size=0.2, seed=SEED)
        self._training = _some(parts.training, TRAINING_ROWS)
        self._testing = _some(parts.testing, TESTING_ROWS)
        self._tuned = {
            name: training.search(self._training, name, folds=FOLDS, split="time", seed=SEED)
            for name in algorithms
        }
        self._found = comparison.evaluate(
            list(self._tuned.values()),
            self._training,
            self._testing,
            data=data.describe(valid, table),
            split=parts.description,
            minimum_accuracy=MINIMUM_ACCURACY,
            seed=SEED,
        )

    def made_by(self, run: WorldRun, folder: Path) -> Made:
        """Return what a succeeded run made, with the run's numbers.

        Args:
            run: Whose numbers.
            folder: Where pictures are drawn before they are read.
        """
        evaluation = self._as_told(run)
        truth = self._testing[schema.LABEL].to_numpy()
        chances = {
            name: training.probabilities(tuned.model, self._testing)
            for name, tuned in self._tuned.items()
        }
        files: dict[str, bytes] = {}
        pictures = {}
        for name, chart in plots.charts(evaluation, truth, chances).items():
            picture, value = folder / f"{run.id}-{name}.png", folder / f"{run.id}-{name}.json"
            plots.write(chart, picture, value)
            pictures[name] = picture
            files[f"evaluate-models/plots/{name}.json"] = value.read_bytes()
            files[f"evaluate-models/plots/{name}.png"] = picture.read_bytes()
        model = folder / f"{run.id}.skops"
        training.store(self._tuned[run.best_model].model, model)
        files |= {
            "evaluate-models/metrics.json": evaluation.to_json(),
            "evaluate-models/report.html": write_report(evaluation, pictures).encode(),
            "choose-model/model.skops": model.read_bytes(),
            "choose-model/card.json": card.to_json(
                card.model_card(evaluation, self._training, self._examined(run, evaluation))
            ),
            "choose-model/reference.json": card.reference_to_json(
                examination.reference(
                    self._tuned[run.best_model].model, self._training, self._testing, SEED
                )
            ),
        }
        return Made(files, evaluation)

    def _examined(self, run: WorldRun, evaluation: Evaluation) -> examination.Examination:
        model = self._tuned[run.best_model].model
        return examination.examine(model, self._testing, evaluation.importances, SEED)

    def _as_told(self, run: WorldRun) -> Evaluation:
        """Return the comparison with the run's winner ahead and its numbers in place."""
        told = [_with_numbers(model, run) for model in self._found.models]
        ranked = sorted(told, key=lambda model: -model.cv_accuracy)
        best = next(model for model in ranked if model.name == run.best_model)
        excluded = bool(run.parameters.get("exclude_cameras"))
        facts = f"accuracy {best.accuracy:.3f}, ROC AUC {best.roc_auc:.3f}"
        verdict = f"The winner beats chance: {best.name} has {facts}."
        return replace(
            self._found,
            winner=best.name,
            why=f"{best.name} has the highest mean accuracy in cross-validation:"
            f" {best.cv_accuracy:.3f}.",
            models=tuple(ranked),
            subgroups={} if excluded else self._found.subgroups,
            beats_chance=True,
            verdict=verdict,
            gate=replace(self._found.gate, passed=True, reasons=(verdict,)),
            notes=("Camera installations were left out.",) if excluded else self._found.notes,
        )


def _with_numbers(model: ModelScores, run: WorldRun) -> ModelScores:
    """Give the winner the run's numbers, and keep the others behind it."""
    accuracy = run.metrics["accuracy"]
    if model.name == run.best_model:
        return replace(
            model,
            accuracy=accuracy,
            roc_auc=run.metrics["roc_auc"],
            macro_f1=run.metrics["f1"],
            cv_accuracy=round(accuracy - 0.006, 4),
        )
    return replace(
        model,
        accuracy=min(model.accuracy, round(accuracy - 0.011, 4)),
        roc_auc=min(model.roc_auc, round(run.metrics["roc_auc"] - 0.013, 4)),
        cv_accuracy=min(model.cv_accuracy, round(accuracy - 0.02, 4)),
    )


def _some(rows: pd.DataFrame, number: int) -> pd.DataFrame:
    return (
        rows.sample(min(number, len(rows)), random_state=SEED).sort_index().reset_index(drop=True)
    )
