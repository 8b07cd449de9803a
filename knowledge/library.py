"""The documentation as one place to search, with an index that keeps itself up to date."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import UnavailableError, not_found
from core.passages import (
    CITATION_MARK,
    AddedSource,
    DocsAnswer,
    Embedding,
    FoundPassage,
    Passage,
    PassageIndex,
    RemovedSource,
    Source,
    SourceKind,
)
from knowledge.doubt import MINIMUM_CONFIDENCE, Signs
from knowledge.excerpts import excerpt_of
from knowledge.indexing import Indexing, State
from knowledge.manifest import Manifest
from knowledge.own_sources import OwnSources, change_of
from knowledge.ranking import CANDIDATES, Ranker, Ranking
from knowledge.reference import Package

CORPUS = Path(__file__).parent / "corpus"
CORPUS_SOURCE = "corpus"
LOCK_SECONDS = 100
"""How long to wait for another process that builds the index."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """What a search needs, as of one state of the index."""

    state: State
    ranker: Ranker


class Library:
    """Finds passages that answer questions, with their citations.

    Args:
        index: Where passages and their vectors are kept.
        folder: Where what was read and learned is kept; shared by processes.
        corpus: The pages to search.
        packages: Installed packages whose docstrings are searched as well.
        embedding: Who makes the vectors; learned from the passages themselves if None.
    """

    def __init__(
        self,
        index: PassageIndex,
        folder: Path,
        corpus: Path = CORPUS,
        *,
        packages: Sequence[Package] = (),
        embedding: Embedding | None = None,
    ) -> None:
        self._index = index
        self._folder = folder
        self._own = OwnSources(reserved={CORPUS_SOURCE})
        self._indexing = Indexing(
            index, folder, (CORPUS_SOURCE, corpus), tuple(packages), embedding
        )
        self._ready: _Ready | None = None
        self._thread_lock = threading.RLock()

    @property
    def readers(self) -> Mapping[str, str]:
        """Where texts of documents go beside this machine: what for, and the address."""
        places = {
            "is embedded by": self._indexing.embedding.place if self._indexing.embedding else "",
            "can be read by all who use": self._index.place,
        }
        return {what: place for what, place in places.items() if place}

    def search(self, query: str, limit: int = 5, source: str = "") -> DocsAnswer:
        """Return the passages that fit a question best.

        Raises:
            NotFoundError: There is no such source.
            UnavailableError: The index cannot be read or written.
        """
        with self._locked():
            ranking = self._ranked(query, limit, source)
            scores = dict(ranking.items)
            passages = [_shown(passage) for passage in self._index.get(list(scores))]
        answerable = ranking.confidence >= MINIMUM_CONFIDENCE
        pages = dict.fromkeys(passage.page for passage in passages)
        return DocsAnswer(
            query=query,
            items=tuple(
                FoundPassage(
                    passage=passage,
                    score=scores[passage.id],
                    excerpt=excerpt_of(passage.text, ranking.asked),
                )
                for passage in passages
            ),
            answerable=answerable,
            nearest_pages=() if answerable else tuple(pages)[:3],
        )

    def signs(self, query: str) -> Signs:
        """Return what speaks for and against an answer to a question."""
        with self._locked():
            return self._ranked(query, 1, "").signs

    def knows(self, query: str) -> bool:
        """Tell whether the pages that were read answer a question; nothing is read for it."""
        return not self.is_behind() and self.signs(query).confidence >= MINIMUM_CONFIDENCE

    def cited(self, citation: str) -> Sequence[Passage]:
        """Return the passages that a citation names, in reading order.

        Args:
            citation: `page § heading`, or the title of a page, as answers cite them.

        Raises:
            NotFoundError: Nothing is cited so.
        """
        page, _, heading = citation.strip().strip("[]").partition(CITATION_MARK)
        with self._locked():
            self._current()
            found = [_shown(it) for it in self._index.under(page.strip(), heading.strip())]
            if not found:
                known = sorted({passage.citation for passage in self._index.all()})
        if not found:
            raise not_found("passage", citation, known)
        return found

    def sources(self) -> Sequence[Source]:
        """Return what can be searched, by name."""
        with self._locked():
            ready = self._current()
            return _sources(ready)

    def names(self) -> Sequence[str]:
        """Return the names of the sources as they were when the index was last looked at.

        Nothing is indexed for it: who only wants to know what a word may mean must not wait.
        """
        return sorted({CORPUS_SOURCE, *Manifest.load(self._folder).sources})

    def is_behind(self) -> bool:
        """Tell whether so much of the pages is unread that a first search would take seconds.

        Only what is known of the files is looked at: nothing is read, and nobody is kept out.
        """
        return self._indexing.is_behind()

    def removable(self, name: str) -> Source:
        """Return a source that may be removed, by its name, its place or the name of its file.

        Raises:
            NotFoundError: There is no such source.
            RequestError: It came with the assistant.
        """
        return self._own.removable(name, self.sources())

    def preview(self, path: str) -> AddedSource:
        """Return what adding a file or folder would do; nothing is changed.

        Raises:
            NotFoundError: There is nothing at that path.
            RequestError: Nothing in it can be taken in, or it is there already under that name.
        """
        with self._locked():
            manifest = self._current().state.manifest
            scan = self._own.scan(path, manifest)
        return change_of(scan.record, manifest.sources.get(scan.record.name))

    def add(self, path: str) -> AddedSource:
        """Take in a file or folder, or bring it up to date; only what changed is touched.

        Raises:
            NotFoundError: There is nothing at that path.
            RequestError: Nothing in it can be taken in.
            UnavailableError: The index cannot be written.
        """
        with self._locked():
            manifest = self._current().state.manifest
            scan = self._own.scan(path, manifest)
            change = change_of(scan.record, manifest.sources.get(scan.record.name))
            self._ready = _ready(self._indexing.updated(add=scan))
        return change

    def remove(self, name: str) -> RemovedSource:
        """Forget a source; its files are untouched.

        Raises:
            NotFoundError: There is no such source.
            RequestError: It came with the assistant.
        """
        with self._locked():
            found = self._own.removable(name, _sources(self._current()))
            self._ready = _ready(self._indexing.updated(forget=[found.name]))
        return RemovedSource(source=found)

    def refresh(self) -> None:
        """Bring the index up to date with the pages.

        Only passages that changed are touched, unless so many did that the vectors have to be
        learned anew.
        """
        with self._locked():
            self._ready = _ready(self._indexing.updated())

    def _ranked(self, query: str, limit: int, source: str) -> Ranking:
        ready = self._current()
        if source and source not in ready.ranker.names:
            source = _named(source, sorted(ready.ranker.names))
        asked = ready.ranker.asked(query)
        vector = ready.state.vectors.encode([" ".join(word.written for word in asked)])[0]
        nearest = self._index.nearest(vector, CANDIDATES, source)
        return ready.ranker.rank(query, asked, nearest, limit, source)

    def _current(self) -> _Ready:
        # Another process may have changed the index; what we know would then not fit any more.
        if self._ready is None or not self._indexing.is_current(self._ready.state):
            self._ready = _ready(self._indexing.updated())
        return self._ready

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep out other threads, and other processes that would rebuild the index meanwhile."""
        with self._thread_lock:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                lock = FileLock(self._folder / "library.lock", timeout=LOCK_SECONDS)
                lock.acquire()
            except Timeout as error:
                raise UnavailableError(
                    "Another process has been building the search index for too long.",
                    hint="Try again; if it stays so, end that process.",
                ) from error
            except OSError as error:
                raise UnavailableError(
                    f"The search index in {self._folder} cannot be written: {error.strerror}.",
                    hint="Choose another home folder, or make room.",
                ) from error
            try:
                yield
            finally:
                lock.release()


def _shown(passage: Passage) -> Passage:
    """Return a passage without what is only searched: nobody who reads it should quote that."""
    return replace(passage, keywords="", asked="")


def _ready(state: State) -> _Ready:
    references = frozenset(
        name
        for name, record in state.manifest.sources.items()
        if record.kind is SourceKind.REFERENCE
    )
    return _Ready(state, Ranker(state.shelf, references))


def _sources(ready: _Ready) -> Sequence[Source]:
    known = {name: record.as_source() for name, record in ready.state.manifest.sources.items()}
    counts = ready.ranker.names
    others = {
        # Somebody else's, in an index that is shared.
        name: Source(name=name, pages=0, passages=count)
        for name, count in counts.items()
        if name not in known
    }
    return [
        source
        for _, source in sorted({**others, **known}.items())
        if source.passages or source.kind is SourceKind.OWN
    ]


def _named(source: str, names: Sequence[str]) -> str:
    """Return the one source that is meant: `kfp` is `kfp 2.17.0`."""
    fitting = [name for name in names if name.casefold().split()[0] == source.casefold()]
    if len(fitting) != 1:
        raise not_found("source", source, names)
    return fitting[0]
