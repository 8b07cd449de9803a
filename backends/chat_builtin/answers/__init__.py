"""Answers written from the values of tools: short, in words, no number that no tool returned."""

from backends.chat_builtin.answers import (
    comparison,
    diagnosis,
    knowledge,
    lineage,
    models,
    models_use,
    objects,
    runs,
    schedules,
    session,
    toolchains,
    triggers,
)
from backends.chat_builtin.answers.base import write_answer

# Importing these modules registers the words for their types.
__all__ = [
    "comparison",
    "diagnosis",
    "knowledge",
    "lineage",
    "models",
    "models_use",
    "objects",
    "runs",
    "schedules",
    "session",
    "toolchains",
    "triggers",
    "write_answer",
]
