"""Lexical search: BM25 over stems, and how much of a question a passage covers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.passages import Passage
from knowledge.thesaurus import alike
from knowledge.words import content_words, mend, stem, stems

SATURATION = 1.2
LENGTH_WEIGHT = 0.75
TITLE_WEIGHT = 2
"""How often the words of a title and a heading count."""
MENDED_WEIGHT = 0.8
"""A word that was mended counts less than one that was written so."""
ALIKE_WEIGHT = 0.5
"""A word of the same meaning counts less than the word itself."""


def search_text(passage: Passage) -> str:
    """Return the text under which a passage is found."""
    head = f"{passage.page}. {passage.heading}. " * TITLE_WEIGHT
    return f"{head}{passage.keywords}. {passage.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word of a question, as the index knows it."""

    rarity: float
    """How telling it is."""
    stems: Mapping[str, float]
    """The stems that answer to it with their weights; empty where none is known."""


class LexicalIndex:
    """Finds passages by the words that they share with a question."""

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [Counter(stems(text)) for text in texts]
        lengths = np.array([counted.total() for counted in counts], dtype=np.float64)
        typical = max(lengths.sum() / max(len(texts), 1), 1)
        norm = SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * lengths / typical)
        holders: dict[str, list[tuple[int, int]]] = {}
        for row, counted in enumerate(counts):
            for term, times in counted.items():
                holders.setdefault(term, []).append((row, times))
        self._size = len(texts)
        self._postings: dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]] = {}
        for term, held in holders.items():
            rows = np.array([row for row, _ in held])
            times_in = np.array([times for _, times in held], dtype=np.float64)
            gain = times_in * (SATURATION + 1) / (times_in + norm[rows])
            self._postings[term] = rows, gain
        self._known = sorted({word for text in texts for word in content_words(text)})
        self._rarest = float(np.log1p((self._size + 0.5) / 0.5))

    def rarity(self, term: str) -> float:
        """Return how telling a stem is; one that no passage has tells most."""
        if term not in self._postings:
            return self._rarest
        holding = len(self._postings[term][0])
        return float(np.log1p((self._size - holding + 0.5) / (holding + 0.5)))

    def question(self, text: str) -> tuple[Word, ...]:
        """Return the words of a question: misspelt ones mended, with words that mean the same."""
        found: dict[str, Word] = {}
        for word in content_words(text):
            term, weight = stem(word), 1.0
            near = alike(term)
            if term not in self._postings and not near and (meant := mend(word, self._known)):
                term, weight = stem(meant), MENDED_WEIGHT
                near = alike(term)
            stems_of = dict.fromkeys(near, ALIKE_WEIGHT * weight) | {term: weight}
            known = {other: how for other, how in stems_of.items() if other in self._postings}
            rarity = min((self.rarity(other) for other in known), default=self._rarest)
            if term in self._postings:
                rarity = self.rarity(term)
            if known or not term.isdecimal():
                # A figure that no passage holds says nothing about what the question is about.
                found.setdefault(term, Word(rarity=rarity, stems=known))
        return tuple(found.values())

    def scores(self, question: Sequence[Word]) -> NDArray[np.float64]:
        """Return the BM25 score of every passage."""
        scores = np.zeros(self._size)
        for word in question:
            best = np.zeros(self._size)
            for term, weight in word.stems.items():
                rows, gain = self._postings[term]
                best[rows] = np.maximum(best[rows], weight * gain)
            scores += word.rarity * best
        return scores

    def coverage(self, question: Sequence[Word]) -> NDArray[np.float64]:
        """Return for every passage the share of a question's meaning that its words cover."""
        covered = np.zeros(self._size)
        for word in question:
            best = np.zeros(self._size)
            for term, weight in word.stems.items():
                rows = self._postings[term][0]
                best[rows] = np.maximum(best[rows], weight)
            covered += word.rarity * best
        whole = sum(word.rarity for word in question)
        return covered / whole if whole else covered
