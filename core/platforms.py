"""Platforms beside one another: the types."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformMark:
    """What is said of one platform in one row."""

    platform: str
    published: bool
    """Whether the published table marks it as supported."""
    today: str
    """`yes`, `partly` or `no`, by the platform's own documentation."""
    by: str
    """What does it today, or what is missing."""
    source: str
    """Address of the page that says so."""
    date: str
    """ISO date of the statement."""
    checked: bool = False
    """Whether the page was opened for it on that date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformRow:
    """A feature or a use case, platform by platform."""

    name: str
    certain: bool
    """Whether the published table leaves no doubt which platforms it marks."""
    marks: tuple[PlatformMark, ...]

    @property
    def differs(self) -> tuple[str, ...]:
        """The platforms for which the published mark is not what holds today."""
        return tuple(
            mark.platform
            for mark in self.marks
            if mark.today != "partly" and mark.published != (mark.today == "yes")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformOutlook:
    """What one platform gives, what choosing it gives up, and how to get there."""

    platform: str
    gains: str
    gives_up: str
    """The opportunity cost: what the next best choice would have given."""
    leaving: str
    """What is lost or must be written again when one leaves."""
    stack: str = ""
    """Name of the blueprint, for `write_blueprint`; empty for none."""
    steps: tuple[str, ...] = ()
    """How this project's pipeline gets there, step by step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformComparison:
    """Platforms beside one another, as published and as they are today."""

    platforms: tuple[str, ...]
    features: tuple[PlatformRow, ...]
    use_cases: tuple[PlatformRow, ...]
    outlooks: tuple[PlatformOutlook, ...]
    published_in: str
    """What the published marks are taken from."""
    notes: tuple[str, ...] = ()
