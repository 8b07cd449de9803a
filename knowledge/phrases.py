"""Questions a passage is asked by, and its heading: a question is compared with each as a whole.

Small words count here, if little: “what can you do” has no other words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.passages import Passage
from knowledge.lexical import ALIKE_WEIGHT, Numbers, Word
from knowledge.thesaurus import alike
from knowledge.words import ADDRESS_WORDS, STOP_WORDS, stem, words

UNKNOWN_WEIGHT = 0.6
"""What a word that no phrase has is worth, as a share of the rarest known one."""


def phrases_of(passage: Passage) -> Sequence[str]:
    """Return what a passage answers to."""
    return [*passage.asked.splitlines(), passage.heading or passage.page]


@dataclass(frozen=True, kw_only=True)
class PhraseIndex:
    """Finds the phrases that are most like a question; their owners are rows from 0."""

    terms: Mapping[str, int]
    """The place of each stem among the postings."""
    starts: NDArray[np.int64]
    """Where each stem's postings begin; one more than there are stems."""
    phrases: Numbers
    """The phrases that have a stem, by their numbers."""
    owners: Numbers
    """The row of each phrase."""
    rows: int

    @classmethod
    def of(cls, owned: Sequence[Sequence[str]]) -> "PhraseIndex":
        """Index the phrases of each row."""
        terms: dict[str, int] = {}
        columns: list[int] = []
        phrases: list[int] = []
        owners: list[int] = []
        for row, its in enumerate(owned):
            for phrase in its:
                for term in dict.fromkeys(map(stem, words(phrase))):
                    columns.append(terms.setdefault(term, len(terms)))
                    phrases.append(len(owners))
                owners.append(row)
        return _ordered(terms, np.array(columns, np.int64), phrases, owners, len(owned))

    def changed(self, kept: Numbers, owned: Sequence[Sequence[str]]) -> "PhraseIndex":
        """Return an index of the kept rows, in that order, followed by other rows' phrases."""
        more = PhraseIndex.of(owned)
        terms = dict(self.terms)
        places = np.array([terms.setdefault(term, len(terms)) for term in more.terms], np.int64)
        moved = np.full(self.rows, -1, np.int32)
        moved[kept] = np.arange(len(kept), dtype=np.int32)
        owners = moved[self.owners]
        numbers = np.cumsum(owners >= 0, dtype=np.int64) - 1
        stays = owners[self.phrases] >= 0
        columns = np.repeat(np.arange(len(self.terms)), np.diff(self.starts))[stays]
        staying = owners[owners >= 0]
        return _ordered(
            terms,
            np.concatenate([columns, np.repeat(places, np.diff(more.starts))]),
            np.concatenate([numbers[self.phrases[stays]], more.phrases + len(staying)]),
            np.concatenate([staying, more.owners + len(kept)]),
            len(kept) + more.rows,
        )

    def likeness(self, question: str, asked: Sequence[Word]) -> NDArray[np.float64]:
        """Return for every row how like its best phrase is to a question, from 0 to 1.

        It is Dice's coefficient over stems, each weighed by its rarity among the phrases.

        Args:
            question: In the person's own words; its small words are read here.
            asked: Its other words, as the index knows them.
        """
        small = (stem(word) for word in words(question) if word in STOP_WORDS | ADDRESS_WORDS)
        whole = 0.0
        shared = np.zeros(len(self.owners))
        for term in dict.fromkeys([*small, *(word.term for word in asked)]):
            held, weight = self._postings(term), self._weight(term)
            whole += weight
            others = [self._postings(other) for other in alike(term)]
            if others := [other for other in others if len(other)]:
                best = np.zeros(len(self.owners))
                for other in others:
                    best[other] = ALIKE_WEIGHT * weight
                best[held] = weight
                shared += best
            else:
                shared[held] += weight
        found = np.flatnonzero(shared)
        scores = np.zeros(self.rows)
        np.maximum.at(scores, self.owners[found], 2 * shared[found] / (whole + self._sizes[found]))
        return scores

    @cached_property
    def asked(self) -> NDArray[np.bool_]:
        """Which rows have questions they are asked by, beside their heading."""
        counts = np.bincount(self.owners, minlength=self.rows)
        asked: NDArray[np.bool_] = counts > 1
        return asked

    def _postings(self, term: str) -> Numbers:
        place = self.terms.get(term)
        return (
            self.phrases[self.starts[place] : self.starts[place + 1]]
            if place is not None
            else _NONE
        )

    def _weight(self, term: str) -> float:
        place = self.terms.get(term)
        return float(self._rarities[place]) if place is not None else self._unknown

    @cached_property
    def _unknown(self) -> float:
        return UNKNOWN_WEIGHT * float(np.log1p(len(self.owners) / 0.5))

    @cached_property
    def _rarities(self) -> NDArray[np.float64]:
        holding = np.diff(self.starts)
        rarities: NDArray[np.float64] = np.log1p(
            (len(self.owners) - holding + 0.5) / (holding + 0.5)
        )
        return rarities

    @cached_property
    def _sizes(self) -> NDArray[np.float64]:
        weights = np.repeat(self._rarities, np.diff(self.starts))
        sizes = np.bincount(self.phrases, weights, minlength=len(self.owners))
        return sizes.astype(np.float64)


_NONE = np.zeros(0, np.int32)


def _ordered(
    terms: Mapping[str, int],
    columns: NDArray[np.int64],
    phrases: Sequence[int] | NDArray[np.int64],
    owners: Sequence[int] | Numbers,
    rows: int,
) -> PhraseIndex:
    """Order postings by stem."""
    order = np.argsort(columns, kind="stable")
    counts = np.bincount(columns, minlength=len(terms)) if len(terms) else np.zeros(0, np.int64)
    return PhraseIndex(
        terms=terms,
        starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        phrases=np.asarray(phrases, dtype=np.int32)[order],
        owners=np.asarray(owners, dtype=np.int32),
        rows=rows,
    )
