"""Predicts whether a phase of a construction project will be late."""
