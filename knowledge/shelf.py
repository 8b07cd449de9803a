"""What a search by words needs of all passages, kept on disk so that a start need not read them."""

import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from core.errors import UnavailableError
from core.passages import Passage
from knowledge.lexical import LexicalIndex, search_text
from knowledge.phrases import PhraseIndex, phrases_of

VERSION = 4
"""Raised whenever other code reads or makes the file differently."""


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """The passages by row: their ids, their sources, and their words."""

    ids: tuple[str, ...]
    sources: tuple[str, ...]
    """Of each row."""
    lexical: LexicalIndex
    phrases: PhraseIndex

    @classmethod
    def of(cls, passages: Sequence[Passage]) -> "Shelf":
        """Put passages on a shelf."""
        return cls(
            ids=tuple(passage.id for passage in passages),
            sources=tuple(passage.source for passage in passages),
            lexical=LexicalIndex.of([search_text(passage) for passage in passages]),
            phrases=PhraseIndex.of([phrases_of(passage) for passage in passages]),
        )

    def changed(self, gone: Collection[str], passages: Sequence[Passage]) -> "Shelf":
        """Return a shelf without some ids and with more passages; only these are read."""
        replaced = {*gone, *(passage.id for passage in passages)}
        kept = [row for row, key in enumerate(self.ids) if key not in replaced]
        rows = np.array(kept, dtype=np.int32)
        more = Shelf.of(passages)
        return Shelf(
            ids=(*(self.ids[row] for row in kept), *more.ids),
            sources=(*(self.sources[row] for row in kept), *more.sources),
            lexical=self.lexical.changed(rows, [search_text(passage) for passage in passages]),
            phrases=self.phrases.changed(rows, [phrases_of(passage) for passage in passages]),
        )

    @cached_property
    def rows(self) -> dict[str, int]:
        """The row of each id."""
        return {key: row for row, key in enumerate(self.ids)}

    def save(self, file: Path) -> None:
        """Write the shelf, at once or not at all.

        Raises:
            UnavailableError: The folder cannot be written.
        """
        words = {
            "version": VERSION,
            "ids": self.ids,
            "sources": self.sources,
            "terms": list(self.lexical.terms),
            "spellings": sorted(self.lexical.spellings),
            "phrase_terms": list(self.phrases.terms),
        }
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=file.parent, suffix=".part")
            with os.fdopen(handle, "wb") as stream:
                np.savez(
                    stream,
                    words=np.frombuffer(json.dumps(words).encode(), dtype=np.uint8),
                    starts=self.lexical.starts,
                    rows=self.lexical.rows,
                    times=self.lexical.times,
                    lengths=self.lexical.lengths,
                    phrase_starts=self.phrases.starts,
                    phrases=self.phrases.phrases,
                    owners=self.phrases.owners,
                )
            Path(name).replace(file)
        except OSError as error:
            raise UnavailableError(
                f"The search index cannot be written to {file.parent}: {error.strerror}.",
                hint="Choose another home folder, or make room.",
            ) from error

    @classmethod
    def load(cls, file: Path) -> "Shelf | None":
        """Read a shelf; nothing where the file is missing, broken or of another version."""
        try:
            with np.load(file, allow_pickle=False) as stored:
                words = json.loads(stored["words"].tobytes())
                if words["version"] != VERSION:
                    return None
                return cls(
                    ids=tuple(words["ids"]),
                    sources=tuple(words["sources"]),
                    lexical=LexicalIndex(
                        terms={term: place for place, term in enumerate(words["terms"])},
                        starts=stored["starts"],
                        rows=stored["rows"],
                        times=stored["times"],
                        lengths=stored["lengths"],
                        spellings=frozenset(words["spellings"]),
                    ),
                    phrases=PhraseIndex(
                        terms={term: place for place, term in enumerate(words["phrase_terms"])},
                        starts=stored["phrase_starts"],
                        phrases=stored["phrases"],
                        owners=stored["owners"],
                        rows=len(words["ids"]),
                    ),
                )
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
            # Whatever is wrong with a cache, it is made again.
            return None
