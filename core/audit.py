"""What was called, on whose word, and how it ended: the types and the port that speaks them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One call of a tool."""

    at: datetime
    session: str
    """The conversation; empty for a call from the command line."""
    agent: str
    tool: str
    arguments: Mapping[str, object]
    """As they were carried out, secrets masked."""
    effect: str
    """`reads`, `writes` or `destroys`."""
    decision: str = ""
    """`allow`, `edit`, `always` or `reject`; empty where nobody had to be asked."""
    stage: str = "ended"
    """`begun` for a change that was allowed and is about to be made, else `ended`."""
    call: str = ""
    """The call's id, by which the two entries of a change are told to belong together."""
    ok: bool
    """Whether it did what it was asked to; False while it has only begun."""
    error: str = ""
    result_bytes: int = 0
    seconds: float = 0.0
    meant: Mapping[str, object] = field(default_factory=dict)
    """Arguments that were references, as what they stood for then: `latest` as a run's id."""
    made: str = ""
    """The id of the run that it started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """What a check of the whole log found."""

    path: str
    entries: int
    intact: bool
    problem: str = ""
    """Which line does not fit and why; empty when all do."""
    unapproved_writes: int = 0
    """Calls that changed something without a decision; must be 0."""
    unfinished: tuple[str, ...] = ()
    """Changes that began and of which no end is recorded: the tools, oldest first."""
    by_decision: Mapping[str, int] = field(default_factory=dict)


class AuditLog(Protocol):
    """Keeps what was called, so that later changes to it show."""

    def record(self, entry: AuditEntry) -> None:
        """Append an entry.

        Raises:
            UnavailableError: It cannot be written.
        """
        ...

    def entries(self) -> Iterator[AuditEntry]:
        """Yield every entry, oldest first."""
        ...

    def verify(self) -> AuditReport:
        """Check that no entry was changed, removed or put in between."""
        ...
