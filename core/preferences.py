"""What a person prefers, in their own words: the type and the port."""

from collections.abc import Sequence
from typing import Protocol

MOST = 20
"""How many preferences are kept; all of them are sent with every request."""
LONGEST_CHARACTERS = 200


class Preferences(Protocol):
    """Keeps a short list of what a person prefers, one line each."""

    def list(self) -> Sequence[str]:
        """Return them, oldest first.

        Raises:
            UnavailableError: They cannot be read.
        """
        ...

    def add(self, text: str) -> None:
        """Keep a preference; one that is kept already stays as it is.

        Raises:
            RequestError: It is empty or too long, or there are too many.
            UnavailableError: It cannot be written.
        """
        ...

    def remove(self, number: int) -> str:
        """Forget the preference with this number, from 1, and return it.

        Raises:
            NotFoundError: There is none with this number.
            UnavailableError: The others cannot be written.
        """
        ...
