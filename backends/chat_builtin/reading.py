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
WISH = re.compile(r"\W*(?:can|could|would|will) (?:you|u|we|i)\b|\bhow about\b", re.I)
_DOUBT = re.compile(
    r"^\W*(?:would|should)\b(?! (?:you|u)\b)|\b(?:would|does|will) (?:that|it|this)?\s?help\b", re.I
)
_TOLD = re.compile(
    r"\b(?:has|have|had|was|were|got|been|somebody|someone|they|she|he)\s+(?:\w+\s+){0,2}?(?:stopped|cancell?ed"
    r"|deleted|paused|promoted|started|deployed|uploaded|removed|killed|scheduled|created)\b",
    re.I,
)
"""What tells of a change that somebody has made already."""
_ORDERS = re.compile(
    r"(?:^|[,.;:!]\s*|\b(?:and|please|then|so|can you|could you)\s+)(?:please |pls "
    r"|now )*(?:start|run"
    r"|stop|cancel|delete|remove|pause|resume|promote|deploy|retry|restart|upload|copy|undo|put|take"
    r"|bring|set|make|let|get|try)\b",
    re.I,
)
NOT = re.compile(
    r"(?:^|[,.;:!?]\s*|\b(?:please|but|and|just|pls|so|you|ever)\s+)"
    r"(?:do not|don't|dont|never|must not|should not|shouldn't)\b"
    r"(?! (?:need|want|require|use|search|see|know|have|forget|worry|remember|care|mind|take|let))",
    re.I,
)
"""What must not be done; "I don't see it" and "it was never made" forbid nothing."""
_HOLDS = frozenset({"pause_schedule", "pause_trigger"})
_NOT_HELD = re.compile(r"(?:not|n't|never|dont) (?:pause|stop|hold|disable|suspend|freeze)", re.I)


def forbids(text: str, tool: str) -> bool:
    """Tell whether a request says not to do what a tool does; "don't let it run" is for pausing."""
    if tool in _HOLDS and not _NOT_HELD.search(text):
        return False
    return bool(NOT.search(text))


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
    inquiry = (INQUIRY.match(asked) or _MEANING.search(asked)) and not WISH.match(asked)
    told = _TOLD.search(asked) and not _ORDERS.search(asked)
    inquiry = inquiry or bool(told or _DOUBT.search(asked))
    inquiry = inquiry and not ARRIVES.match(asked)
    best = next(iter(reading.shares))
    harmless = bool(inquiry or forbids(asked, best))
    return next((tool for tool in reading.shares if not (tool in CHANGES and harmless)), best)


def unsure(tool: str, shares: Mapping[str, float]) -> bool:
    """Tell whether a tool is too improbable to call; one that changes something needs more."""
    share = shares.get(tool, 0.0)
    if tool not in CHANGES:
        return share < SURE_ENOUGH
    rest = max((other for name, other in shares.items() if name != tool), default=0.0)
    return share < SURE_ENOUGH_TO_CHANGE and share < max(SURE_ENOUGH, FAR_AHEAD * rest)
