"""How far a project is with MLOps: the types."""

from dataclasses import dataclass

from core.projects import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeSeen:
    """One practice that belongs to a principle, seen in a project or not."""

    practice: str
    evidence: tuple[Evidence, ...] = ()
    """Where it is seen; empty where it is not."""

    @property
    def seen(self) -> bool:
        """Whether the project shows it."""
        return bool(self.evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrincipleAssessment:
    """One of the nine principles, as a project's folder shows it."""

    number: int
    name: str
    level: str
    """`in place`, `begun` or `not seen`."""
    practices: tuple[PracticeSeen, ...]
    next_step: str
    """What to do first; empty when every practice is seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaturityAssessment:
    """A project against the nine principles of MLOps."""

    path: str
    principles: tuple[PrincipleAssessment, ...]
    first: str
    """The next step that pays most."""
    notes: tuple[str, ...] = ()

    @property
    def in_place(self) -> int:
        """How many principles are in place."""
        return sum(principle.level == "in place" for principle in self.principles)
