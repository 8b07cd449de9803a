"""What a conversation is about, so that "it" and "that run" mean something."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Focus:
    """The things that were last spoken of; an empty field is none."""

    tool: str = ""
    """The tool that was last called."""
    run: str = ""
    pipeline: str = ""
    bucket: str = ""
    key: str = ""
    model: str = ""
