"""The question whether the built-in model may answer a turn whose model was lost."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Button, Static

from surfaces.tui.asking import AskingView
from surfaces.words import clean

QUESTION = "Shall the built-in model answer this turn? The next one goes to your model again."


class OfferView(AskingView):
    """Why the model did not answer, and the keys to let the built-in one do it.

    Args:
        why: What happened, in words.
        typing: Whether the person was typing when it came.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Let the built-in model answer this turn"),
        Binding("n,escape", "answer(False)", "End the turn without an answer"),
    ]

    class Decided(Message):
        """The person answered."""

        def __init__(self, *, accepted: bool) -> None:
            super().__init__()
            self.accepted = accepted

    def __init__(self, why: str, *, typing: bool = False) -> None:
        super().__init__(typing=typing)
        self._why = why
        self._what = Static(classes="what")
        self._keys = Horizontal(
            Button("[b]y[/b] yes", id="yes", compact=True),
            Button("[b]n[/b] no", id="no", compact=True),
            classes="keys",
        )

    def compose(self) -> ComposeResult:
        """Lay out the question."""
        yield self._what
        yield self._keys

    def on_mount(self) -> None:
        """Show the question, and take the keys."""
        lost = Text(f"{clean(self._why)}\n")
        self._what.update(Text.assemble(lost, (QUESTION, "bold")))
        self.focus()
        self.call_after_refresh(self._keys.scroll_visible, animate=False)

    def settle(self, *, accepted: bool) -> None:
        """Fold the question to one line that says how it was answered."""
        self.open = False
        self.add_class("-settled")
        self._keys.display = False
        said = "✓ The built-in model answers" if accepted else "■ The model was lost"
        self._what.update(Text(f"{said}: {clean(self._why)}"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Take keys as answers only while the question is open and nobody is typing."""
        del parameters
        return self.listens if action == "answer" else True

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Take a click for its key."""
        event.stop()
        self.action_answer(event.button.id == "yes")

    def action_answer(self, accepted: bool) -> None:
        """Answer the question."""
        if self.open:
            self.open = False
            self.post_message(self.Decided(accepted=accepted))
