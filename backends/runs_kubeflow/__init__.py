"""Runs on a Kubeflow Pipelines cluster."""

from backends.runs_kubeflow.backend import KubeflowRuns

__all__ = ["KubeflowRuns"]
