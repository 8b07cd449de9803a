"""Where requests are typed."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from surfaces.tui.completion import Completion
from surfaces.tui.text_entry import TextEntry


class Prompt(TextEntry):
    """A few lines of text; Enter sends them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "send", "Send; take a completion that was chosen"),
        Binding("escape", "close", "Close the completions, or stop the turn"),
        Binding("shift+enter,ctrl+j", "line", "Begin a new line"),
        Binding("tab", "complete", "Complete what begins with / or @"),
        Binding("up", "back", "Go back in what was typed; up in a list"),
        Binding("down", "forth", "Go forth in what was typed; down in a list"),
        Binding("pageup", "app.scroll(-1)", "Scroll the conversation up"),
        Binding("pagedown", "app.scroll(1)", "Scroll the conversation down"),
    ]

    class Left(Message):
        """The person pressed Esc, and there was nothing to close."""

    class Sent(Message):
        """The person sent a text."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, completion: Completion) -> None:
        super().__init__(
            compact=True,
            highlight_cursor_line=False,
            placeholder="Ask; / for commands, @ for what exists",
            tab_behavior="focus",
        )
        self._completion = completion
        self._history: list[str] = []
        self._at = 0
        self._draft = ""

    def remember(self, questions: Sequence[str]) -> None:
        """Take what was asked before as older than what was typed since."""
        self._history = [*questions, *self._history]
        self._at = len(self._history)

    def fill(self, text: str) -> None:
        """Put a text in, for the person to change or send."""
        self.text = text
        self.move_cursor(self.document.end)
        self.focus()

    def action_send(self) -> None:
        """Send what was typed, unless a completion was chosen."""
        chosen = self._completion.chosen()
        if chosen is not None and chosen.text.strip() != self.text.strip():
            self.fill(chosen.text)
            return
        text = self.text.strip()
        if not text:
            return
        if self._history[-1:] != [text]:
            self._history.append(text)
        self._at = len(self._history)
        self.text = ""
        self._completion.close()
        self.post_message(self.Sent(text))

    def action_line(self) -> None:
        """Begin a new line."""
        self.insert("\n")

    def action_complete(self) -> None:
        """Take the first completion, or go to the next widget."""
        first = self._completion.chosen() or self._completion.first()
        if first is not None:
            self.fill(first.text)
        else:
            self.screen.focus_next()

    def action_back(self) -> None:
        """Go up: in the completions, in the text, or in the history."""
        if self._completion.display:
            self._completion.action_cursor_up()
        elif not self.cursor_at_first_line:
            self.action_cursor_up()
        elif self._at > 0:
            if self._at == len(self._history):
                self._draft = self.text
            self._at -= 1
            self.fill(self._history[self._at])

    def action_forth(self) -> None:
        """Go down: in the completions, in the text, or in the history."""
        if self._completion.display:
            self._completion.action_cursor_down()
        elif not self.cursor_at_last_line:
            self.action_cursor_down()
        elif self._at < len(self._history):
            self._at += 1
            ended = self._at == len(self._history)
            self.fill(self._draft if ended else self._history[self._at])

    def action_close(self) -> None:
        """Close the list of completions, or let Esc stop the turn."""
        if self._completion.display:
            self._completion.close()
        else:
            self.post_message(self.Left())
