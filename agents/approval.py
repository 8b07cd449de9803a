"""Approval: who decides about a change, what they are shown, and what they allowed before."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from agents.events import (
    Answer,
    ApprovalCard,
    ApprovalDecided,
    Decision,
    Effect,
    Event,
    OutsideText,
)
from agents.outside import beside
from core.errors import AssistantError, RequestError
from core.secrets import Masker

if TYPE_CHECKING:
    from agents.toolbox import Tool

Approver = Callable[[ApprovalCard], Awaitable[Decision]]
StandIn = Callable[[str], Awaitable[bool]]
"""Asks whether the built-in model may answer a turn, and says why the chosen one did not."""
Notify = Callable[[Event], None]

MAXIMUM_EDITS = 5
"""How often one card comes back after an edit that cannot be used."""

_PLAIN: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])


class RejectedError(RequestError):
    """The person said no; what hangs on the call is dropped."""


class Grants:
    """Tools that the person allowed for the rest of a conversation; held in memory only."""

    def __init__(self) -> None:
        self._tools: dict[str, None] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._tools))

    def __contains__(self, tool: object) -> bool:
        return tool in self._tools

    def allow(self, tool: str) -> None:
        """Allow a tool from now on."""
        self._tools[tool] = None

    def revoke(self, tool: str) -> bool:
        """Ask again from now on; False when the tool was not allowed."""
        return self._tools.pop(tool, 0) is None


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf a tool is called."""

    agent: str
    approve: Approver
    notify: Notify
    session: str = ""
    grants: Grants = field(default_factory=Grants)
    outside: list[OutsideText] = field(default_factory=list)
    """Texts from outside that the model has read; a change proposed after them shows them."""


@dataclass(frozen=True, slots=True)
class Approved:
    """What was allowed, and how."""

    values: dict[str, Any]
    decision: str
    """`allow`, `edit` or `always`."""


async def approve(
    tool: "Tool", values: dict[str, Any], call_id: str, caller: Caller, masker: Masker
) -> Approved:
    """Show the card until the person allows exactly what it shows, or rejects it.

    A tool that was allowed for the conversation is not asked about again, unless it destroys
    something or text from outside is in play: that text might be what proposed the change.

    Raises:
        RejectedError: The person said no.
        RequestError: The call cannot work, or was edited too often.
    """
    card = await _card(tool, values, call_id, caller)
    if tool.name in caller.grants and may_be_granted(card):
        _tell(caller, card, "always")
        return Approved(values, "always")
    edited = False
    for _ in range(MAXIMUM_EDITS):
        decision = await _decision(card, caller, masker)
        if decision.arguments is None or plain(decision.arguments) == card.arguments:
            if plain(values) != card.arguments:
                raise RequestError(f"{tool.name} was changed after it was allowed; it was not run.")
            how = "edit" if edited else "allow"
            if decision.answer is Answer.ALWAYS and may_be_granted(card):
                caller.grants.allow(tool.name)
                how = "always"
            _tell(caller, card, how)
            return Approved(values, how)
        # Edited arguments are shown again, so that what runs is always what was last seen.
        try:
            proposed = tool.validate(masker.value(dict(decision.arguments)))
            card = await _card(tool, proposed, call_id, caller)
            values, edited = proposed, True
        except AssistantError as error:
            card = replace(card, problem=str(error))
    raise RequestError(f"{tool.name} was not run: its arguments were edited too often.")


async def _decision(card: ApprovalCard, caller: Caller, masker: Masker) -> Decision:
    """Return what the person said to a card, unless they rejected it."""
    try:
        decision = await caller.approve(masker.value(card))
        if decision.answer is Answer.REJECT:
            word = f" They said: {decision.word}" if decision.word else ""
            raise RejectedError(f"{card.tool} was rejected; nothing was changed.{word}")
    except RejectedError:
        # An approver that cannot ask anybody says so in its own words.
        _tell(caller, card, "reject")
        raise
    return decision


def may_be_granted(card: ApprovalCard) -> bool:
    """Return whether `always` may be said to a card."""
    return card.effect is Effect.WRITES and not card.outside


async def _card(
    tool: "Tool", values: Mapping[str, Any], call_id: str, caller: Caller
) -> ApprovalCard:
    """Return what the person is shown; a call that cannot work is refused before they are."""
    details = await asyncio.to_thread(tool.details, **values) if tool.details else {}
    return ApprovalCard(
        call_id=call_id,
        agent=caller.agent,
        tool=tool.name,
        summary=tool.summary,
        arguments=plain(values),
        effect=tool.effect,
        details=details,
        outside=beside(caller.outside, tool.name, plain(values)),
    )


def _tell(caller: Caller, card: ApprovalCard, decision: str) -> None:
    caller.notify(
        ApprovalDecided(
            call_id=card.call_id, tool=card.tool, arguments=card.arguments, decision=decision
        )
    )


def plain(values: Mapping[str, object]) -> dict[str, object]:
    """Return arguments as JSON writes them, so that two ways to write one compare equal."""
    written: dict[str, object] = _PLAIN.dump_python(dict(values), mode="json")
    return written
