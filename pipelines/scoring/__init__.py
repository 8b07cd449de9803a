"""Scoring: predictions for whole tables, however long."""
