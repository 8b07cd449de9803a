"""Replies of a model that are of no use: asked for once more, then told in words."""

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from langchain.agents.middleware import AgentMiddleware, AgentState, ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from core.errors import AssistantError, UnavailableError

REPEATS = 2
"""How often the same call may be made in one request; its result would be the same again."""


class ModelFailedError(UnavailableError):
    """The model did not answer, or with nothing of use; another model could."""


class Repair(AgentMiddleware[AgentState[Any], Any, Any]):
    """Asks again when a model says nothing, only repeats itself, or writes what cannot be read.

    Without it such a reply ends the turn in silence or goes on until a limit is reached. The
    useless reply is not kept.
    """

    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """Call the model, and once more if its reply is of no use."""
        try:
            return await self._answer(request, handler)
        except AssistantError as error:
            raise ModelFailedError(error.message, hint=error.hint) from error

    @staticmethod
    async def _answer(
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        response = await handler(request)
        problem = _problem(response.result[-1], request.messages)
        if not problem:
            return response
        said, told = _as_words(response.result[-1]), HumanMessage(f"{problem} Reply once more.")
        response = await handler(request.override(messages=[*request.messages, said, told]))
        if problem := _problem(response.result[-1], request.messages):
            raise UnavailableError(
                f"The model's reply was of no use, twice: {problem}",
                hint="Ask in other words, or choose another model.",
            )
        return response


def _problem(reply: BaseMessage, before: Sequence[BaseMessage]) -> str:
    """Return why a reply is of no use; empty if it is."""
    if not isinstance(reply, AIMessage):
        return ""
    if reply.invalid_tool_calls:
        names = ", ".join(f"`{call['name']}`" for call in reply.invalid_tool_calls)
        return f"The arguments of {names} are not a JSON object, so nothing was called."
    if not reply.tool_calls and not str(reply.text).strip():
        return "It was empty: neither text nor a call of a tool."
    made = _calls_since_the_request(before)
    if repeated := [name for name, call in _calls_of(reply) if made.count((name, call)) >= REPEATS]:
        return (
            f"`{repeated[0]}` was called {REPEATS} times with these arguments and was answered;"
            " it was not called again. Go on with what was answered."
        )
    return ""


def _calls_since_the_request(messages: Sequence[BaseMessage]) -> list[tuple[str, str]]:
    start = max((at for at, m in enumerate(messages) if isinstance(m, HumanMessage)), default=0)
    return [call for m in messages[start:] if isinstance(m, AIMessage) for call in _calls_of(m)]


def _calls_of(message: AIMessage) -> list[tuple[str, str]]:
    """Return what a message calls, so that two ways to write the same compare equal."""
    return [
        (call["name"], json.dumps(call["args"], sort_keys=True, default=str))
        for call in message.tool_calls
    ]


def _as_words(reply: BaseMessage) -> AIMessage:
    """Return a useless reply as plain text; servers refuse calls that cannot be read."""
    calls = [*getattr(reply, "tool_calls", []), *getattr(reply, "invalid_tool_calls", [])]
    said = [str(reply.text), *(f"{call['name']} {call['args']}" for call in calls)]
    return AIMessage("\n".join(said).strip() or "(nothing)")
