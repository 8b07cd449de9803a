"""Small real models of the delay pipeline, made once for a test session."""

from datetime import UTC, datetime

from bench.trained import Trained, keep, train, valid_table
from core.objects import ObjectStore
from models.registry import Registry

__all__ = ["FINISHED", "made", "register", "valid_table"]
SEED = 7
ROWS = 500
FINISHED = datetime(2026, 5, 14, 9, tzinfo=UTC)


def made(algorithm: str) -> Trained:
    """Return a classifier that learned from few rows."""
    return train(algorithm, rows=ROWS, seed=SEED)


def register(registry: Registry, store: ObjectStore, run_id: str, algorithm: str) -> None:
    """Register a model as a succeeded run does."""
    keep(registry, store, made(algorithm), run_id, FINISHED)
