"""Whether the passages that were found answer a question at all.

`python -m bench.retrieval --fit` prints the weights, and what each threshold does.
"""

from dataclasses import astuple, dataclass
from math import exp
from typing import NamedTuple

MINIMUM_CONFIDENCE = 0.55
"""Below it the passages are guesses; silence is more useful than a weak citation. The highest that
refuses less than 5 % of the answerable, over folds of the development questions."""
ALIKE_ENOUGH = 0.5
"""How like a phrase a question has to be that has nothing but small words."""


class Weights(NamedTuple):
    """What each sign says for an answer, in their order."""

    like: float
    shared: float
    rare: float
    covered: float
    near: float
    length: float
    news: float
    begin: float
    """What is there before any sign; `UNASKED` has .30 more, so that one threshold fits both."""


ASKED = Weights(4.72, 6.68, -9.70, 0.77, 4.86, 1.28, -3.00, -5.45)
"""Where the best passage says what it is asked by, as shipped pages do,"""
UNASKED = Weights(0.00, 8.99, -9.05, 0.91, 3.36, 1.00, -3.13, -2.22)
"""and where it does not: people's own documents, and docstrings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What tells whether a question has an answer in the passages that were found."""

    like: float
    """How like the question is to one that the best passages are asked by, from 0 to 1."""
    shared: float
    """The best lexical score, as a share of the greatest that the question could reach."""
    rare: float
    """How rare its words are, from 0 to 1; a question of rare words rarely is about the pages."""
    covered: float
    """How many of its words the best passage has."""
    near: float
    """The cosine of the best passage with the question."""
    length: float
    """The logarithm of the number of its words."""
    news: bool
    """Whether it asks for what changes by the day."""
    alone: bool
    """Whether one word is all that it asks for."""
    asked: bool
    """Whether the best passage says what it is asked by."""

    @property
    def confidence(self) -> float:
        """How probably there is an answer, from 0 to 1."""
        if not self.rare:
            # Nothing but small words: only the phrase as a whole tells.
            return float(self.like >= ALIKE_ENOUGH)
        if self.shared <= 0:
            return 0.0
        if self.alone:
            return min(1.0, self.covered)
        weights = ASKED if self.asked else UNASKED
        *signs, _, _ = astuple(self)
        *each, begin = weights
        weighed = sum(weight * sign for weight, sign in zip(each, signs, strict=True))
        return 1 / (1 + exp(-(begin + weighed)))
