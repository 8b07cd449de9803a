"""Answers written from the values of tools: short, in words, no number that no tool returned."""

from backends.chat_builtin.answers import models, objects, runs
from backends.chat_builtin.answers.base import write_answer

# Importing these modules registers the words for their types.
__all__ = ["models", "objects", "runs", "write_answer"]
