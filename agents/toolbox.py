"""The one registry of what the assistant can do."""

import asyncio
import inspect
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic_core import to_json

from agents.approval import Caller, RejectedError, approve, plain
from agents.docstrings import arguments_told, examples_in, purpose_of
from agents.events import Effect, OutsideText, ToolFinished, ToolStarted
from agents.meaning import NO_MEANING, Meaning, meaning_of
from agents.moving import Moving, progress_of_call
from agents.outside import KEPT_CHARACTERS, is_ours, outside_in, source_of
from agents.results import as_text
from core.audit import AuditEntry, AuditLog
from core.errors import AssistantError, RequestError, UnavailableError, not_found
from core.secrets import Masker
from core.visible import visible

LARGEST_NUMBER = 2**31 - 1
"""Beyond it, no count of anything here is meant."""

Value = TypeVar("Value")

calling_session: ContextVar[str] = ContextVar("calling_session", default="")
"""The conversation in which a tool is being called; empty outside of one."""


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
    """Whether its result is from outside as a whole: logs, objects, documents."""

    @property
    def name(self) -> str:
        """The name every surface uses."""
        return self.run.__name__

    @property
    def description(self) -> str:
        """The whole docstring."""
        return inspect.getdoc(self.run) or ""

    @property
    def purpose(self) -> str:
        """The docstring without what it says of the arguments; their schema says that."""
        return purpose_of(self.run)

    @property
    def summary(self) -> str:
        """The first paragraph of the docstring, on one line."""
        return " ".join(self.description.partition("\n\n")[0].split())

    def brings(self, value: object) -> str:
        """Return what of a result is from outside; empty where nothing is."""
        texts = "\n".join(outside_in(value))
        if self.untrusted and not texts:
            texts = as_text(value)
        return texts[:KEPT_CHARACTERS]

    def arguments(self) -> type[BaseModel]:
        """Return the schema of the arguments, from the signature."""
        return _schema(self.run)

    def schema(self) -> dict[str, Any]:
        """Return the schema of the arguments as a model is sent it."""
        schema = self.arguments().model_json_schema()
        schema.pop("title")
        for argument in schema["properties"].values():
            # Made from the name, which stands before it already.
            argument.pop("title", None)
        return schema

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
        values = {field: getattr(valid, field) for field in type(valid).model_fields}
        for name, value in values.items():
            if isinstance(value, int) and abs(value) > LARGEST_NUMBER:
                raise RequestError(f"{self.name} cannot use a number as large as its {name}.")
        return values


@cache
def _schema(function: Callable[..., object]) -> type[BaseModel]:
    told = arguments_told(function)
    fields: dict[str, Any] = {
        parameter.name: (parameter.annotation, _described(parameter, told))
        for parameter in inspect.signature(function, eval_str=True).parameters.values()
    }
    config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)
    return create_model(function.__name__, __config__=config, **fields)


def _described(parameter: inspect.Parameter, told: Mapping[str, str]) -> Any:
    """Return a field with what the docstring says of it; people may write more than examples."""
    description = told.get(parameter.name)
    words = examples_in(description or "")
    examples: list[Any] | None = None
    if words and parameter.annotation in (str, list[str]):
        examples = words if parameter.annotation is str else [words]
    default = ... if parameter.default is parameter.empty else parameter.default
    return Field(default, description=description, examples=examples)


def _explain(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(str(part) for part in problem['loc']) or 'arguments'}: "
        f"{problem['msg'][:1].lower()}{problem['msg'][1:]}"
        for problem in error.errors()
    )


class Toolbox:
    """Tools by name; the only way to call one.

    Args:
        tools: What can be done.
        masker: Masks every value and error that leaves the toolbox.
        read_only: Whether tools that write or destroy are taken away.
        audit: Where every call is recorded.
    """

    def __init__(
        self,
        tools: Iterable[Tool],
        masker: Masker | None = None,
        *,
        read_only: bool = False,
        audit: AuditLog | None = None,
    ) -> None:
        every = {tool.name: tool for tool in tools}
        self._withheld = frozenset(
            name for name, tool in every.items() if read_only and tool.effect is not Effect.READS
        )
        self._tools = {n: tool for n, tool in every.items() if n not in self._withheld}
        self._masker = masker or Masker()
        self._audit = audit

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

    def masked(self, value: Value) -> Value:
        """Return a value that did not come from a tool with its secrets masked, to be shown."""
        return self._masker.value(value)

    async def call(self, name: str, arguments: Mapping[str, object], caller: Caller) -> object:
        """Validate, ask for approval if the tool writes, and run it off the event loop.

        Raises:
            AssistantError: The call was not possible, was rejected or failed, in words.
        """
        # Masked at once: what runs is what the card shows, and no part of that can hide behind a
        # mask.
        given = self._masker.value(dict(arguments))
        call = _Call(id=uuid.uuid4().hex[:12], tool=name, arguments=given)
        caller.notify(
            ToolStarted(call_id=call.id, agent=caller.agent, tool=name, arguments=call.arguments)
        )
        try:
            value = self._masker.value(await self._carry_out(call, caller))
            meaning = meaning_of(name, call.arguments, value)
            self._record(call, caller, ok=True, result=len(to_json(value)), meaning=meaning)
        except AssistantError as error:
            if isinstance(error, RejectedError):
                call.decision = "reject"
            masked = self._told(call, error)
            if masked.quoted:
                caller.outside.append(_outside(call, "\n".join(masked.quoted)))
            caller.notify(
                call.finished(caller, ok=False, value=None, error=masked.message, hint=masked.hint)
            )
            if not call.recorded:
                self._record(call, caller, ok=False, error=masked.message)
            raise masked from error
        if brought := self._tools[name].brings(value):
            caller.outside.append(_outside(call, brought))
        caller.notify(call.finished(caller, ok=True, value=value))
        return value

    def _told(self, call: "_Call", error: AssistantError) -> AssistantError:
        """Return an error as it leaves the toolbox: masked, with what it quotes from outside."""
        message, hint = self._masker.text(error.message), self._masker.text(error.hint)
        running = call.running and not isinstance(error.__cause__, TimeoutError)
        # A service's own words may be in it, or what it found in a log, an object, a document.
        if running and (isinstance(error, UnavailableError) or self._tools[call.tool].untrusted):
            quoted = [f"{message} {hint}".strip()]
        else:
            named = error.quoted if call.found else ()
            quoted = [self._masker.text(text) for text in named if not is_ours(text)]
        return type(error)(message, hint=hint, quoted=quoted)

    async def _carry_out(self, call: "_Call", caller: Caller) -> object:
        tool = self.find(call.tool)
        call.effect, call.found = tool.effect, True
        calling_session.set(caller.session)
        values = tool.validate(call.arguments)
        if tool.effect is not Effect.READS:
            approved = await approve(tool, values, call.id, caller, self._masker)
            values, call.decision = approved.values, approved.decision
            call.arguments = plain(values)
            call.started = time.monotonic()
            # A change that cannot be written down is not made, and one that a killed process
            # broke off is known of.
            self._record(call, caller, stage="begun", ok=False)
        call.running = True
        return await self._run(tool, values, call, caller)

    def _record(
        self,
        call: "_Call",
        caller: Caller,
        *,
        ok: bool,
        stage: str = "ended",
        error: str = "",
        result: int = 0,
        meaning: Meaning = NO_MEANING,
    ) -> None:
        call.recorded = stage == "ended"
        if self._audit is not None:
            self._audit.record(
                AuditEntry(
                    at=datetime.now(UTC),
                    session=caller.session,
                    agent=caller.agent,
                    tool=call.tool,
                    arguments=self._masker.value(plain(call.arguments)),
                    effect=str(call.effect),
                    decision=call.decision,
                    stage=stage,
                    call=call.id,
                    ok=ok,
                    error=error,
                    result_bytes=result,
                    seconds=round(time.monotonic() - call.started, 4),
                    meant=meaning.arguments,
                    made=meaning.made,
                )
            )

    @staticmethod
    async def _run(tool: Tool, values: Mapping[str, Any], call: "_Call", caller: Caller) -> object:
        moving = Moving(caller.notify, call.id, caller.agent, call.tool)
        progress_of_call.set(moving)
        try:
            return await asyncio.wait_for(
                asyncio.to_thread(tool.run, **values), timeout=tool.seconds
            )
        except TimeoutError as error:
            raise UnavailableError(
                f"{tool.name} did not answer within {tool.seconds:g} s.",
                hint="Try again, or ask for less.",
            ) from error
        finally:
            # A thread cannot be ended; one that moves bytes is told to.
            moving.stop()


@dataclass(slots=True)
class _Call:
    """A call that is under way."""

    id: str
    tool: str
    arguments: Mapping[str, object]
    effect: Effect = Effect.READS
    decision: str = ""
    started: float = field(default_factory=time.monotonic)
    recorded: bool = False
    found: bool = False
    """Whether there is such a tool."""
    running: bool = False
    """Whether the tool was started: from then on it may repeat what it read."""

    def finished(
        self, caller: Caller, *, ok: bool, value: object, error: str = "", hint: str = ""
    ) -> ToolFinished:
        """Return the event of its end."""
        return ToolFinished(
            call_id=self.id,
            agent=caller.agent,
            tool=self.tool,
            ok=ok,
            value=value,
            error=error,
            hint=hint,
            seconds=time.monotonic() - self.started,
        )


def _outside(call: _Call, text: str) -> OutsideText:
    return OutsideText(source=source_of(call.tool, call.arguments), text=visible(text))
