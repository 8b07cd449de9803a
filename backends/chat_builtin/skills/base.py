"""What the built-in model has to know of a tool to call it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.focus import Focus
from core.world import World

Arguments = dict[str, object]


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that must be asked before a tool can be called."""

    question: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """How a tool's arguments are read from a request, and what it does in words."""

    tool: str
    read: Callable[[str, World, Focus], Arguments | Missing]
    """Returns the arguments as a text gives them, or what to ask first."""
    in_words: str
    """What the tool does, to follow "Shall I": `list the runs`."""
    changes: bool = False
    """Whether it writes or destroys: then more certainty is needed."""


def no_arguments(text: str, world: World, focus: Focus) -> Arguments:
    """Read nothing: the tool takes no argument that people name."""
    del text, world, focus
    return {}


def which(kind: str, names: Sequence[str]) -> Missing:
    """Ask which of the things that exist is meant."""
    shown = ", ".join(f"`{name}`" for name in names[:6])
    return Missing(f"Which {kind}: {shown}?" if names else f"Which {kind} do you mean?")
