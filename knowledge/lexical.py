"""Lexical search: BM25 over stems, and how much of a question a passage covers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.passages import Passage
from knowledge.thesaurus import alike
from knowledge.words import content_words, is_small, mend, stem

SATURATION = 2.4
LENGTH_WEIGHT = 0.4
"""Sections are short and of one length: how often they say a word tells more than in long texts."""
HEADING_WEIGHT = 2
"""How often the words of a heading, and of the questions it is asked by, count."""
MENDED_WEIGHT = 0.8
"""A word that was mended counts less than one that was written so."""
ALIKE_WEIGHT = 0.5
"""A word of the same meaning counts less than the word itself."""

Numbers = NDArray[np.int32]


def search_text(passage: Passage) -> str:
    """Return the text under which a passage is found."""
    head = f"{passage.heading}. " * HEADING_WEIGHT
    asked = f" {passage.asked}." * HEADING_WEIGHT if passage.asked else ""
    return f"{passage.page}. {head}{passage.keywords}. {passage.text}{asked}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word of a question, as the index knows it."""

    term: str
    """Its stem, mended."""
    written: str
    """The word itself, mended."""
    rarity: float
    """How telling it is."""
    stems: Mapping[str, float]
    """The stems that answer to it with their weights; empty where none is known."""


@dataclass(frozen=True, kw_only=True)
class LexicalIndex:
    """Finds texts by the words that they share with a question; texts are rows from 0."""

    terms: Mapping[str, int]
    """The place of each stem among the postings."""
    starts: NDArray[np.int64]
    """Where each stem's postings begin; one more than there are stems."""
    rows: Numbers
    times: Numbers
    """How often a stem stands in the row."""
    lengths: Numbers
    """How many stems each row has."""
    spellings: frozenset[str]
    """Words as they are written, to mend others by."""

    @classmethod
    def of(cls, texts: Sequence[str]) -> "LexicalIndex":
        """Index texts."""
        terms: dict[str, int] = {}
        columns: list[int] = []
        rows: list[int] = []
        times: list[int] = []
        lengths: list[int] = []
        spellings: set[str] = set()
        for row, text in enumerate(texts):
            written = content_words(text)
            spellings.update(written)
            counted = Counter(map(stem, written))
            lengths.append(len(written))
            for term, often in counted.items():
                columns.append(terms.setdefault(term, len(terms)))
                rows.append(row)
                times.append(often)
        return _ordered(terms, columns, rows, times, lengths, frozenset(spellings))

    def changed(self, kept: Numbers, texts: Sequence[str]) -> "LexicalIndex":
        """Return an index of the kept rows, in that order, followed by other texts.

        Only the texts are read; the postings of the rest are taken over.
        """
        more = LexicalIndex.of(texts)
        terms = dict(self.terms)
        places = np.array([terms.setdefault(term, len(terms)) for term in more.terms], np.int64)
        moved = np.full(len(self.lengths), -1, np.int32)
        moved[kept] = np.arange(len(kept), dtype=np.int32)
        here = moved[self.rows]
        columns = np.repeat(np.arange(len(self.terms)), np.diff(self.starts))[here >= 0]
        more_columns = np.repeat(places, np.diff(more.starts))
        return _ordered(
            terms,
            np.concatenate([columns, more_columns]),
            np.concatenate([here[here >= 0], more.rows + np.int32(len(kept))]),
            np.concatenate([self.times[here >= 0], more.times]),
            np.concatenate([self.lengths[kept], more.lengths]),
            self.spellings | more.spellings,
        )

    def rarity(self, term: str) -> float:
        """Return how telling a stem is; one that no text has tells most."""
        holding = len(self._postings(term)[0])
        return float(np.log1p((self._size - holding + 0.5) / (holding + 0.5)))

    @property
    def greatest_rarity(self) -> float:
        """How telling a word is that no text has."""
        return float(np.log1p((self._size + 0.5) / 0.5))

    def question(self, text: str) -> tuple[Word, ...]:
        """Return the words of a question: misspelt ones mended, with words that mean the same."""
        found: dict[str, Word] = {}
        for word in content_words(text):
            term, weight = stem(word), 1.0
            near = alike(term)
            if not self._knows(term) and not near and (meant := self._mended(word)):
                word, term, weight = meant, stem(meant), MENDED_WEIGHT
                near = alike(term)
            stems_of = dict.fromkeys(near, ALIKE_WEIGHT * weight) | {term: weight}
            known = {other: how for other, how in stems_of.items() if self._knows(other)}
            rarity = min((self.rarity(other) for other in known), default=self.rarity(term))
            if self._knows(term):
                rarity = self.rarity(term)
            if known or not (term.isdecimal() or is_small(word)):
                # Neither a figure that no passage holds nor `wat` says what a question is about.
                found.setdefault(term, Word(term=term, written=word, rarity=rarity, stems=known))
        return tuple(found.values())

    def scores(self, question: Sequence[Word]) -> NDArray[np.float64]:
        """Return the BM25 score of every row."""
        scores = np.zeros(self._size)
        for word in question:
            best = np.zeros(self._size)
            for term, weight in word.stems.items():
                rows, times = self._postings(term)
                gain = times * (SATURATION + 1) / (times + self._norm[rows])
                best[rows] = np.maximum(best[rows], weight * gain)
            scores += word.rarity * best
        return scores

    def coverage(self, question: Sequence[Word], rows: Sequence[int]) -> NDArray[np.float64]:
        """Return for some rows the share of a question's meaning that their words cover."""
        wanted = np.asarray(rows, dtype=np.int32)
        covered = np.zeros(len(wanted))
        for word in question:
            best = np.zeros(len(wanted))
            for term, weight in word.stems.items():
                best = np.maximum(best, weight * _among(self._postings(term)[0], wanted))
            covered += word.rarity * best
        whole = sum(word.rarity for word in question)
        return covered / whole if whole else covered

    def _knows(self, term: str) -> bool:
        return len(self._postings(term)[0]) > 0

    def _postings(self, term: str) -> tuple[Numbers, Numbers]:
        place = self.terms.get(term)
        if place is None:
            return self.rows[:0], self.times[:0]
        held = slice(self.starts[place], self.starts[place + 1])
        return self.rows[held], self.times[held]

    def _mended(self, word: str) -> str | None:
        return mend(word, self._by_first_letter.get(word[:1], ()))

    @cached_property
    def _by_first_letter(self) -> Mapping[str, Sequence[str]]:
        # A slip rarely hits the first letter, so only words with the same one are compared.
        grouped: dict[str, list[str]] = {}
        for word in sorted(self.spellings):
            grouped.setdefault(word[0], []).append(word)
        return grouped

    @cached_property
    def _norm(self) -> NDArray[np.float64]:
        typical = max(self.lengths.sum() / max(self._size, 1), 1)
        norm: NDArray[np.float64] = SATURATION * (
            1 - LENGTH_WEIGHT + LENGTH_WEIGHT * self.lengths / typical
        )
        return norm

    @property
    def _size(self) -> int:
        return len(self.lengths)


def _among(ascending: Numbers, wanted: Numbers) -> NDArray[np.bool_]:
    """Tell which of the wanted rows are among ascending ones."""
    places = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    found: NDArray[np.bool_] = ascending[places] == wanted
    return found


def _ordered(
    terms: Mapping[str, int],
    columns: Sequence[int] | NDArray[np.int64],
    rows: Sequence[int] | Numbers,
    times: Sequence[int] | Numbers,
    lengths: Sequence[int] | Numbers,
    spellings: frozenset[str],
) -> LexicalIndex:
    """Order postings by stem."""
    places = np.asarray(columns, dtype=np.int64)
    order = np.argsort(places, kind="stable")
    counts = np.bincount(places, minlength=len(terms)) if len(terms) else np.zeros(0, np.int64)
    return LexicalIndex(
        terms=terms,
        starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        rows=np.asarray(rows, dtype=np.int32)[order],
        times=np.asarray(times, dtype=np.int32)[order],
        lengths=np.asarray(lengths, dtype=np.int32),
        spellings=spellings,
    )
