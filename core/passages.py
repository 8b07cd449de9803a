"""Passages of documents: the types and the port that speaks them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A piece of a document that can be cited."""

    id: str
    """Stable: the same text under the same heading of the same page keeps it."""
    source: str
    """`corpus`, or the name under which a document was added."""
    page: str
    """The page's title."""
    heading: str
    text: str
    path: str = ""
    """Where the page is, relative to its source."""
    keywords: str = ""
    """Other words for the page's subject; searched, never shown."""
    position: int = 0
    """Its place on the page, from 0."""

    @property
    def citation(self) -> str:
        """`page § heading`."""
        return f"{self.page} § {self.heading}" if self.heading else self.page


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPassage:
    """A passage that fits a question."""

    passage: Passage
    score: float
    """From 0 to 1; comparable within one answer only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocsAnswer:
    """The passages that fit a question best."""

    query: str
    items: tuple[FoundPassage, ...]
    answerable: bool
    """False where nothing is near enough."""
    nearest_pages: tuple[str, ...] = ()
    """Subjects to offer when the question is not answerable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A set of documents in the index."""

    name: str
    pages: int
    passages: int
    indexed_at: datetime | None = None
    location: str = ""


class PassageIndex(Protocol):
    """Keeps passages with their vectors and finds the nearest."""

    def add(self, passages: Sequence[Passage], vectors: Sequence[Sequence[float]]) -> None:
        """Store passages; one whose id exists is replaced."""
        ...

    def remove(self, ids: Sequence[str]) -> None:
        """Forget passages by id."""
        ...

    def ids(self, source: str = "") -> frozenset[str]:
        """Return the ids of all passages, or of one source's."""
        ...

    def all(self, source: str = "") -> Sequence[Passage]:
        """Return all passages, or one source's, by id."""
        ...

    def nearest(
        self, vector: Sequence[float], limit: int, source: str = ""
    ) -> Sequence[FoundPassage]:
        """Return the passages nearest by cosine, best first."""
        ...

    def fingerprint(self) -> str:
        """Return what the index was built with; empty for an empty index."""
        ...

    def reset(self, fingerprint: str) -> None:
        """Empty the index and note what it will be built with."""
        ...
