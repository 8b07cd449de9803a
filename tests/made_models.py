"""Small real models of the delay pipeline, made once for a test session."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pandas as pd

from core.objects import ObjectStore
from core.runs import Artifact, ArtifactKind, Run, RunState
from models.registry import Registry
from pipelines.delay import card, comparison, data, examination, features, splitting, training
from pipelines.delay.schema import DATA_FOLDER

SEED = 7
ROWS = 500
FINISHED = datetime(2026, 5, 14, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Made:
    """A tuned classifier with what a run leaves beside it."""

    model: bytes
    card: bytes
    reference: bytes
    training: pd.DataFrame
    testing: pd.DataFrame


@cache
def valid_table() -> pd.DataFrame:
    return data.validate(data.read_table(DATA_FOLDER / "schedule_management.csv"))


@cache
def made(algorithm: str) -> Made:
    table = DATA_FOLDER / "schedule_management.csv"
    parts = splitting.split(features.prepare(valid_table()), kind="time", test_size=0.2, seed=SEED)
    learned = parts.training.sample(ROWS, random_state=SEED).sort_index().reset_index(drop=True)
    tested = parts.testing
    tuned = training.search(learned, algorithm, folds=2, split="time", seed=SEED)
    found = comparison.evaluate(
        [tuned],
        learned,
        tested,
        data=data.describe(valid_table(), table),
        split=parts.description,
        minimum_accuracy=0.5,
        seed=SEED,
    )
    examined = examination.examine(tuned.model, tested, found.importances, SEED)
    kept = examination.reference(tuned.model, learned, tested, SEED)
    path = Path(mkdtemp()) / "model.skops"
    training.store(tuned.model, path)
    return Made(
        model=path.read_bytes(),
        card=card.to_json(card.model_card(found, learned, examined)),
        reference=card.reference_to_json(kept),
        training=learned,
        testing=tested,
    )


def register(registry: Registry, store: ObjectStore, run_id: str, algorithm: str) -> None:
    """Register a model as a succeeded run does."""
    folder = f"delay-prediction/{run_id}/choose-model"
    content = made(algorithm)
    store.put("artifacts", f"{folder}/model.skops", content.model)
    store.put("artifacts", f"{folder}/card.json", content.card)
    store.put("artifacts", f"{folder}/reference.json", content.reference)
    run = Run(
        id=run_id,
        name=f"run-{run_id}",
        pipeline="delay-prediction",
        state=RunState.SUCCEEDED,
        parameters={"data": "datasets/schedule_management.csv"},
        created_at=FINISHED,
        finished_at=FINISHED,
    )
    artifact = Artifact(
        run_id=run_id,
        task="choose-model",
        name="model",
        kind=ArtifactKind.MODEL,
        bucket="artifacts",
        key=f"{folder}/model.skops",
        bytes=len(content.model),
        content_hash="",
        metadata={"registers_as": "delay", "gate_passed": True},
    )
    registry.register(run, (artifact,))
