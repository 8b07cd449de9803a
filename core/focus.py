"""What a conversation is about, so that "it" and "that run" mean something."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Focus:
    """The things that were last spoken of; an empty field is none."""

    tool: str = ""
    """The tool that was last called."""
    arguments: str = ""
    """What it was called with, as a JSON object; empty when that is too long to keep."""
    run: str = ""
    pipeline: str = ""
    bucket: str = ""
    key: str = ""
    model: str = ""
    experiment: str = ""
    schedule: str = ""
    trigger: str = ""
    deployment: str = ""
    source: str = ""
    path: str = ""
    """A file or folder on this machine."""
    listed: str = ""
    """What the last list or comparison showed, one name a line, in its order."""
