"""Which passages answer a question: lexical and vector search, fused, with a measured doubt.

The figures behind the constants are printed by `python -m bench.retrieval`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import exp

import numpy as np
from numpy.typing import NDArray

from core.passages import NearPassage
from knowledge.lexical import Word
from knowledge.shelf import Shelf
from knowledge.words import asks_what, subject

LEXICAL_WEIGHT = 0.6
"""Share of the lexical score: fused with the vectors, more is found and ordered better."""
CANDIDATES = 60
"""How many passages each of the two searches puts forward."""
HEADING_BONUS = 0.5
"""What a passage is worth more when the question has all words of its heading."""
LEAD_WEIGHT = 1.1
"""What the first passage of a page is worth more when somebody asks what a thing is."""
REFERENCE_WEIGHT = 0.7
"""What a passage from a package's docstrings is worth: it answers fewer questions than a page."""
COVERED, NEAR, UNKNOWN, BEGIN = 5.70, 2.01, -5.09, -4.20
"""How much it speaks for an answer that passages cover the question's words, that one is near by
vector, and that no passage knows some of its words; fitted on the development questions."""
MINIMUM_CONFIDENCE = 0.42
"""Below it the passages are guesses; silence is more useful than a weak citation."""
LOOKED_AT = 5
"""How many of the best passages the doubt is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Passages in order of fit, and how sure one can be of them."""

    items: tuple[tuple[str, float], ...]
    """Ids with their scores from 0 to 1, best first."""
    asked: tuple[Word, ...]
    """The words of the question, as the index knows them."""
    signs: "Signs"
    """What speaks for and against an answer in the passages."""

    @property
    def confidence(self) -> float:
        """How probably the passages answer the question, from 0 to 1."""
        return self.signs.confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What tells whether a question has an answer in the passages that were found."""

    covered: float
    """The greatest share of the question's meaning that the words of one passage cover."""
    near: float
    """The greatest cosine of a passage with the question."""
    unknown: float
    """The share of the question's meaning in words that no passage has."""

    @property
    def confidence(self) -> float:
        """How probably there is an answer, from 0 to 1."""
        if self.covered <= 0:
            return 0.0
        return 1 / (
            1 + exp(-(BEGIN + COVERED * self.covered + NEAR * self.near + UNKNOWN * self.unknown))
        )


@dataclass(frozen=True)
class Ranker:
    """Orders passages by how well they fit a question."""

    shelf: Shelf
    references: frozenset[str] = frozenset()
    """The sources that come from the docstrings of packages."""

    def rank(
        self, question: str, nearest: Sequence[NearPassage], limit: int, source: str = ""
    ) -> Ranking:
        """Fuse the nearest passages by vector with those that share the question's words.

        Args:
            question: In the person's own words.
            nearest: What the vector search put forward.
            limit: How many passages to return at most.
            source: Only passages of this source; all if empty.
        """
        lexical = self.shelf.lexical
        asked = lexical.question(subject(question))
        scores = lexical.scores(asked)
        if source:
            scores[self._sources != source] = 0
        rows, words = _leading(scores)
        cosines = {
            self.shelf.rows[near.id]: near.cosine for near in nearest if near.id in self.shelf.rows
        }
        candidates = sorted({*rows, *cosines})
        fused = LEXICAL_WEIGHT * _shares(candidates, words) + (1 - LEXICAL_WEIGHT) * _shares(
            candidates, cosines
        )
        if asks_what(question):
            fused *= np.where(self.shelf.leads[candidates], LEAD_WEIGHT, 1.0)
        fused *= self._weights[candidates]
        said = {stem for word in asked for stem in word.stems}
        named = [self._heading_share(row, said) for row in candidates]
        fused *= 1 + HEADING_BONUS * np.array(named)
        order = [at for at in np.argsort(-fused, kind="stable") if fused[at] > 0]
        best = [candidates[at] for at in order[:LOOKED_AT]]
        return Ranking(
            items=tuple(
                (self.shelf.ids[candidates[at]], round(min(1.0, float(fused[at])), 4))
                for at in order[:limit]
            ),
            asked=asked,
            signs=Signs(
                covered=float(lexical.coverage(asked, best).max(initial=0.0)),
                near=max((cosines.get(row, 0.0) for row in best), default=0.0),
                unknown=_unknown(asked),
            ),
        )

    def _heading_share(self, row: int, said: Set[str]) -> float:
        """Return how much of a heading's meaning the question names."""
        terms = _terms(self.shelf.headings[row])
        if not terms & said:
            return 0.0
        rarities = {term: self.shelf.lexical.rarity(term) for term in terms}
        return sum(rarities[term] for term in terms & said) / sum(rarities.values())

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


@lru_cache(maxsize=20_000)
def _terms(heading: str) -> frozenset[str]:
    return frozenset(heading.split())


def _unknown(asked: Sequence[Word]) -> float:
    whole = sum(word.rarity for word in asked)
    return sum(word.rarity for word in asked if not word.stems) / whole if whole else 0.0


def _leading(scores: NDArray[np.float64]) -> tuple[Sequence[int], dict[int, float]]:
    """Return the rows with the highest scores, and their scores."""
    count = min(CANDIDATES, len(scores))
    best = np.argpartition(scores, -count)[-count:] if count else np.zeros(0, np.int64)
    leading = {int(row): float(scores[row]) for row in best if scores[row] > 0}
    return list(leading), leading


def _shares(rows: Sequence[int], scores: dict[int, float]) -> NDArray[np.float64]:
    """Return the scores of rows as shares of the best."""
    best = max(scores.values(), default=0.0)
    return np.array([scores.get(row, 0.0) / best if best > 0 else 0.0 for row in rows])
