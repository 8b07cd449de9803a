"""The pipelines that can be run."""
