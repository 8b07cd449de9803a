"""A conversation's work as a file that does it again: the types."""

from dataclasses import dataclass
from enum import StrEnum


class ExportFormat(StrEnum):
    """What the file is."""

    PYTHON = "python"
    BASH = "bash"
    NOTEBOOK = "notebook"
    GITHUB_ACTIONS = "github-actions"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedSession:
    """What was written."""

    path: str
    format: ExportFormat
    session: str
    """The conversation's id."""
    name: str
    """The conversation's name."""
    changes: int
    """How many calls in it change something."""
    reads: int
    tools: tuple[str, ...]
    """What it calls, in order."""
    left_out: tuple[str, ...]
    """What was called and is not in it, with the reason."""
    replaced: bool
    """Whether a file of that name was there."""
    bytes: int
    how: str
    """The command that does it all again; for a workflow, what to do with it."""
