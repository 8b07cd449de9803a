"""Runs on one machine: a worker process per run, and a history that outlives it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backends.runs_local.backend import LocalRuns

__all__ = ["LocalRuns"]


def __getattr__(name: str) -> object:
    # The parent of the tasks takes a part of this package, and starts sooner without the rest.
    if name == "LocalRuns":
        from backends.runs_local.backend import LocalRuns

        return LocalRuns
    raise AttributeError(name)
