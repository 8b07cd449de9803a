"""The conversation as it is shown: an event goes in, a widget comes out."""

from collections.abc import Sequence
from functools import singledispatchmethod
from typing import TYPE_CHECKING

from textual.containers import VerticalScroll

from agents.events import (
    ApprovalCard,
    ApprovalDecided,
    HandOff,
    RunEnded,
    TextArrived,
    ToolFinished,
    ToolProgressed,
    ToolStarted,
    TurnFinished,
)
from surfaces.alerting import alerts_in
from surfaces.words import clean, duration

if TYPE_CHECKING:
    from surfaces.tui.approval import ApprovalView
    from surfaces.tui.asking import AskingView
    from surfaces.tui.assistant import Turn
    from surfaces.tui.messages import Message
    from surfaces.tui.offer import OfferView
    from surfaces.tui.tool_card import ToolCard

SHOWN_TURNS = 30
"""How many earlier turns are shown again when a session is resumed."""

SELF = "you"
"""The agent's name when the person calls a tool by hand."""


class Transcript(VerticalScroll, can_focus=False):
    """Questions, answers, tool calls and approvals, in order."""

    def __init__(self) -> None:
        super().__init__()
        self._messages: dict[str, Message] = {}
        self._cards: dict[str, ToolCard] = {}
        self._approvals: dict[str, ApprovalView] = {}
        self._planned: set[str] = set()
        self._offer: OfferView | None = None
        self.last_answer = ""

    def on_mount(self) -> None:
        """Stay at the end while something arrives, until the person scrolls."""
        self.anchor()

    def ask(self, question: str, *, waiting: bool = False) -> None:
        """Show what the person said."""
        from surfaces.tui.messages import Question

        self.query("Welcome").remove()
        self.mount(Question(question, waiting=waiting))
        self.anchor()

    def waiting_is_over(self) -> None:
        """Show the first question that had to wait again, above the answer that comes now."""
        from surfaces.tui.messages import Question

        waiting = self.query(Question).filter(".-waiting")
        if waiting:
            first = waiting.first()
            first.remove()
            self.mount(Question(first.text))

    def forget_waiting(self) -> None:
        """Take away the questions that were not asked yet."""
        self.query("Question.-waiting").remove()

    def say(self, text: str, kind: str = "quiet", hint: str = "") -> None:
        """Show a remark that nobody said in the conversation."""
        from surfaces.tui.messages import Remark

        self.mount(Remark(text, kind, hint))

    @singledispatchmethod
    def show(self, event: object) -> None:
        """Show an event of a turn."""
        raise TypeError(f"There is no way to show {type(event).__name__}.")

    @show.register
    def _hand_off(self, event: HandOff) -> None:
        self.say(f"→ {event.agent}: {event.request}", "hand-off")

    @show.register
    def _tool_started(self, event: ToolStarted) -> None:
        from surfaces.tui.tool_card import ToolCard

        card = ToolCard(event, unfolded=event.agent == SELF)
        self._cards[event.call_id] = card
        self.mount(card)

    @show.register
    def _tool_progressed(self, event: ToolProgressed) -> None:
        card = self._cards.get(event.call_id)
        if card is not None:
            card.progress(event)

    @show.register
    def _tool_finished(self, event: ToolFinished) -> None:
        card = self._cards.pop(event.call_id, None)
        if card is not None:
            card.finish(event)
        self._settle(event.call_id, "")
        for line in alerts_in(event.value):
            self.say(line, "notice")

    @show.register
    def _approval_decided(self, event: ApprovalDecided) -> None:
        card = self._cards.get(event.call_id)
        if card is not None and event.decision == "reject":
            card.reject(planned=event.call_id in self._planned)
        elif card is not None and event.decision == "always":
            card.allowed_before = event.call_id not in self._approvals
        self._settle(event.call_id, event.decision)

    @show.register
    def _text(self, event: TextArrived) -> None:
        from surfaces.tui.messages import Message

        message = self._messages.get(event.message_id)
        if message is None:
            message = self._messages[event.message_id] = Message(event.agent)
            self.mount(message)
            self.last_answer = ""
        message.add(event.text)
        self.last_answer = message.text

    @show.register
    def _run_ended(self, event: RunEnded) -> None:
        run = event.run
        ended = f"Run {run.name} ({run.id[:8]}) {run.state.value.lower()}"
        took = f" after {duration(run.seconds)}" if run.seconds is not None else ""
        why = f": {run.reason.removesuffix('.')}" if run.reason else ""
        asked = f"You asked: {event.request}" if event.request else ""
        self.say(f"{ended}{took}{why}.", "notice" if why else "good", hint=asked)

    @show.register
    def _turn_finished(self, event: TurnFinished) -> None:
        spoke = bool(self._messages)
        self.finish()
        if event.answer and not spoke:
            self._replay_answer(event.answer)
        if event.stopped and clean(event.stopped) not in clean(event.answer):
            self.say(f"Stopped: {event.stopped}.", "notice")
        calls = f"{event.model_calls} model call{'' if event.model_calls == 1 else 's'}"
        tokens = f" · {event.tokens:,} tokens" if event.tokens else ""
        self.say(f"{calls}{tokens} · {duration(event.seconds)}")

    def ask_approval(self, card: ApprovalCard, *, typing: bool = False) -> None:
        """Show an approval card, or show it again after an edit."""
        from surfaces.tui.approval import ApprovalView

        view = self._approvals.get(card.call_id)
        if view is not None:
            view.show(card)
            return
        view = self._approvals[card.call_id] = ApprovalView(card, typing=typing)
        self.mount(view, after=self._cards.get(card.call_id))
        self.anchor()

    def show_plan(self, card: ApprovalCard) -> None:
        """Show what a call would have done."""
        from surfaces.tui.approval import PlannedCall

        self._planned.add(card.call_id)
        self.mount(PlannedCall(card), after=self._cards.get(card.call_id))
        self.anchor()

    def offer(self, why: str, *, typing: bool = False) -> "OfferView":
        """Ask whether the built-in model may answer."""
        from surfaces.tui.offer import OfferView

        self._offer = OfferView(why, typing=typing)
        self.mount(self._offer)
        self.anchor()
        return self._offer

    def next_question(self) -> "AskingView | None":
        """Return the first card or question that waits for an answer, if one does."""
        views = (*self._approvals.values(), *((self._offer,) if self._offer else ()))
        return next((view for view in views if view.open), None)

    def replay(self, turns: Sequence["Turn"]) -> None:
        """Show the turns of a session that goes on."""
        for turn in turns[-SHOWN_TURNS:]:
            self.ask(turn.question)
            self._replay_answer(turn.answer)

    def clear(self) -> None:
        """Begin with an empty conversation."""
        self.finish()
        self.last_answer = ""
        self.remove_children()

    def finish(self) -> None:
        """Close what is still open: nothing more comes for it."""
        for message in self._messages.values():
            message.complete()
        self._messages.clear()
        for card in self._cards.values():
            card.stop()
        for call_id in list(self._approvals):
            self._settle(call_id, "")
        self._cards.clear()

    def fold_all(self) -> None:
        """Fold every tool call away, or open them all if none is open."""
        from surfaces.tui.tool_card import ToolCard

        cards = list(self.query(ToolCard))
        fold = any(not card.has_class("-folded") for card in cards)
        for card in cards:
            if card.has_class("-folded") is not fold:
                card.action_fold()

    def _replay_answer(self, answer: str) -> None:
        from surfaces.tui.messages import Message

        message = Message("")
        self.mount(message)
        message.add(answer)
        message.complete()
        self.last_answer = answer

    def _settle(self, call_id: str, how: str) -> None:
        view = self._approvals.pop(call_id, None)
        if view is not None:
            view.settle(how)
