"""What the command palette offers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.types import IgnoreReturnCallbackType

if TYPE_CHECKING:
    from surfaces.tui.app import SwarmApp


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the palette."""

    name: str
    help: str
    run: IgnoreReturnCallbackType


class SwarmCommands(Provider):
    """The terminal's commands, its tools, and example requests."""

    def _entries(self) -> Sequence[Entry]:
        return cast("SwarmApp", self.app).palette_entries()

    async def discover(self) -> Hits:
        """Offer everything while nothing is typed."""
        for entry in self._entries():
            yield DiscoveryHit(entry.name, entry.run, help=entry.help)

    async def search(self, query: str) -> Hits:
        """Offer what fits the words that were typed."""
        for hit in self._matching(query):
            yield hit

    def _matching(self, query: str) -> Iterator[Hit]:
        matcher = self.matcher(query)
        for entry in self._entries():
            score = matcher.match(f"{entry.name} {entry.help}")
            if score > 0:
                yield Hit(score, matcher.highlight(entry.name), entry.run, help=entry.help)
