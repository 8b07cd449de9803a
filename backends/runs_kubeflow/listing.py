"""Lists that are read page by page, as far as they are looked at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from pydantic import BaseModel

Record = TypeVar("Record", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found(Generic[Record]):
    """A list that is read page by page, as far as it is looked at."""

    items: Iterator[Record]
    total: int
    """How many the cluster counts in all."""
    is_counted: bool = True
    """Whether the total is all there are, rather than what was found among the newest."""


def first(found: Found[Record], limit: int) -> Sequence[Record]:
    """Return the first items of a list; only the pages that they are on are asked for."""
    return tuple(islice(found.items, max(0, limit)))
