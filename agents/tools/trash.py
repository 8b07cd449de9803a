"""What can be done about the work as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass

from agents.events import Effect
from agents.toolbox import Tool
from core.objects import ObjectStore
from core.runs import RunBackend
from core.trash import EmptiedTrash

NAMED = 5


@dataclass(frozen=True, slots=True)
class TrashTools:
    """What was deleted."""

    runs: RunBackend
    store: ObjectStore

    def empty_trash(self) -> EmptiedTrash:
        """Remove the deleted runs and objects for good."""
        return EmptiedTrash(runs=self.runs.empty_trash(), objects=self.store.empty_trash())

    def empty_trash_details(self) -> Mapping[str, str]:
        """Say what can never be brought back afterwards."""
        runs = [f"{run.id} ({run.name})" for run in self.runs.trash()]
        objects = [one.object for one in self.store.trash()]
        size = sum(one.bytes for one in objects)
        return {
            "removes runs": _named(runs) or "none",
            "removes objects": f"{_named([one.reference for one in objects])}: {size:,} bytes"
            if objects
            else "none",
            "for good": "nothing of this can be brought back"
            if runs or objects
            else "the trash is empty already",
        }

    def tools(self) -> tuple[Tool, ...]:
        """Return the tools."""
        return (Tool(self.empty_trash, Effect.DESTROYS, details=self.empty_trash_details),)


def _named(things: list[str]) -> str:
    rest = len(things) - NAMED
    return ", ".join([*things[:NAMED], *([f"and {rest} more"] if rest > 0 else [])])
