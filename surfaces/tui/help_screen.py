"""Help: keys, commands and example requests, read from where they are declared."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.console import Group, RenderableType
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from surfaces.rendering.anything import facts, section
from surfaces.tui.slash import COMMANDS

NAMES = {
    "escape": "Esc",
    "enter": "Enter",
    "shift+enter": "Shift+Enter",
    "space": "Space",
    "tab": "Tab",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "up": "Up",
    "down": "Down",
}
"""Keys as they are printed on a keyboard."""


class HelpScreen(ModalScreen[None]):
    """Everything that can be pressed or typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,q", "app.pop_screen", "Close the help"),
    ]

    def __init__(
        self, keys: Sequence[tuple[str, Iterable[BindingType]]], examples: Iterable[str]
    ) -> None:
        super().__init__()
        self.keys = keys
        self._examples = examples

    def compose(self) -> ComposeResult:
        """Lay out the help."""
        with VerticalScroll() as window:
            window.border_title = "Help · Esc closes"
            yield Static(self._drawn())

    def _drawn(self) -> RenderableType:
        parts: list[RenderableType] = []
        for where, bindings in self.keys:
            parts += [section(where), facts(help_lines(bindings))]
        parts.append(section("Commands"))
        commands = {
            f"/{command.name} {command.usage}".strip(): command.help for command in COMMANDS
        }
        commands["/<tool> name=value …"] = "Call a tool yourself, without the model."
        parts.append(facts(commands))
        parts.append(section("Requests to begin with"))
        parts += [Text(f"• {example}") for example in self._examples]
        return Group(*parts)


def help_lines(bindings: Iterable[BindingType]) -> dict[str, object]:
    """Return what each key does, by its printed name."""
    return {
        " or ".join(printed(key) for key in binding.key.split(",")): binding.description
        for binding in bindings
        if isinstance(binding, Binding)
    }


def printed(key: str) -> str:
    """Return a key as it is printed on a keyboard."""
    if key in NAMES:
        return NAMES[key]
    if key.startswith("ctrl+"):
        return f"Ctrl+{key.removeprefix('ctrl+').upper()}"
    return key.upper() if key.startswith("f") and key[1:].isdigit() else key
