"""Registered models for benches and tests: trained once on the shipped table, as a run does it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from core.objects import ObjectStore
from core.runs import Artifact, ArtifactKind, Run, RunState
from models.registry import Registry
from pipelines.delay import card, comparison, data, examination, features, splitting, training
from pipelines.delay.schema import DATA_FOLDER

SEED = 42
TABLE = DATA_FOLDER / "schedule_management.csv"


@dataclass(frozen=True)
class Trained:
    """A tuned classifier with what a run leaves beside it."""

    model: bytes
    card: bytes
    reference: bytes
    training: pd.DataFrame
    testing: pd.DataFrame


@cache
def valid_table() -> pd.DataFrame:
    """Return the shipped table as the pipeline goes on with it."""
    return data.validate(data.read_table(TABLE))


@cache
def train(algorithm: str, *, rows: int | None = None, seed: int = SEED) -> Trained:
    """Train a classifier as the delay pipeline does, on all training rows or on some."""
    parts = splitting.split(features.prepare(valid_table()), kind="time", test_size=0.2, seed=seed)
    learned, tested = parts.training, parts.testing
    if rows is not None:
        learned = learned.sample(rows, random_state=seed).sort_index().reset_index(drop=True)
    tuned = training.search(learned, algorithm, folds=2, split="time", seed=seed)
    found = comparison.evaluate(
        [tuned],
        learned,
        tested,
        data=data.describe(valid_table(), TABLE),
        split=parts.description,
        minimum_accuracy=0.5,
        seed=seed,
    )
    examined = examination.examine(tuned.model, tested, found.importances, seed)
    reference = examination.reference(tuned.model, learned, tested, seed)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.skops"
        training.store(tuned.model, path)
        model = path.read_bytes()
    return Trained(
        model=model,
        card=card.to_json(card.model_card(found, learned, examined)),
        reference=card.reference_to_json(reference),
        training=learned,
        testing=tested,
    )


def register(registry: Registry, store: ObjectStore, algorithm: str, run_id: str) -> None:
    """Train a classifier and register it."""
    keep(registry, store, train(algorithm), run_id, datetime.now(UTC))


def keep(
    registry: Registry, store: ObjectStore, trained: Trained, run_id: str, finished: datetime
) -> None:
    """Register a classifier as a succeeded run does."""
    folder = f"delay-prediction/{run_id}/choose-model"
    store.put("artifacts", f"{folder}/model.skops", trained.model)
    store.put("artifacts", f"{folder}/card.json", trained.card)
    store.put("artifacts", f"{folder}/reference.json", trained.reference)
    run = Run(
        id=run_id,
        name=f"run-{run_id}",
        pipeline="delay-prediction",
        state=RunState.SUCCEEDED,
        parameters={"data": "datasets/schedule_management.csv"},
        created_at=finished,
        finished_at=finished,
    )
    artifact = Artifact(
        run_id=run_id,
        task="choose-model",
        name="model",
        kind=ArtifactKind.MODEL,
        bucket="artifacts",
        key=f"{folder}/model.skops",
        bytes=len(trained.model),
        content_hash="",
        metadata={"registers_as": "delay", "gate_passed": True},
    )
    registry.register(run, (artifact,))
