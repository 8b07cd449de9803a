"""The documentation as one place to search, with an index that keeps itself up to date."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import UnavailableError, not_found
from core.passages import DocsAnswer, Passage, PassageIndex, Source
from knowledge.embedding import Encoder
from knowledge.lexical import search_text
from knowledge.ranking import CANDIDATES, MINIMUM_CONFIDENCE, Ranker, pages_of
from knowledge.splitting import read_page, split

CORPUS = Path(__file__).parent / "corpus"
CORPUS_SOURCE = "corpus"
MOST_UNLEARNED = 0.2
"""Share of passages the vectors may not have learned from before they are learned anew."""
LOCK_SECONDS = 60
"""How long to wait for another process that builds the index."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """What a search needs, as of one state of the index."""

    fingerprint: str
    ranker: Ranker
    indexed_at: datetime


class Library:
    """Finds passages that answer questions, with their citations.

    Args:
        index: Where passages and their vectors are kept.
        folder: Where what the vectors were learned from is kept; shared by processes.
        corpus: The pages to search.
    """

    def __init__(self, index: PassageIndex, folder: Path, corpus: Path = CORPUS) -> None:
        self._index = index
        self._folder = folder
        self._corpus = corpus
        self._ready: _Ready | None = None
        self._thread_lock = threading.RLock()

    def search(self, query: str, limit: int = 5, source: str = "") -> DocsAnswer:
        """Return the passages that fit a question best.

        Raises:
            NotFoundError: There is no such source.
            UnavailableError: The index cannot be read or written.
        """
        with self._locked():
            ranker = self._current().ranker
            names = {passage.source for passage in ranker.passages}
            if source and source not in names:
                raise not_found("source", source, sorted(names))
            vector = ranker.encode(query)
            nearest = self._index.nearest(vector.tolist(), CANDIDATES, source)
        ranking = ranker.rank(query, nearest, limit, source)
        answerable = ranking.confidence >= MINIMUM_CONFIDENCE
        return DocsAnswer(
            query=query,
            items=ranking.items,
            answerable=answerable,
            nearest_pages=() if answerable else pages_of(ranking.items),
        )

    def sources(self) -> Sequence[Source]:
        """Return what can be searched, by name."""
        with self._locked():
            ready = self._current()
        passages = Counter(passage.source for passage in ready.ranker.passages)
        pages = Counter(
            source for source, _ in {(held.source, held.path) for held in ready.ranker.passages}
        )
        return [
            Source(
                name=name,
                pages=pages[name],
                passages=passages[name],
                indexed_at=ready.indexed_at,
                location=str(self._corpus) if name == CORPUS_SOURCE else "",
            )
            for name in sorted(passages)
        ]

    def refresh(self) -> None:
        """Bring the index up to date with the pages.

        Only passages that changed are touched, unless so many did that the vectors have to be
        learned anew.
        """
        with self._locked():
            self._ready = self._updated()

    def _current(self) -> _Ready:
        # Another process may have learned the vectors anew; ours would then not fit any more.
        if self._ready is None or self._index.fingerprint() != self._ready.fingerprint:
            self._ready = self._updated()
        return self._ready

    def _updated(self) -> _Ready:
        held = {passage.id: passage for passage in self._index.all()}
        wanted = {passage.id: passage for passage in self._read_corpus()}
        wanted |= {key: it for key, it in held.items() if it.source != CORPUS_SOURCE}
        encoder = self._encoder(frozenset(wanted))
        if encoder is None:
            encoder = self._learn(list(wanted.values()))
            held = {}
        changed = [passage for key, passage in wanted.items() if held.get(key) != passage]
        vectors = [encoder.encode(search_text(passage)).tolist() for passage in changed]
        if changed:
            self._index.add(changed, vectors)
        if gone := sorted(held.keys() - wanted.keys()):
            self._index.remove(gone)
        return _Ready(
            encoder.fingerprint, Ranker(list(wanted.values()), encoder), datetime.now(tz=UTC)
        )

    def _read_corpus(self) -> Iterator[Passage]:
        for file in sorted(self._corpus.glob("**/*.md")):
            yield from split(read_page(file, self._corpus), CORPUS_SOURCE)

    def _encoder(self, wanted: frozenset[str]) -> Encoder | None:
        """Return the encoder the index was built with, if it still fits the passages."""
        fingerprint = self._index.fingerprint()
        encoder = Encoder.load(self._encoder_file(fingerprint)) if fingerprint else None
        if encoder is None or encoder.fingerprint != fingerprint:
            return None
        unlearned = len(wanted ^ encoder.learned_from)
        return encoder if unlearned <= MOST_UNLEARNED * max(len(wanted), 1) else None

    def _learn(self, passages: Sequence[Passage]) -> Encoder:
        encoder = Encoder.fit(
            [search_text(passage) for passage in passages], [passage.id for passage in passages]
        )
        file = self._encoder_file(encoder.fingerprint)
        encoder.save(file)
        self._index.reset(encoder.fingerprint)
        for other in self._folder.glob("encoder-*.npz"):
            if other != file:
                other.unlink(missing_ok=True)
        return encoder

    def _encoder_file(self, fingerprint: str) -> Path:
        return self._folder / f"encoder-{fingerprint}.npz"

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
