"""Passages of documents: the types and the ports that speak them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

CITATION_MARK = " § "
"""What stands between a page and a heading."""


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
    asked: str = ""
    """How people ask for it, one question a line; searched, never shown."""
    position: int = 0
    """Its place on the page, from 0."""

    @property
    def citation(self) -> str:
        """`page § heading`."""
        return f"{self.page}{CITATION_MARK}{self.heading}" if self.heading else self.page


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPassage:
    """A passage that fits a question."""

    passage: Passage
    score: float
    """From 0 to 1; comparable within one answer only."""
    excerpt: str = ""
    """The part of its text that has most to do with the question, as it stands there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NearPassage:
    """A passage that is near a vector, by its id."""

    id: str
    cosine: float
    """From 0 to 1; what points away counts as 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocsAnswer:
    """The passages that fit a question best."""

    query: str
    items: tuple[FoundPassage, ...]
    answerable: bool
    """False where nothing is near enough."""
    nearest_pages: tuple[str, ...] = ()
    """Subjects to offer when the question is not answerable."""


class SourceKind(StrEnum):
    """Where documents come from."""

    SHIPPED = "shipped"
    """With the assistant."""
    REFERENCE = "reference"
    """From the documentation inside an installed package."""
    OWN = "own"
    """Added by a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedFile:
    """A file that could not be taken in, and why."""

    path: str
    """Relative to its source."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A set of documents in the index."""

    name: str
    pages: int
    passages: int
    indexed_at: datetime | None = None
    """When it was last read; None where somebody else keeps it in a shared index."""
    location: str = ""
    kind: SourceKind = SourceKind.OWN
    skipped: tuple[SkippedFile, ...] = ()
    missing: bool = False
    """Whether its place cannot be found now; what was read from it is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedSource:
    """What adding a source did, or would do."""

    source: Source
    added: int = 0
    """Pages that were not there before,"""
    changed: int = 0
    """that have another text now,"""
    unchanged: int = 0
    """that stayed as they were,"""
    removed: int = 0
    """and that have vanished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedSource:
    """A source that was forgotten; its files are untouched."""

    source: Source


class Embedding(Protocol):
    """A service that turns texts into vectors; the built-in way learns them from the passages."""

    @property
    def place(self) -> str:
        """Its address: texts are sent there."""
        ...

    @property
    def fingerprint(self) -> str:
        """What identifies its vectors: the same for texts that can be compared."""
        ...

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Return the vector of each text.

        Raises:
            UnavailableError: The service does not answer, or not with vectors.
        """
        ...


class PassageIndex(Protocol):
    """Keeps passages with their vectors and finds the nearest."""

    @property
    def place(self) -> str:
        """The address at which others can read it too; empty where it is on this machine."""
        ...

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

    def get(self, ids: Sequence[str]) -> Sequence[Passage]:
        """Return the passages with these ids, in this order; unknown ids are left out."""
        ...

    def under(self, page: str, heading: str) -> Sequence[Passage]:
        """Return the passages under a heading of a page, in reading order."""
        ...

    def nearest(
        self, vector: Sequence[float], limit: int, source: str = ""
    ) -> Sequence[NearPassage]:
        """Return the passages nearest by cosine, best first."""
        ...

    def fingerprint(self) -> str:
        """Return what the index was built with; empty for an empty index."""
        ...

    def reset(self, fingerprint: str) -> None:
        """Empty the index and note what it will be built with."""
        ...
