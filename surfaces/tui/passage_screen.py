"""What an answer cites, as it stands in its document."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Markdown, Static

from core.passages import Passage
from surfaces.words import clean


class PassageScreen(ModalScreen[None]):
    """Shows the passages under one heading, with the document they are from."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "app.pop_screen", "Close the passage"),
    ]

    def __init__(self, passages: Sequence[Passage]) -> None:
        super().__init__()
        self.passages = passages

    def compose(self) -> ComposeResult:
        """Lay out the passages below their document."""
        first = self.passages[0]
        with VerticalScroll() as window:
            window.border_title = clean(f"{first.citation} · Esc closes")
            for source, path in dict.fromkeys((it.source, it.path) for it in self.passages):
                yield Static(Text(clean(f"{source}: {path}"), style="dim"))
                texts = [it.text for it in self.passages if (it.source, it.path) == (source, path)]
                yield Markdown(clean("\n\n".join(texts)), open_links=False)
