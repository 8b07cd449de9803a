"""Which model answers: choose another."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from surfaces.words import clean


class ModelScreen(ModalScreen[str | None]):
    """A list of the models that can answer.

    Args:
        names: The models.
        current: The one that answers now.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back, with nothing changed"),
    ]

    def __init__(self, names: Sequence[str], current: str) -> None:
        super().__init__()
        self._names = names
        self._current = current
        self._list = OptionList(markup=False, compact=True)

    def compose(self) -> ComposeResult:
        """Lay out the list."""
        with Vertical() as window:
            window.border_title = "Which model answers"
            yield self._list
            yield Static("Enter choose · Esc back", classes="keys")

    def on_mount(self) -> None:
        """Show the list, the model that answers marked."""
        for name in self._names:
            here = "● " if name == self._current else "  "
            self._list.add_option(Text.assemble((here, "cyan"), clean(name)))
        self._list.highlighted = (
            self._names.index(self._current) if self._current in self._names else 0
        )
        self._list.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take the chosen model."""
        event.stop()
        self.dismiss(self._names[event.option_index])
