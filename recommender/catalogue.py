"""The tools that can be recommended, with what each needs and what it is for."""

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.errors import UnavailableError

CATALOGUE = Path(__file__).parent / "data" / "catalogue.csv"
PLATFORM = "platform"
NOTHING = "None"
"""The name under which a slot may stay empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool in one slot of a toolchain."""

    name: str
    slot: str
    label: str
    """How the training table calls it; empty where it does not occur there."""
    kin: str
    """The class of the forest that it belongs to."""
    clouds: tuple[str, ...]
    """Where a managed tool runs; empty for anywhere."""
    hosting: str
    """`self`, `managed` (by its vendor only) or `both`."""
    needs_kubernetes: bool
    modes: tuple[str, ...]
    """Ways of deployment that a serving tool knows."""
    licence: str
    cost: str
    good_for: str
    not_for: str
    works_with: frozenset[str]
    aliases: tuple[str, ...]
    source: str
    date: str
    """ISO month in which the row was written."""

    @property
    def is_open(self) -> bool:
        """Whether all that one has to run is under an open-source licence."""
        return not any(word in self.licence for word in ("proprietary", "BUSL", "SSPL"))

    @property
    def is_permissive(self) -> bool:
        """Whether it is open and without copyleft."""
        return self.is_open and "GPL" not in self.licence

    @property
    def cloud_only(self) -> bool:
        """Whether it cannot run on the person's own machines."""
        return self.hosting == "managed"

    @property
    def costs(self) -> bool:
        """Whether it sends a bill for every use."""
        return self.cost.startswith("pa")

    @property
    def reference(self) -> str:
        """Name and slot: several slots may know a tool by one name."""
        return f"{self.name} ({self.slot.replace('_', ' ')})"


@cache
def catalogue() -> tuple[Tool, ...]:
    """Return every tool, in the order of the file.

    Raises:
        UnavailableError: The catalogue cannot be read.
    """
    try:
        with CATALOGUE.open(encoding="utf-8", newline="") as file:
            return tuple(_tool(row) for row in csv.DictReader(file))
    except (OSError, KeyError) as error:
        raise UnavailableError(
            f"The catalogue of tools cannot be read: {error}.", hint="Install the project again."
        ) from error


@cache
def tools_for(slot: str) -> tuple[Tool, ...]:
    """Return the tools for one slot."""
    return tuple(tool for tool in catalogue() if tool.slot == slot)


@cache
def clustered_tools() -> frozenset[tuple[str, str]]:
    """Return the tools that need Kubernetes, as slot and name."""
    return frozenset((tool.slot, tool.name) for tool in catalogue() if tool.needs_kubernetes)


@cache
def sharing(slot: str) -> Mapping[str, int]:
    """Return how many tools of a slot the training table knows under each label."""
    return Counter(tool.label for tool in tools_for(slot))


@cache
def find_tools(words: str) -> tuple[Tool, ...]:
    """Return the tools that go by a name, at most one in each slot; none if it is unknown."""
    wanted = _plain(words)
    found: dict[str, Tool] = {}
    for tool in catalogue():
        if tool.name != NOTHING and wanted in {_plain(tool.name), *map(_plain, tool.aliases)}:
            found.setdefault(tool.slot, tool)
    return tuple(found.values())


def _plain(words: str) -> str:
    return "".join(letter for letter in words.casefold() if letter.isalnum())


def _tool(row: dict[str, str]) -> Tool:
    return Tool(
        name=row["tool"],
        slot=row["slot"],
        label=row["label"],
        kin=row["kin"],
        clouds=_words(row["clouds"]),
        hosting=row["hosting"],
        needs_kubernetes=row["kubernetes"] == "yes",
        modes=_words(row["modes"]),
        licence=row["licence"],
        cost=row["cost"],
        good_for=row["good_for"],
        not_for=row["not_for"],
        works_with=frozenset(_words(row["works_with"])),
        aliases=_words(row["aliases"]),
        source=row["source"],
        date=row["date"],
    )


def _words(cell: str) -> tuple[str, ...]:
    return tuple(word for word in cell.split(";") if word)
