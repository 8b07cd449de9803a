"""Lists that say how much of them was returned."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Item]):
    """A part of a list."""

    items: Sequence[Item]
    total: int
    """How many there are in all, not only here."""
    has_more: bool = False
    cursor: str = ""
    """Hand it back to read on; empty where reading on is by a larger limit."""
    at_least: bool = False
    """Whether there may be more than `total`: a very long list is not counted to its end."""

    @property
    def counted(self) -> str:
        """The total as it is said: `7`, or `at least 1000`."""
        return f"at least {self.total}" if self.at_least else str(self.total)

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


def page_of(items: Sequence[Item], limit: int | None = None) -> Page[Item]:
    """Return the first `limit` items as a page of all of them."""
    shown = items if limit is None else items[:limit]
    return Page(items=tuple(shown), total=len(items), has_more=len(shown) < len(items))
