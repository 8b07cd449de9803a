"""Registered models, predictions with reasons."""
