"""What need not be done again: by an earlier attempt of the run, or in the cache of all runs."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kfp import dsl
from kfp.local.cache import LocalCache

from backends.runs_local.cleaning import mark_used


class Reuse:
    """Stands in for KFP's cache of outputs.

    Args:
        done: Where this run notes what it did.
        shared: Where all runs note what they did; none if the run is to do everything itself.
        place: Answers with the place in the graph of the task that the calling thread works on,
            and whether the pipeline lets it be taken from the cache.
    """

    def __init__(
        self, done: Path, shared: Path | None, place: Callable[[], tuple[str, bool]]
    ) -> None:
        self._done = LocalCache(str(done))
        self._shared = LocalCache(str(shared)) if shared else None
        self._place = place

    def compute_key(self, **task: Any) -> str:
        """Return what identifies a task with its inputs."""
        return str(self._done.compute_key(**task))

    def get(self, key: str) -> Mapping[str, Any] | None:
        """Return the outputs of a task that was done before."""
        own, may_share = self._own(key)
        outputs: Mapping[str, Any] | None = self._done.get(own)
        if outputs is None and self._shared is not None and may_share:
            outputs = self._shared.get(key)
        for path in _paths(outputs or {}):
            mark_used(path)
        return outputs

    def put(self, key: str, outputs: Mapping[str, Any]) -> None:
        """Note the outputs of a task."""
        own, may_share = self._own(key)
        self._done.put(own, outputs)
        if self._shared is not None and may_share:
            self._shared.put(key, outputs)

    def _own(self, key: str) -> tuple[str, bool]:
        # Two tasks of one run that are alike are two: only the place makes them the same.
        place, may_share = self._place()
        return hashlib.sha256(f"{place}\0{key}".encode()).hexdigest(), may_share


def _paths(outputs: Mapping[str, Any]) -> list[Path]:
    values = [
        item
        for value in outputs.values()
        for item in (value if isinstance(value, list) else [value])
    ]
    return [Path(value.uri) for value in values if isinstance(value, dsl.Artifact) and value.uri]
