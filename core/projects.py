"""What a project's folder shows: the types."""

from dataclasses import dataclass

from core.toolchains import ProjectProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A place in a project that shows something; never what is written there."""

    path: str
    """Relative to the project's folder."""
    line: int = 0
    """From 1; 0 where no single line shows it."""
    shows: str = ""
    """`imports torch`, `configures DVC`: in our words."""

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place} {self.shows}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One field of a project's profile with what shows it."""

    field: str
    value: str
    """Several values are joined by commas; empty where nothing shows it."""
    evidence: tuple[Evidence, ...] = ()
    """The most telling places, a few of them."""
    places: int = 0
    """How many places show it in all."""
    note: str = ""
    """Why it is unknown or doubtful."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolInUse:
    """A tool that a project imports, calls or configures."""

    tool: str
    slots: tuple[str, ...]
    """What it is for, in a toolchain; empty where the catalogue does not know it."""
    evidence: tuple[Evidence, ...]
    declared_only: bool = False
    """Whether it is only listed as a dependency, or only in tests and documents: that is no use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectInspection:
    """A project's profile as its folder shows it, with the evidence."""

    path: str
    profile: ProjectProfile
    """Fields that nothing shows are empty: unknown, not absent."""
    findings: tuple[Finding, ...]
    tools: tuple[ToolInUse, ...]
    files: int
    """Files seen, without what the ignore files leave out."""
    read: int
    """Files whose text was read."""
    skipped: tuple[str, ...] = ()
    """What was left out, and why: links, secrets, large and binary files, limits."""

    @property
    def unknown(self) -> tuple[str, ...]:
        """The fields that the folder does not show."""
        return tuple(finding.field for finding in self.findings if not finding.value)
