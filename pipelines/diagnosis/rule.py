"""What a rule is: how a fault shows, what it means, and what to do."""

from dataclasses import dataclass

from core.diagnosis import Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A fault and how it shows."""

    kind: str
    patterns: tuple[str, ...]
    """Regular expressions for one line; groups `what` and `where` name things."""
    cause: str
    """With `{what}` where a pattern found a name."""
    advice: str
    vague: str = ""
    """The cause where no name was found; `cause` if empty."""
    confidence: Confidence = Confidence.HIGH
    weight: float = 2
    """How telling it is: the more specific of two rules that fit one line wins."""
    retry_helps: bool | None = False
    needs_cached: bool = False
    """Whether it can only be where a task was taken from the cache."""
    context: str = ""
    """What must stand elsewhere in the same log."""
