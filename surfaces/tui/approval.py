"""The card that asks before anything is changed."""

from typing import ClassVar

from rich.console import RenderableType
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Button, Input, Static

from agents.approval import may_be_granted
from agents.events import Answer, ApprovalCard, Decision
from core.errors import RequestError
from surfaces.tui.arguments import arguments_in_brief, as_lines, from_lines
from surfaces.tui.asking import AskingView
from surfaces.tui.card import drawn_card
from surfaces.tui.text_entry import TextEntry
from surfaces.words import clean

EDITED = "As you edited it. It runs only when you allow it."

PLANNED = "Plan only: this would have happened. Nothing was carried out."


class ArgumentsEditor(TextEntry):
    """The arguments, one a line; Enter uses them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "use", "Use the edited arguments"),
        Binding("shift+enter,ctrl+j", "line", "Begin a new line"),
        Binding("escape", "back", "Leave the arguments as they were"),
    ]

    class Used(Message):
        """The person wants these arguments."""

    class Left(Message):
        """The person wants the arguments as they were."""

    def action_use(self) -> None:
        """Hand the lines over."""
        self.post_message(self.Used())

    def action_line(self) -> None:
        """Begin a new line."""
        self.insert("\n")

    def action_back(self) -> None:
        """Go back to the card."""
        self.post_message(self.Left())


class PlannedCall(Static):
    """What would have happened, where nothing is carried out."""

    def __init__(self, card: ApprovalCard) -> None:
        super().__init__(drawn_card(card, remark=PLANNED))
        self.card = card


class ApprovalView(AskingView):
    """What will happen, and the keys to allow it, reject it or change it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "allow", "Allow the call on the card, once"),
        Binding("s", "always", "Allow it, and this tool from now on in this session"),
        Binding("r", "reject", "Reject it, with a word if you like"),
        Binding("e", "edit", "Edit its arguments; it is shown again before it runs"),
        Binding("escape", "reject_at_once", "Reject it without a word"),
    ]

    class Decided(Message):
        """The person answered a card."""

        def __init__(self, call_id: str, decision: Decision) -> None:
            super().__init__()
            self.call_id = call_id
            self.decision = decision

    def __init__(self, card: ApprovalCard, *, typing: bool = False) -> None:
        super().__init__(typing=typing)
        self.add_class(f"-{card.effect.value}")
        self.card = card
        self._edited = False
        self._what = Static(classes="what")
        self._editor = ArgumentsEditor(compact=True, show_line_numbers=False)
        self._word = Input(placeholder="Why not? Enter rejects; may stay empty", compact=True)
        self._hint = Static(
            "One name = value a line. Enter shows the card again, Esc changes nothing.",
            classes="hint",
        )
        self._always = Button("[b]s[/b] always for this session", id="always", compact=True)
        self._keys = Horizontal(
            Button("[b]a[/b] allow", id="allow", compact=True),
            self._always,
            Button("[b]r[/b] reject", id="reject", compact=True),
            Button("[b]e[/b] edit", id="edit", compact=True),
            classes="keys",
        )

    def compose(self) -> ComposeResult:
        """Lay out the card."""
        yield self._what
        yield self._editor
        yield self._hint
        yield self._word
        yield self._keys

    def on_mount(self) -> None:
        """Show the card."""
        self.show(self.card)

    def show(self, card: ApprovalCard) -> None:
        """Show a card, also again after an edit."""
        self._edited = card.arguments != self.card.arguments or self._edited
        self.card, self.open = card, True
        self._always.display = may_be_granted(card)
        self._what.update(self._drawn(card.problem))
        if card.problem:
            self._open_editor()
        else:
            self._close_editor()

    def settle(self, how: str) -> None:
        """Fold the card to one line that says how it was answered."""
        self.open = False
        sign, said = {
            "allow": ("✓", "Allowed"),
            "edit": ("✓", "Allowed, as edited"),
            "always": ("✓", "Allowed for this session"),
            "reject": ("✗", "Rejected"),
        }.get(how, ("■", "Not answered"))
        self.add_class("-settled")
        self._close_editor()
        self._keys.display = False
        given = arguments_in_brief(self.card.arguments)
        self._what.update(Text(f"{sign} {said}: {clean(self.card.tool)} {given}"))

    def _drawn(self, problem: str = "") -> RenderableType:
        return drawn_card(self.card, remark=EDITED if self._edited else "", problem=problem)

    def _open_editor(self) -> None:
        self._keys.display = self._word.display = False
        self._editor.display = self._hint.display = True
        self._editor.focus()

    def _close_editor(self) -> None:
        self._editor.display = self._hint.display = self._word.display = False
        self._keys.display = True
        if self.open:
            self.focus()
            self.call_after_refresh(self._keys.scroll_visible, animate=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Take keys as answers only while the card is open and nobody is typing."""
        del parameters
        if action == "always" and not may_be_granted(self.card):
            return False
        if action in {"allow", "always", "reject", "edit", "reject_at_once"}:
            return self.listens
        return True

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Take a click for its key."""
        event.stop()
        {
            "allow": self.action_allow,
            "always": self.action_always,
            "reject": self.action_reject,
            "edit": self.action_edit,
        }[str(event.button.id)]()

    def action_allow(self) -> None:
        """Allow the call as it stands."""
        self._decide(Decision(answer=Answer.ALLOW))

    def action_always(self) -> None:
        """Allow the call, and do not ask about its tool again in this session."""
        self._decide(Decision(answer=Answer.ALWAYS))

    def action_reject(self) -> None:
        """Ask for a word to go with the rejection."""
        self._keys.display = False
        self._word.display = True
        self._word.focus()

    def action_reject_at_once(self) -> None:
        """Reject the call, with the word if one was begun."""
        self._decide(Decision(answer=Answer.REJECT, word=self._word.value.strip()))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Reject the call with what was said."""
        event.stop()
        self.action_reject_at_once()

    def action_edit(self) -> None:
        """Open the arguments for editing."""
        self._editor.text = as_lines(self.card.arguments)
        self._editor.move_cursor(self._editor.document.end)
        self._open_editor()

    def on_arguments_editor_left(self, event: ArgumentsEditor.Left) -> None:
        """Go back to the card as it was."""
        event.stop()
        self._what.update(self._drawn())
        self._close_editor()

    def on_arguments_editor_used(self, event: ArgumentsEditor.Used) -> None:
        """Propose the edited arguments, unless they cannot be read or say nothing else."""
        event.stop()
        try:
            edited = from_lines(self._editor.text, self.card.arguments)
        except RequestError as error:
            self._what.update(self._drawn(str(error)))
            return
        if edited == dict(self.card.arguments):
            # Leaving the editor must never be taken for permission.
            self._what.update(self._drawn())
            self._close_editor()
            return
        self._decide(Decision(answer=Answer.ALLOW, arguments=edited))

    def _decide(self, decision: Decision) -> None:
        if self.open:
            self.open = False
            self.post_message(self.Decided(self.card.call_id, decision))
