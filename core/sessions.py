"""Conversations that last: the types and the port that speaks them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

UNNAMED = "new conversation"
"""The name of a conversation until its first question names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionInfo:
    """A conversation that can be resumed."""

    id: str
    name: str
    updated_at: datetime
    turns: int
    waiting: int = 0
    """How many follow-ups wait for a run to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One exchange, as the person saw it."""

    question: str
    answer: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A run whose end a conversation waits for."""

    run_id: str
    request: str = ""
    """What to answer then; empty when only the end is to be told."""
    asked: bool = True
    """Whether the person asked for it; a run that was merely started is watched too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LongResult:
    """A tool's result that was too long for a model to be shown at once."""

    source: str
    """The tool that brought it."""
    parts: tuple[str, ...]
    outside: bool
    """Whether something of it is from outside."""


class SessionStore(Protocol):
    """Keeps conversations."""

    def list(self) -> Sequence[SessionInfo]:
        """Return every conversation, latest first."""
        ...

    def get(self, session_id: str) -> SessionInfo:
        """Return a conversation by id, the beginning of one, or name.

        Raises:
            NotFoundError: There is no such conversation.
        """
        ...

    def create(self, name: str = "") -> SessionInfo:
        """Begin a conversation."""
        ...

    def rename(self, session_id: str, name: str) -> None:
        """Give a conversation another name."""
        ...

    def messages(self, session_id: str) -> Sequence[Mapping[str, Any]]:
        """Return a conversation's messages as they were stored, in order."""
        ...

    def append(self, session_id: str, messages: Sequence[Mapping[str, Any]]) -> None:
        """Store further messages, all or none."""
        ...

    def turns(self, session_id: str) -> Sequence[Turn]:
        """Return a conversation's turns, in order."""
        ...

    def add_turn(self, session_id: str, question: str, answer: str) -> None:
        """Store what the person saw of a turn."""
        ...

    def watches(self, session_id: str) -> Sequence[Watch]:
        """Return the runs whose end a conversation waits for."""
        ...

    def watch(self, session_id: str, watch: Watch) -> None:
        """Wait for the end of a run; a second request for the same run is kept beside the first."""
        ...

    def unwatch(self, session_id: str, watch: Watch) -> bool:
        """Stop waiting; False when another process did so first."""
        ...

    def keep_result(self, session_id: str, result: LongResult) -> str:
        """Keep a long result, and return the name it is read on by; the oldest are dropped."""
        ...

    def result(self, session_id: str, name: str) -> LongResult:
        """Return a long result by its name.

        Raises:
            NotFoundError: None of that name is kept.
        """
        ...

    def results(self, session_id: str) -> Sequence[str]:
        """Return the names of the long results that are kept, in order."""
        ...
