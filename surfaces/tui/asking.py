"""What waits in the transcript for the person's answer, and when a key is one."""

import time
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message

SHOWN_SECONDS = 0.3
"""How long a question must have been seen before a key counts as an answer."""

TYPING_PAUSE_SECONDS = 0.8
"""How long nothing must be typed before a key counts as an answer, if someone was typing."""


class AskingView(Vertical, can_focus=True):
    """A question with keys for its answers; letters of a sentence in progress are none.

    Args:
        typing: Whether the person was typing when it came.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pageup", "app.scroll(-1)", "Scroll the conversation up"),
        Binding("pagedown", "app.scroll(1)", "Scroll the conversation down"),
    ]

    class Typed(Message):
        """A letter came that was meant for the prompt."""

        def __init__(self, character: str) -> None:
            super().__init__()
            self.character = character

    def __init__(self, *, typing: bool = False) -> None:
        super().__init__()
        self.open = True
        """Whether it still waits for an answer."""
        self._answers_from = time.monotonic() + (TYPING_PAUSE_SECONDS if typing else SHOWN_SECONDS)

    @property
    def listens(self) -> bool:
        """Whether a key is an answer, and not a letter of a sentence in progress."""
        return self.open and time.monotonic() >= self._answers_from

    def on_key(self, event: events.Key) -> None:
        """Hand on the letters of a sentence in progress; each puts answering off."""
        if self.has_focus and self.open and not self.listens and event.character:
            self._answers_from = time.monotonic() + TYPING_PAUSE_SECONDS
            if event.is_printable:
                event.stop()
                event.prevent_default()
                self.post_message(self.Typed(event.character))
