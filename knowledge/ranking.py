"""Which passages answer a question: lexical and vector search, fused, with a measured doubt.

The figures behind the constants are printed by `python -m bench.retrieval`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log

import numpy as np
from numpy.typing import NDArray

from core.passages import NearPassage
from knowledge.doubt import Signs
from knowledge.lexical import SATURATION, Word
from knowledge.shelf import Shelf
from knowledge.words import asks_for_news, subject

LEXICAL_WEIGHT, VECTOR_WEIGHT, PHRASE_WEIGHT = 0.4, 0.25, 0.35
"""Shares of the three searches: fused, more is found and ordered better than by any alone."""
CANDIDATES = 60
"""How many passages each of the searches puts forward."""
REFERENCE_WEIGHT = 0.7
"""What a passage from a package's docstrings is worth: it answers fewer questions than a page."""
UNASKED_WEIGHT = 0.4
"""Without questions it is asked by, a passage is as like as this share of its lexical score."""
LOOKED_AT = 5
"""How many of the best passages the doubt is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Passages in order of fit, and how sure one can be of them."""

    items: tuple[tuple[str, float], ...]
    """Ids with their scores from 0 to 1, best first."""
    asked: tuple[Word, ...]
    """The words of the question, as the index knows them."""
    signs: Signs
    """What speaks for and against an answer in the passages."""

    @property
    def confidence(self) -> float:
        """How probably the passages answer the question, from 0 to 1."""
        return self.signs.confidence


@dataclass(frozen=True)
class Ranker:
    """Orders passages by how well they fit a question."""

    shelf: Shelf
    references: frozenset[str] = frozenset()
    """The sources that come from the docstrings of packages."""

    def asked(self, question: str) -> tuple[Word, ...]:
        """Return the words of a question that name its subject, as the index knows them."""
        return self.shelf.lexical.question(subject(question))

    def rank(
        self,
        question: str,
        asked: Sequence[Word],
        nearest: Sequence[NearPassage],
        limit: int,
        source: str = "",
    ) -> Ranking:
        """Fuse passages near by vector, with the question's words, and asked for like it.

        Args:
            question: In the person's own words.
            asked: Its words, as `asked` gives them.
            nearest: What the vector search put forward.
            limit: How many passages to return at most.
            source: Only passages of this source; all if empty.
        """
        lexical = self.shelf.lexical
        scores, likeness = lexical.scores(asked), self.shelf.phrases.likeness(question, asked)
        if source:
            scores[self._sources != source] = 0
            likeness[self._sources != source] = 0
        words, phrases = _leading(scores), _leading(likeness)
        cosines = {
            self.shelf.rows[near.id]: near.cosine for near in nearest if near.id in self.shelf.rows
        }
        candidates = sorted({*words, *cosines, *phrases})
        shares, like = _shares(candidates, words), likeness[candidates]
        unasked = ~self.shelf.phrases.asked[candidates]
        like = np.where(unasked, np.maximum(like, UNASKED_WEIGHT * shares), like)
        fused = (
            LEXICAL_WEIGHT * shares
            + VECTOR_WEIGHT * _shares(candidates, cosines)
            + PHRASE_WEIGHT * like
        )
        fused *= self._weights[candidates]
        order = [at for at in np.argsort(-fused, kind="stable") if fused[at] > 0]
        best = [candidates[at] for at in order[:LOOKED_AT]]
        return Ranking(
            items=tuple(
                (self.shelf.ids[candidates[at]], round(min(1.0, float(fused[at])), 4))
                for at in order[:limit]
            ),
            asked=tuple(asked),
            signs=self._signs(
                question, asked, scores, likeness, [(row, cosines.get(row, 0.0)) for row in best]
            ),
        )

    def _signs(
        self,
        question: str,
        asked: Sequence[Word],
        scores: NDArray[np.float64],
        likeness: NDArray[np.float64],
        best: Sequence[tuple[int, float]],
    ) -> Signs:
        """Gather the signs from the best rows and their cosines."""
        rows = [row for row, _ in best]
        lexical = self.shelf.lexical
        whole = sum(word.rarity for word in asked)
        return Signs(
            like=float(likeness[rows].max(initial=0.0)),
            shared=float(scores.max(initial=0.0)) / (whole * (SATURATION + 1)) if whole else 0.0,
            rare=whole / len(asked) / lexical.greatest_rarity if asked else 0.0,
            covered=float(lexical.coverage(asked, rows[:1]).sum()) * len(asked),
            near=best[0][1] if best else 0.0,
            length=log(max(len(question.split()), 1)),
            news=asks_for_news(question),
            alone=len(asked) == 1,
            asked=bool(self.shelf.phrases.asked[rows[:1]].any()),
        )

    @cached_property
    def names(self) -> Mapping[str, int]:
        """How many passages each source has."""
        return Counter(self.shelf.sources)

    @cached_property
    def _weights(self) -> NDArray[np.float64]:
        is_reference = np.isin(self._sources, sorted(self.references))
        return np.where(is_reference, REFERENCE_WEIGHT, 1.0)

    @cached_property
    def _sources(self) -> NDArray[np.str_]:
        return np.array(self.shelf.sources)


def _leading(scores: NDArray[np.float64]) -> dict[int, float]:
    """Return the rows with the highest scores, with their scores."""
    count = min(CANDIDATES, len(scores))
    best = np.argpartition(scores, -count)[-count:] if count else np.zeros(0, np.int64)
    return {int(row): float(scores[row]) for row in best if scores[row] > 0}


def _shares(rows: Sequence[int], scores: dict[int, float]) -> NDArray[np.float64]:
    """Return the scores of rows as shares of the best."""
    best = max(scores.values(), default=0.0)
    return np.array([scores.get(row, 0.0) / best if best > 0 else 0.0 for row in rows])
