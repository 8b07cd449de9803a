"""Drift: how far later phases have moved away from what a model learned from."""
