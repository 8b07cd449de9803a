"""The one registry of what the assistant can do."""

import asyncio
import inspect
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, create_model

from agents.events import (
    Answer,
    ApprovalCard,
    ApprovalDecided,
    Decision,
    Effect,
    Event,
    ToolFinished,
    ToolStarted,
)
from core.errors import AssistantError, RequestError, UnavailableError, not_found
from core.secrets import Masker

Approver = Callable[[ApprovalCard], Awaitable[Decision]]
Notify = Callable[[Event], None]

MAXIMUM_EDITS = 5
"""How often one card comes back after an edit that cannot be used."""


class RejectedError(RequestError):
    """The person said no; what hangs on the call is dropped."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A function an agent may call; its name, docstring and signature are the contract."""

    run: Callable[..., object]
    effect: Effect = Effect.READS
    details: Callable[..., Mapping[str, str]] | None = None
    """Says what a call with these arguments touches and costs, for the approval card."""
    seconds: float = 120
    """How long a call may take."""
    untrusted: bool = False
    """Whether its result carries text from outside: logs, objects, documents."""

    @property
    def name(self) -> str:
        """The name every surface uses."""
        return self.run.__name__

    @property
    def description(self) -> str:
        """The whole docstring."""
        return inspect.getdoc(self.run) or ""

    @property
    def summary(self) -> str:
        """The first paragraph of the docstring, on one line."""
        return " ".join(self.description.partition("\n\n")[0].split())

    def arguments(self) -> type[BaseModel]:
        """Return the schema of the arguments, from the signature."""
        return _schema(self.run)

    def validate(self, arguments: Mapping[str, object]) -> dict[str, Any]:
        """Return the arguments as the function takes them.

        Raises:
            RequestError: One is unknown, missing or of the wrong type.
        """
        try:
            valid = self.arguments().model_validate(dict(arguments))
        except ValidationError as error:
            raise RequestError(
                f"{self.name} cannot use these arguments: {_explain(error)}.",
                hint=f"It takes {', '.join(self.arguments().model_fields) or 'no arguments'}.",
            ) from error
        return {field: getattr(valid, field) for field in type(valid).model_fields}


@cache
def _schema(function: Callable[..., object]) -> type[BaseModel]:
    fields: dict[str, Any] = {
        parameter.name: (
            parameter.annotation,
            ... if parameter.default is parameter.empty else parameter.default,
        )
        for parameter in inspect.signature(function, eval_str=True).parameters.values()
    }
    config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)
    return create_model(function.__name__, __config__=config, **fields)


def _explain(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(str(part) for part in problem['loc']) or 'arguments'}: "
        f"{problem['msg'][:1].lower()}{problem['msg'][1:]}"
        for problem in error.errors()
    )


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf a tool is called."""

    agent: str
    approve: Approver
    notify: Notify


class Toolbox:
    """Tools by name; the only way to call one.

    Args:
        tools: What can be done.
        masker: Masks every value and error that leaves the toolbox.
        read_only: Whether tools that write or destroy are taken away.
    """

    def __init__(
        self, tools: Iterable[Tool], masker: Masker | None = None, *, read_only: bool = False
    ) -> None:
        every = {tool.name: tool for tool in tools}
        self._withheld = frozenset(
            name for name, tool in every.items() if read_only and tool.effect is not Effect.READS
        )
        self._tools = {n: tool for n, tool in every.items() if n not in self._withheld}
        self._masker = masker or Masker()

    def __iter__(self) -> Iterator[Tool]:
        return iter(self._tools.values())

    def __contains__(self, name: object) -> bool:
        return name in self._tools

    def find(self, name: str) -> Tool:
        """Return a tool by its name.

        Raises:
            NotFoundError: There is no such tool; the hint names the closest.
            RequestError: The tool writes, and this assistant is read-only.
        """
        if name in self._withheld:
            raise RequestError(
                f"{name} changes something, and this assistant is read-only.",
                hint="Start it without --read-only to allow changes, each after your approval.",
            )
        if name not in self._tools:
            raise not_found("tool", name, self._tools)
        return self._tools[name]

    async def call(self, name: str, arguments: Mapping[str, object], caller: Caller) -> object:
        """Validate, ask for approval if the tool writes, and run it off the event loop.

        Raises:
            AssistantError: The call was not possible, was rejected or failed, in words.
        """
        call_id = uuid.uuid4().hex[:12]
        started = time.monotonic()
        caller.notify(
            ToolStarted(call_id=call_id, agent=caller.agent, tool=name, arguments=dict(arguments))
        )
        try:
            tool = self.find(name)
            values = tool.validate(arguments)
            if tool.effect is not Effect.READS:
                values = await self._approved(tool, values, call_id, caller)
                started = time.monotonic()
            value = self._masker.value(await self._run(tool, values))
        except AssistantError as error:
            masked = type(error)(
                self._masker.text(error.message), hint=self._masker.text(error.hint)
            )
            caller.notify(
                ToolFinished(
                    call_id=call_id,
                    agent=caller.agent,
                    tool=name,
                    ok=False,
                    value=None,
                    error=masked.message,
                    hint=masked.hint,
                    seconds=time.monotonic() - started,
                )
            )
            raise masked from error
        caller.notify(
            ToolFinished(
                call_id=call_id,
                agent=caller.agent,
                tool=name,
                ok=True,
                value=value,
                seconds=time.monotonic() - started,
            )
        )
        return value

    async def _approved(
        self, tool: Tool, values: dict[str, Any], call_id: str, caller: Caller
    ) -> dict[str, Any]:
        """Show the card until the person allows exactly what it shows, or rejects it."""
        card = await self._card(tool, values, call_id, caller.agent)
        edited = False
        for _ in range(MAXIMUM_EDITS):
            decision = await caller.approve(self._masker.value(card))
            if decision.answer is Answer.REJECT:
                self._tell(caller, card, "reject")
                word = f" They said: {decision.word}" if decision.word else ""
                raise RejectedError(f"{tool.name} was rejected; nothing was changed.{word}")
            if decision.arguments is None or _plain(decision.arguments) == card.arguments:
                self._tell(caller, card, "edit" if edited else "allow")
                return values
            # Edited arguments are shown again, so that what runs is always what was last seen.
            try:
                proposed = tool.validate(decision.arguments)
                card = await self._card(tool, proposed, call_id, caller.agent)
                values, edited = proposed, True
            except AssistantError as error:
                card = replace(card, problem=str(error))
        raise RequestError(f"{tool.name} was not run: its arguments were edited too often.")

    @staticmethod
    async def _card(
        tool: Tool, values: Mapping[str, Any], call_id: str, agent: str
    ) -> ApprovalCard:
        """Return what the person is shown; a call that cannot work is refused before they are."""
        details = await asyncio.to_thread(tool.details, **values) if tool.details else {}
        return ApprovalCard(
            call_id=call_id,
            agent=agent,
            tool=tool.name,
            summary=tool.summary,
            arguments=_plain(values),
            effect=tool.effect,
            details=details,
        )

    @staticmethod
    def _tell(caller: Caller, card: ApprovalCard, decision: str) -> None:
        caller.notify(
            ApprovalDecided(
                call_id=card.call_id, tool=card.tool, arguments=card.arguments, decision=decision
            )
        )

    @staticmethod
    async def _run(tool: Tool, values: Mapping[str, Any]) -> object:
        try:
            return await asyncio.wait_for(
                asyncio.to_thread(tool.run, **values), timeout=tool.seconds
            )
        except TimeoutError as error:
            raise UnavailableError(
                f"{tool.name} did not answer within {tool.seconds:g} s.",
                hint="Try again, or ask for less.",
            ) from error


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    plain: dict[str, object] = TypeAdapter(dict[str, Any]).dump_python(dict(values), mode="json")
    return plain
