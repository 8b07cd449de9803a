"""What a person's corrections taught: requests of their own, kept on this machine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

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
