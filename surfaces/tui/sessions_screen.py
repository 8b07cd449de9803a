"""The conversations that are kept: resume, rename, or begin a new one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static

from surfaces.tui.assistant import SessionInfo
from surfaces.words import clean, moment


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionChoice:
    """Which conversation to go on with; a new one if the id is empty."""

    session_id: str


class SessionsScreen(ModalScreen[SessionChoice | None]):
    """A list of conversations."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back, with nothing changed"),
        Binding("n", "new", "Begin a new conversation"),
        Binding("r", "rename", "Rename the highlighted conversation"),
    ]

    class Renamed(Message):
        """The person gave a conversation another name."""

        def __init__(self, session_id: str, name: str) -> None:
            super().__init__()
            self.session_id = session_id
            self.name = name

    def __init__(self, sessions: Sequence[SessionInfo], current: str) -> None:
        super().__init__()
        self._sessions = list(sessions)
        self._titles = [session.name for session in sessions]
        self._current = current
        self._list = OptionList(markup=False, compact=True)
        self._field = Input(placeholder="Another name; Enter keeps it, Esc does not", compact=True)

    def compose(self) -> ComposeResult:
        """Lay out the list, and the line for a new name."""
        with Vertical() as window:
            window.border_title = "Conversations"
            yield self._list
            yield self._field
            yield Static("Enter resume · n new · r rename · Esc back", classes="keys")

    def on_mount(self) -> None:
        """Show the list."""
        self._field.display = False
        self._list.add_options(self._drawn(at) for at in range(len(self._sessions)))
        self._list.highlighted = 0 if self._sessions else None
        self._list.focus()

    def _drawn(self, at: int) -> Text:
        session = self._sessions[at]
        here = "● " if session.id == self._current else "  "
        turns = f"{session.turns} turn{'' if session.turns == 1 else 's'}"
        return Text.assemble(
            (here, "cyan"),
            (clean(self._titles[at]) or "without a name", "bold"),
            (f"  {turns}, {moment(session.updated_at)}", "dim"),
        )

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Go on with the chosen conversation."""
        event.stop()
        self.dismiss(SessionChoice(session_id=self._sessions[event.option_index].id))

    def action_new(self) -> None:
        """Begin a new conversation."""
        self.dismiss(SessionChoice(session_id=""))

    def action_rename(self) -> None:
        """Ask for another name."""
        if self._list.highlighted is not None:
            self._field.value = self._titles[self._list.highlighted]
            self._field.display = True
            self._field.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the new name."""
        event.stop()
        at = self._list.highlighted
        name = event.value.strip()
        if at is not None and name:
            self._titles[at] = name
            self._list.replace_option_prompt_at_index(at, self._drawn(at))
            self.post_message(self.Renamed(self._sessions[at].id, name))
        self._close_name()

    def action_leave(self) -> None:
        """Leave the name as it was, or the screen."""
        if self._field.display:
            self._close_name()
        else:
            self.dismiss(None)

    def _close_name(self) -> None:
        self._field.display = False
        self._list.focus()
