"""What was deleted and can still be brought back: the types."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptiedTrash:
    """What was removed for good."""

    runs: int
    objects: int
