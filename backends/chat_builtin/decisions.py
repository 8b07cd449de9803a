"""What the built-in model decides about a step of a request."""

from dataclasses import dataclass

from backends.chat_builtin.skills import Arguments


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A tool to call for a step of the request."""

    text: str
    tool: str
    arguments: Arguments


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something to ask back; it ends the turn."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something to say instead of calling a tool."""

    text: str
