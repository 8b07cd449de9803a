"""A registered model for the benches: trained once on the shipped table, kept in a folder."""

from datetime import UTC, datetime
from pathlib import Path

from core.objects import ObjectStore
from core.runs import Artifact, ArtifactKind, Run, RunState
from models.registry import Registry
from pipelines.delay import card, comparison, data, examination, features, splitting, training
from pipelines.delay.schema import DATA_FOLDER

SEED = 42
TABLE = DATA_FOLDER / "schedule_management.csv"


def register(registry: Registry, store: ObjectStore, algorithm: str, run_id: str) -> None:
    """Train a classifier as the delay pipeline does, and register it."""
    valid = data.validate(data.read_table(TABLE))
    parts = splitting.split(features.prepare(valid), kind="time", test_size=0.2, seed=SEED)
    tuned = training.search(parts.training, algorithm, folds=2, split="time", seed=SEED)
    found = comparison.evaluate(
        [tuned],
        parts.training,
        parts.testing,
        data=data.describe(valid, TABLE),
        split=parts.description,
        minimum_accuracy=0.5,
        seed=SEED,
    )
    examined = examination.examine(tuned.model, parts.testing, found.importances, SEED)
    reference = examination.reference(tuned.model, parts.training, parts.testing, SEED)
    folder = f"delay-prediction/{run_id}/choose-model"
    path = Path(store.place.removeprefix("in ")) / f".{run_id}.skops"
    training.store(tuned.model, path)
    store.put("artifacts", f"{folder}/model.skops", path)
    path.unlink()
    written = card.to_json(card.model_card(found, parts.training, examined))
    store.put("artifacts", f"{folder}/card.json", written)
    store.put("artifacts", f"{folder}/reference.json", card.reference_to_json(reference))
    now = datetime.now(UTC)
    run = Run(
        id=run_id,
        name=run_id,
        pipeline="delay-prediction",
        state=RunState.SUCCEEDED,
        parameters={"data": "datasets/schedule_management.csv"},
        created_at=now,
        finished_at=now,
    )
    artifact = Artifact(
        run_id=run_id,
        task="choose-model",
        name="model",
        kind=ArtifactKind.MODEL,
        bucket="artifacts",
        key=f"{folder}/model.skops",
        bytes=0,
        content_hash="",
        metadata={"registers_as": "delay", "gate_passed": True},
    )
    registry.register(run, (artifact,))
