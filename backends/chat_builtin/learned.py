"""What a person's corrections taught: requests of their own, kept on this machine."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from core.examples import Example

ALIKE = 86
"""Similarity (0 to 100) from which a request is taken for one that was corrected before."""
WEIGHT = 0.85
"""Probability that a request like a kept one is given at once."""


@dataclass(frozen=True, slots=True)
class Learned:
    """Examples in normal form, with the tool that was meant; the nearest one decides."""

    examples: Sequence[tuple[str, str]] = ()

    def weighed(self, normal: str, shares: Mapping[str, float]) -> Mapping[str, float]:
        """Return probabilities that follow the nearest kept example, where one is near."""
        best, tool = 0.0, ""
        for text, meant in self.examples:
            alike = fuzz.token_sort_ratio(normal, text)
            if meant in shares and alike >= max(best, ALIKE):
                best, tool = alike, meant
        if not tool:
            return shares
        rest = {name: share * (1 - WEIGHT) for name, share in shares.items()}
        rest[tool] += WEIGHT
        return dict(sorted(rest.items(), key=lambda item: -item[1]))


NOTHING_LEARNED = Learned()


_REMEMBER = re.compile(
    r"^\W*(?:(?:yes|ok|okay|please|sure|and)\W+)*(?:please\s+)?(?:remember|keep|learn|note|memori[sz]e)"
    r"\s+(?:that|this|it|the example|my correction)(?:\s+(?:example|correction|for (?:next time"
    r"|the future|later)))?\b(?:\W+(?:please|then|thanks))?\W*$",
    re.I,
)


def asks_to_remember(text: str) -> bool:
    """Tell whether a message asks to keep the correction that came before it."""
    return bool(_REMEMBER.match(text))


def lesson_in(marks: Sequence[Mapping[str, object]]) -> Example | None:
    """Return the latest correction that messages carry in their marks; None where there is none."""
    for mark in reversed(marks):
        lesson = mark.get("lesson")
        if isinstance(lesson, dict) and lesson.get("text") and lesson.get("tool"):
            return Example(text=str(lesson["text"]), tool=str(lesson["tool"]))
    return None
