"""Runnable beginnings of a project on a platform: the types."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BlueprintFile:
    """A file of a blueprint."""

    path: str
    """Relative to the folder."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """A scaffold that was written, or is to be."""

    platform: str
    """`aws`, `azure`, `gcp`, `mlflow-aws`, `kubeflow-azure` or `airflow`."""
    pipeline: str
    folder: str
    files: tuple[str, ...]
    """Paths relative to the folder."""
    next_steps: tuple[str, ...]
    """How the pipeline gets to the platform; the README has the commands."""
