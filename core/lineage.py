"""Where objects come from and what used them: the types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from core.objects import StoredObject
from core.runs import Artifact, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A run that read an object."""

    run: Run
    """Without its tasks."""
    task: str
    same_content: bool
    """False where it read another content under the same name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectTrace:
    """What is recorded of an object: facts of runs, joined by name and by content."""

    object: StoredObject
    content_hash: str
    """SHA-256 of the present content, in hexadecimal."""
    made_as: Artifact | None = None
    """The output of a run that this object is, or is a copy of; None where no run made it."""
    run: Run | None = None
    """The run that made it, without its tasks."""
    inputs: tuple[Artifact, ...] = ()
    """What that run read."""
    used_by: tuple[Use, ...] = ()
    """The runs that read it, the newest first."""
    registered_as: tuple[str, ...] = ()
    """The model versions whose file it is: `delay:2 (champion)`."""
    changed: bool = False
    """Whether a run made an object of this name, but the present content is another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectDetails:
    """What is known of an object without reading it."""

    object: StoredObject
    versions: tuple[StoredObject, ...]
    """Newest first; the first is the present content."""
    made_by: Artifact | None = None
    """The newest output of a run that is recorded under its name."""
    registered_as: tuple[str, ...] = ()
    """The model versions whose file it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """An object that was written to a local file."""

    object: StoredObject
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedLink:
    """A link to an object that works for a while without credentials."""

    object: StoredObject
    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What was deleted, and whether it can be brought back."""

    bucket: str
    key: str = ""
    """Empty for a whole bucket."""
    objects: int = 1
    bytes: int = 0
    tags: Mapping[str, str] = field(default_factory=dict)
