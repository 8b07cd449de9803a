"""Problems we can explain, sorted by who can act on them."""

from collections.abc import Iterable

CLOSE_ENOUGH = 55
"""Similarity (0 to 100) from which a name is worth suggesting."""


class AssistantError(Exception):
    """A problem we can explain.

    Args:
        message: What happened, naming the thing.
        hint: What to do next; may be empty.
        quoted: Names and texts in it that somebody else may have written.
    """

    def __init__(self, message: str, *, hint: str = "", quoted: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.quoted = tuple(quoted)

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class RequestError(AssistantError):
    """Other arguments could work."""


class NotFoundError(AssistantError):
    """The thing that was named does not exist."""


class UnavailableError(AssistantError):
    """A service, a file or a disk did not answer."""


class SettingsError(AssistantError):
    """The settings cannot be used as they are."""


def closest(name: str, candidates: Iterable[str], limit: int = 3) -> list[str]:
    """Return the candidates that look most like a name, best first."""
    # Everything imports this module; only a mistake needs the matcher.
    from rapidfuzz import fuzz, process

    matches = process.extract(
        name.casefold(),
        {candidate: candidate.casefold() for candidate in candidates},
        scorer=fuzz.WRatio,
        limit=limit,
        score_cutoff=CLOSE_ENOUGH,
    )
    return [candidate for _, _, candidate in matches]


def not_found(kind: str, name: str, candidates: Iterable[str], *, hint: str = "") -> NotFoundError:
    """Build the error for a name that does not exist, with the closest names that do."""
    known = list(candidates)
    near = closest(name, known) or known[:5]
    suggestion = f"The closest: {', '.join(near)}." if near else f"There is no {kind} yet."
    return NotFoundError(
        f"No {kind} is called {name!r}.", hint=f"{suggestion} {hint}".strip(), quoted=near
    )
