"""Which passages answer a question: lexical and vector search, fused, with a measured doubt.

The figures behind the constants are printed by `python -m bench.retrieval`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from core.passages import FoundPassage, Passage
from knowledge.embedding import Encoder
from knowledge.lexical import LexicalIndex, search_text
from knowledge.words import asks_what, subject

LEXICAL_WEIGHT = 0.7
"""Share of the lexical score: as many pages found as by it alone, and better ordered."""
CANDIDATES = 60
"""How many passages each of the two searches puts forward."""
LEAD_WEIGHT = 1.15
"""What the first passage of a page is worth more when somebody asks what a thing is."""
MINIMUM_CONFIDENCE = 0.49
"""Below it the passages are guesses; silence is more useful than a weak citation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Passages in order of fit, and how sure one can be of them."""

    items: tuple[FoundPassage, ...]
    confidence: float
    """From 0 to 1: how much of the question the passages cover, in words and in meaning."""


class Ranker:
    """Orders passages by how well they fit a question."""

    def __init__(self, passages: Sequence[Passage], encoder: Encoder) -> None:
        self.passages = tuple(passages)
        self._encoder = encoder
        self._rows = {passage.id: row for row, passage in enumerate(self.passages)}
        self._lexical = LexicalIndex([search_text(passage) for passage in self.passages])
        self._leads = np.array(
            [1.0 if passage.position else LEAD_WEIGHT for passage in self.passages]
        )
        self._sources = np.array([passage.source for passage in self.passages])

    def encode(self, question: str) -> NDArray[np.float32]:
        """Return the vector by which to look for a question's nearest passages."""
        return self._encoder.encode(subject(question))

    def rank(
        self, question: str, nearest: Sequence[FoundPassage], limit: int, source: str = ""
    ) -> Ranking:
        """Fuse the nearest passages by vector with those that share the question's words.

        Args:
            question: In the person's own words.
            nearest: What the vector search put forward, with cosines as scores.
            limit: How many passages to return at most.
            source: Only passages of this source; all if empty.
        """
        asked = self._lexical.question(subject(question))
        scores = self._lexical.scores(asked)
        if source:
            scores[self._sources != source] = 0
        cosines = np.zeros(len(self.passages))
        for found in nearest:
            if (row := self._rows.get(found.passage.id)) is not None:
                cosines[row] = max(found.score, 0.0)
        fused = LEXICAL_WEIGHT * _scaled(scores) + (1 - LEXICAL_WEIGHT) * _scaled(cosines)
        if asks_what(question):
            fused = fused * self._leads
        best = [row for row in np.argsort(-fused, kind="stable")[:limit] if fused[row] > 0]
        coverage = self._lexical.coverage(asked)
        return Ranking(
            items=tuple(
                FoundPassage(
                    passage=self.passages[row], score=round(min(1.0, float(fused[row])), 4)
                )
                for row in best
            ),
            confidence=max((sqrt(coverage[row] * cosines[row]) for row in best[:5]), default=0.0),
        )


def _scaled(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the leading scores as shares of the best, the others as zero."""
    best = float(scores.max(initial=0.0))
    if best <= 0:
        return scores
    if len(scores) > CANDIDATES:
        scores = np.where(scores >= np.partition(scores, -CANDIDATES)[-CANDIDATES], scores, 0)
    return scores / best


def pages_of(items: Sequence[FoundPassage], limit: int = 3) -> tuple[str, ...]:
    """Return the titles of the pages that were found, best first, each once."""
    titles: Mapping[str, None] = dict.fromkeys(found.passage.page for found in items)
    return tuple(titles)[:limit]
