"""Runs on one machine: a worker process per run, and a history that outlives it."""

from backends.runs_local.backend import LocalRuns

__all__ = ["LocalRuns"]
