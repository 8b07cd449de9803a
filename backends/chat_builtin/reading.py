"""A request with what it names, and what it most likely asks for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from backends.chat_builtin.skills import CHANGES
from backends.chat_builtin.steps import ARRIVES

SURE_ENOUGH = 0.3
"""Probability from which a tool that only reads is called without asking back."""
SURE_ENOUGH_TO_CHANGE = 0.6
"""Probability from which a tool that changes something is proposed."""
FAR_AHEAD = 4.0
"""How many times likelier than the next a tool that changes something may be proposed below it."""

INQUIRY = re.compile(
    r"\W*(?:(?:what|which|how|why|where|when|who|is|are|does|did|was|were|has)\b"
    r"|(?:do|have) (?:you|we|i|they|any|the|our)\b)",
    re.I,
)
_MEANING = re.compile(r"\bmean(?:s|ing)?\b|^\W*in (?:which|what|general|short)\b", re.I)
_WISH = re.compile(r"\W*(?:can|could|would|will) (?:you|u|we|i)\b|\bhow about\b", re.I)
NOT = re.compile(
    r"\b(?:(?:do not|don't|dont)(?! (?:need|want|require|use|search))|never|must not|should not"
    r"|shouldn't)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A request with what it names and the probabilities of what it asks for."""

    text: str
    kinds: Mapping[str, str]
    shares: Mapping[str, float]

    @property
    def top(self) -> str:
        """The likeliest tool."""
        return next(iter(self.shares))


def tilted(shares: Mapping[str, float], label: str, factor: float) -> Mapping[str, float]:
    """Return probabilities in which one label is some times likelier, largest first."""
    changed = {one: share * (factor if one == label else 1) for one, share in shares.items()}
    total = sum(changed.values())
    return dict(sorted(((n, s / total) for n, s in changed.items()), key=lambda item: -item[1]))


def chosen(reading: Reading) -> str:
    """Return the likeliest tool; neither a question nor a "do not" means to change something."""
    asked = reading.text
    inquiry = (INQUIRY.match(asked) or _MEANING.search(asked)) and not _WISH.match(asked)
    inquiry = inquiry and not ARRIVES.match(asked)
    harmless = bool(inquiry or NOT.search(asked))
    best = next(iter(reading.shares))
    return next((tool for tool in reading.shares if not (tool in CHANGES and harmless)), best)


def unsure(tool: str, shares: Mapping[str, float]) -> bool:
    """Tell whether a tool is too improbable to call; one that changes something needs more."""
    share = shares.get(tool, 0.0)
    if tool not in CHANGES:
        return share < SURE_ENOUGH
    rest = max((other for name, other in shares.items() if name != tool), default=0.0)
    return share < SURE_ENOUGH_TO_CHANGE and share < max(SURE_ENOUGH, FAR_AHEAD * rest)
