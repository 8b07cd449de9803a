"""From how people speak of a thing to its name: "tuesday's nightly", "the june plan".

A phrase is replaced only where exactly one existing thing fits; all else stays as it was typed.
"""

from backends.chat_builtin.mentions.names import enumerated, named_things, versions
from backends.chat_builtin.mentions.objects import objects
from backends.chat_builtin.mentions.runs import days, numbers
from backends.chat_builtin.mentions.spoken import spoken_of
from core.focus import Focus
from core.world import World

__all__ = ["spelt_out"]


def spelt_out(text: str, focus: Focus, world: World) -> str:
    """Return a request in which what it speaks of is called by its name."""
    text = days(text, focus, world)
    text = numbers(text, world)
    text = named_things(text, focus, world)
    text = versions(text, world)
    text = spoken_of(text, focus, world)
    text = objects(text, focus, world)
    return enumerated(text, world)
