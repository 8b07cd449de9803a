"""Requests whose meaning a person taught: the type and the port."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

MOST = 200
"""How many are kept; with one more, the oldest goes."""
LONGEST_CHARACTERS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A request in a person's words, and the tool that it was meant for."""

    text: str
    tool: str


class Examples(Protocol):
    """Keeps what a person taught, on this machine only."""

    def list(self) -> Sequence[Example]:
        """Return them, oldest first.

        Raises:
            UnavailableError: They cannot be read.
        """
        ...

    def add(self, example: Example) -> None:
        """Keep an example; one with the same words is replaced.

        Raises:
            RequestError: It is empty or too long.
            UnavailableError: It cannot be written.
        """
        ...

    def remove(self, number: int) -> Example:
        """Forget the example with this number, from 1, and return it.

        Raises:
            NotFoundError: There is none with this number.
            UnavailableError: The others cannot be written.
        """
        ...
