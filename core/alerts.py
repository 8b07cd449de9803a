"""Something that somebody should hear of: the type."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A check that found what it looks for."""

    text: str
    """What was found, in words, with the next step."""
    run_id: str
    pipeline: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    """What the check measured."""
