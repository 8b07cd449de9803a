"""Approvals: how cards and answers pass between whoever asks and the widgets."""

import asyncio
from abc import abstractmethod
from typing import TYPE_CHECKING

from textual.app import App

from agents.events import Answer, Decision
from surfaces.tui.completion import Completion
from surfaces.tui.prompt import Prompt
from surfaces.tui.transcript import Transcript

if TYPE_CHECKING:
    from agents.events import ApprovalCard
    from surfaces.tui.approval import ApprovalView
    from surfaces.tui.asking import AskingView
    from surfaces.tui.offer import OfferView

PLAN_WORD = "plan only: nothing is carried out"
"""What is said with every rejection while nothing is carried out."""


def plan_rejection() -> Decision:
    """Return what every card is answered while nothing is carried out."""
    return Decision(answer=Answer.REJECT, word=PLAN_WORD)


class ApprovingApp(App[None]):
    """The part of the application that asks before anything is changed."""

    def __init__(self) -> None:
        super().__init__()
        self.plan_only = False
        """Whether every change is shown and none is carried out."""
        self.transcript = Transcript()
        self.completion = Completion()
        self.prompt = Prompt(self.completion)
        self._decisions: dict[str, asyncio.Future[Decision]] = {}
        self._accepted: asyncio.Future[bool] | None = None

    @abstractmethod
    def show_activity(self) -> None:
        """Say in the status bar what is going on."""

    @property
    def asks(self) -> bool:
        """Whether a card or an offer waits for the person's answer."""
        return bool(self._decisions) or self.offers

    @property
    def offers(self) -> bool:
        """Whether the offer to let the built-in model answer waits for the person's answer."""
        return self._accepted is not None

    async def approve(self, card: "ApprovalCard") -> Decision:
        """Show a card and wait for the person's answer; a plan needs none."""
        if self.plan_only:
            self.transcript.show_plan(card)
            return plan_rejection()
        decision: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
        self._decisions[card.call_id] = decision
        self.transcript.ask_approval(card, typing=bool(self.prompt.text))
        self.show_activity()
        try:
            return await decision
        finally:
            self._decisions.pop(card.call_id, None)
            self.show_activity()

    async def stand_in(self, why: str) -> bool:
        """Ask whether the built-in model may answer a turn whose model was lost."""
        self._accepted = asyncio.get_running_loop().create_future()
        view = self.transcript.offer(why, typing=bool(self.prompt.text))
        self.show_activity()
        accepted = False
        try:
            accepted = await self._accepted
        finally:
            self._accepted = None
            view.settle(accepted=accepted)
            self.show_activity()
        return accepted

    def on_offer_view_decided(self, event: "OfferView.Decided") -> None:
        """Hand the person's answer to the turn that waits for it."""
        event.stop()
        if self._accepted is not None and not self._accepted.done():
            self._accepted.set_result(event.accepted)
        self.action_approval()

    def reject_waiting(self) -> None:
        """Answer the cards that wait: nothing is carried out any more."""
        for decision in self._decisions.values():
            if not decision.done():
                decision.set_result(plan_rejection())

    def on_approval_view_decided(self, event: "ApprovalView.Decided") -> None:
        """Hand the person's answer to whoever waits for it."""
        event.stop()
        decision = self._decisions.get(event.call_id)
        if decision is not None and not decision.done():
            decision.set_result(event.decision)
        self.action_approval()

    def on_asking_view_typed(self, event: "AskingView.Typed") -> None:
        """Put a letter where it was meant to go."""
        event.stop()
        self.prompt.insert(event.character)

    def action_approval(self) -> None:
        """Go to the approval that waits, or back to the prompt."""
        (self.transcript.next_question() or self.prompt).focus()
