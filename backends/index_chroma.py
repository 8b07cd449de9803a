"""Passages in Chroma, embedded and persistent."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.errors import UnavailableError
from core.passages import NearPassage, Passage

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection
    from chromadb.api.types import GetResult

Answer = TypeVar("Answer")

COLLECTION = "passages"
"""The name of the collection, which a server's settings may change."""
FINGERPRINT = "fingerprint"


class ChromaIndex:
    """Keeps passages with their vectors in a folder.

    Vectors always come from the caller: Chroma's own embedder would download a model.

    Args:
        folder: Where Chroma keeps its files.
    """

    collection = COLLECTION
    _last: "Collection | None" = None

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def place(self) -> str:
        """The address at which others can read it too; empty where it is on this machine."""
        return ""

    def add(self, passages: Sequence[Passage], vectors: Sequence[Sequence[float]]) -> None:
        """Store passages; one whose id exists is replaced."""
        with self._explained():
            collection = self._found() or self._created("")
            for start in range(0, len(passages), self._batch):
                part = passages[start : start + self._batch]
                collection.upsert(
                    ids=[passage.id for passage in part],
                    embeddings=_matrix(vectors[start : start + self._batch]),
                    documents=[passage.text for passage in part],
                    metadatas=[_metadata(passage) for passage in part],
                )

    def remove(self, ids: Sequence[str]) -> None:
        """Forget passages by id."""
        with self._explained():
            if collection := self._found():
                for start in range(0, len(ids), self._batch):
                    collection.delete(ids=list(ids[start : start + self._batch]))

    def ids(self, source: str = "") -> frozenset[str]:
        """Return the ids of all passages, or of one source's."""
        with self._explained():
            collection = self._found()
            return frozenset(
                collection.get(where=_only(source), include=[])["ids"] if collection else ()
            )

    def all(self, source: str = "") -> Sequence[Passage]:
        """Return all passages, or one source's, by id."""
        with self._explained():
            if (collection := self._found()) is None:
                return ()
            stored = collection.get(where=_only(source), include=["documents", "metadatas"])
        return sorted(_passages(stored), key=lambda passage: passage.id)

    def get(self, ids: Sequence[str]) -> Sequence[Passage]:
        """Return the passages with these ids, in this order; unknown ids are left out."""
        found: dict[str, Passage] = {}
        with self._explained():
            for start in range(0, len(ids), self._batch):
                part = list(dict.fromkeys(ids[start : start + self._batch]))
                stored = self._asked(partial(_stored, part))
                found |= {passage.id: passage for passage in _passages(stored)} if stored else {}
        return [found[key] for key in ids if key in found]

    def under(self, page: str, heading: str) -> Sequence[Passage]:
        """Return the passages under a heading of a page, in reading order."""
        with self._explained():
            if (collection := self._found()) is None:
                return ()
            stored = collection.get(
                where={"$and": [{"page": page}, {"heading": heading}]},
                include=["documents", "metadatas"],
            )
        return sorted(_passages(stored), key=lambda found: (found.source, found.position))

    def nearest(
        self, vector: Sequence[float], limit: int, source: str = ""
    ) -> Sequence[NearPassage]:
        """Return the passages nearest by cosine, best first."""
        if limit < 1 or not any(vector):
            # A cosine with nothing is not a number.
            return ()
        with self._explained():
            found = self._asked(
                lambda collection: collection.query(
                    query_embeddings=_matrix([vector]),
                    n_results=limit,
                    where=_only(source),
                    include=["distances"],
                )
            )
        if found is None:
            return ()
        rows = zip(found["ids"][0], (found["distances"] or [[]])[0], strict=True)
        return tuple(
            NearPassage(id=key, cosine=min(1.0, max(0.0, 1 - distance))) for key, distance in rows
        )

    def fingerprint(self) -> str:
        """Return what the index was built with; empty for an empty index."""
        with self._explained():
            collection = self._found()
            return str((collection.metadata or {}).get(FINGERPRINT, "")) if collection else ""

    def reset(self, fingerprint: str) -> None:
        """Empty the index and note what it will be built with."""
        with self._explained():
            if self._found() is not None:
                self._client.delete_collection(self.collection)
            self._created(fingerprint)

    @cached_property
    def _client(self) -> "ClientAPI":
        # Importing chromadb takes a second, so only who searches pays for it.
        import chromadb
        from chromadb.config import Settings

        self._folder.mkdir(parents=True, exist_ok=True)
        return chromadb.PersistentClient(
            path=str(self._folder), settings=Settings(anonymized_telemetry=False)
        )

    @cached_property
    def _batch(self) -> int:
        return self._client.get_max_batch_size()

    def _found(self) -> "Collection | None":
        # Looked up for each change: another process may have replaced the collection.
        from chromadb.errors import NotFoundError

        try:
            found = self._client.get_collection(self.collection, embedding_function=None)
        except NotFoundError:
            found = None
        self._last = found
        return found

    def _asked(self, ask: "Callable[[Collection], Answer]") -> "Answer | None":
        """Ask the collection that was looked up last; nothing where there is none."""
        from chromadb.errors import NotFoundError

        if self._last is not None:
            try:
                return ask(self._last)
            except NotFoundError:
                # Another process has replaced it since.
                pass
        found = self._found()
        return ask(found) if found is not None else None

    def _created(self, fingerprint: str) -> "Collection":
        return self._client.create_collection(
            self.collection,
            metadata={FINGERPRINT: fingerprint},
            configuration={"hnsw": {"space": "cosine"}},
            embedding_function=None,
            get_or_create=True,
        )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        from chromadb.errors import ChromaError

        try:
            yield
        except (ChromaError, OSError, ValueError) as error:
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> UnavailableError:
        return UnavailableError(
            f"The search index in {self._folder} cannot be used: {error}.",
            hint="If it stays so, remove that folder; the index is built again.",
        )


def _stored(ids: Sequence[str], collection: "Collection") -> "GetResult":
    return collection.get(ids=list(ids), include=["documents", "metadatas"])


def _matrix(vectors: Sequence[Sequence[float]]) -> NDArray[np.float32]:
    return np.asarray(vectors, dtype=np.float32)


def _metadata(passage: Passage) -> dict[str, Any]:
    return {
        "source": passage.source,
        "page": passage.page,
        "heading": passage.heading,
        "path": passage.path,
        "keywords": passage.keywords,
        "asked": passage.asked,
        "position": passage.position,
    }


def _passages(stored: "GetResult") -> Sequence[Passage]:
    rows = zip(stored["ids"], stored["documents"] or (), stored["metadatas"] or (), strict=True)
    return [_passage(*row) for row in rows]


def _passage(key: str, text: str, metadata: Mapping[str, Any]) -> Passage:
    words = {name: str(value) for name, value in metadata.items() if name != "position"}
    return Passage(id=key, text=text, position=int(metadata.get("position", 0)), **words)


def _only(source: str) -> dict[str, Any] | None:
    return {"source": source} if source else None
