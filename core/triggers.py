"""Runs that start when an object arrives: the types and the ports that speak them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from core.objects import ObjectStore, StoredObject
from core.pipelines import ParameterValue

PAGE_OBJECTS = 5_000
"""How many objects are held at a time while a place is looked through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A pipeline that is to run for every object that arrives below a prefix."""

    name: str
    bucket: str
    prefix: str = ""
    """The folder that is watched, with its slash; empty for the whole bucket."""
    pipeline: str
    parameter: str
    """The pipeline's parameter that receives `bucket/key`."""
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)
    """Further values, the same for every run."""
    enabled: bool = True
    """False while it is paused."""
    created_at: datetime
    last_fired_at: datetime | None = None
    last_key: str = ""
    """The object for which it fired last."""
    last_run: str = ""
    """The id of the run it started last."""
    runs: int = 0
    """How many runs it has started."""
    failures: int = 0
    """For how many objects no run could be started."""
    problem: str = ""
    """Why the last object got no run; empty if it did."""

    @property
    def place(self) -> str:
        """What it watches: `datasets/planned/`."""
        return f"{self.bucket}/{self.prefix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """An object that arrived, and what became of it."""

    trigger: str
    """Its name."""
    object: StoredObject
    run: str = ""
    """The id of the run that was started."""
    run_name: str = ""
    problem: str = ""
    """Why none was; empty if one was."""


class TriggerBook(Protocol):
    """Keeps triggers, and hands out each content of an object once, however many ask."""

    def all(self) -> Sequence[Trigger]:
        """Return every trigger, by name."""
        ...

    def add(self, trigger: Trigger, present: Iterator[Sequence[StoredObject]]) -> Trigger:
        """Keep a trigger; the objects that are present count as seen.

        Raises:
            RequestError: There is a trigger of this name.
        """
        ...

    def pause(self, name: str) -> Trigger:
        """Let a trigger fire no more until it is resumed."""
        ...

    def resume(self, name: str, present: Iterator[Sequence[StoredObject]]) -> Trigger:
        """Let a paused trigger fire again; the objects that are present count as seen."""
        ...

    def delete(self, name: str) -> None:
        """Remove a trigger; the runs it started stay."""
        ...

    def unseen(self, name: str, objects: Sequence[StoredObject]) -> Sequence[StoredObject]:
        """Return those objects whose content a trigger has not met yet."""
        ...

    def claim(self, name: str, object: StoredObject) -> bool:  # noqa: A002  # the word for it here
        """Take an object for a run; False if somebody took it before, or the trigger rests."""
        ...

    def settle(self, firing: Firing) -> None:
        """Note what a claimed object has become."""
        ...

    def abandoned(self) -> Sequence[Firing]:
        """Note and return the claims whose owner ended before there was a run, each once."""
        ...


@runtime_checkable
class Announcing(Protocol):
    """A store that can say at once that something has arrived."""

    def announcements(self, bucket: str, prefix: str) -> Iterator[None]:
        """Yield when listening has begun and whenever an object arrives; blocks in between.

        It ends where the store does not announce anything after all.

        Raises:
            AssistantError: The store cannot be reached, or not any more.
        """
        ...


def present(store: ObjectStore, bucket: str, prefix: str) -> Iterator[Sequence[StoredObject]]:
    """Yield what is below a prefix now, a page at a time.

    Raises:
        NotFoundError: There is no such bucket.
        UnavailableError: The store does not answer.
    """
    cursor = ""
    while True:
        page = store.list(bucket, prefix, limit=PAGE_OBJECTS, cursor=cursor)
        yield page.items
        cursor = page.cursor
        if not (page.has_more and cursor):
            return
