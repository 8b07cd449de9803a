"""Evaluation cases: the world they start from, how they are run and how they are judged."""
