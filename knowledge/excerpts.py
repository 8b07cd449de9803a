"""The part of a passage that answers a question, as it stands there."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from knowledge.lexical import Word
from knowledge.words import stems

MOST_WORDS = 75
"""A quotation that is read rather than skimmed."""
NEARLY_ALL = 1.25
"""A passage that is hardly longer than a quotation is quoted whole."""
REPEATED = 0.2
"""What a word of the question is worth where it stands again: other words tell more."""

_FENCE = re.compile(r"^\s*(?:```|~~~)")
_ENDS = re.compile(r"(?<=[.!?])\s+(?=[A-Z`\"(])")
_ITEM = re.compile(r"^\s*(?:[-*+]|\d+\.)\s")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence, a list item, a row or a block of code, by its place in the text."""

    start: int
    end: int
    words: int
    worths: tuple[float, ...]
    """What it says of each of the question's words."""


def excerpt_of(text: str, asked: Sequence[Word]) -> str:
    """Return the neighbouring sentences of a passage that have most of a question's words.

    Args:
        text: The passage's text.
        asked: The question's words.
    """
    text = text.strip()
    if len(text.split()) <= MOST_WORDS * NEARLY_ALL:
        return text
    pieces = [
        _Piece(start, end, len(text[start:end].split()), _worths(text[start:end], asked))
        for start, end in _spans(text)
    ]
    best, found = -1.0, (0, len(text))
    for first in range(len(pieces)):
        words, told, worth = 0, [0.0] * len(asked), 0.0
        for last in range(first, len(pieces)):
            words += pieces[last].words
            if words > MOST_WORDS and last > first:
                break
            for at, more in enumerate(pieces[last].worths):
                worth += max(more - told[at], REPEATED * more)
                told[at] = max(told[at], more)
            # Of equals the earlier: pages say the main thing first.
            if worth > best + 1e-9:
                best, found = worth, (pieces[first].start, pieces[last].end)
    return text[found[0] : found[1]].strip()


def _worths(piece: str, asked: Sequence[Word]) -> tuple[float, ...]:
    held = set(stems(piece))
    return tuple(
        word.rarity * max((w for stem, w in word.stems.items() if stem in held), default=0.0)
        for word in asked
    )


def _spans(text: str) -> Sequence[tuple[int, int]]:
    """Part a text into sentences, list items, rows of tables, and blocks of code."""
    spans: list[tuple[int, int]] = []
    at, paragraph, fence = 0, -1, -1
    for line in text.splitlines(keepends=True):
        start, at = at, at + len(line)
        if _FENCE.match(line):
            if fence >= 0:
                spans.append((fence, at))
                fence, paragraph = -1, -1
                continue
            spans += _sentences(text, paragraph, start)
            fence = start
        elif fence >= 0:
            continue
        elif not line.strip() or _ITEM.match(line) or line.lstrip().startswith("|"):
            spans += _sentences(text, paragraph, start)
            paragraph = start if line.strip() else -1
        elif paragraph < 0:
            paragraph = start
    spans += _sentences(text, fence if fence >= 0 else paragraph, len(text))
    return spans


def _sentences(text: str, start: int, end: int) -> Sequence[tuple[int, int]]:
    if start < 0:
        return []
    cuts = [start, *(start + found.end() for found in _ENDS.finditer(text[start:end])), end]
    return [(one, other) for one, other in pairwise(cuts) if other > one]
