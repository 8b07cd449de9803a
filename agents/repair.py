"""Replies of a model that are of no use: asked for once more, then told in words."""

from collections.abc import Awaitable, Callable
from typing import Any

from langchain.agents.middleware import AgentMiddleware, AgentState, ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from core.errors import UnavailableError


class Repair(AgentMiddleware[AgentState[Any], Any, Any]):
    """Asks again when a model says nothing or calls a tool with arguments that cannot be read.

    Without it such a reply ends the turn in silence. The useless reply is not kept.
    """

    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """Call the model, and once more if its reply is of no use."""
        response = await handler(request)
        problem = _problem(response.result[-1])
        if not problem:
            return response
        said, told = _as_words(response.result[-1]), HumanMessage(f"{problem} Reply once more.")
        response = await handler(request.override(messages=[*request.messages, said, told]))
        if problem := _problem(response.result[-1]):
            raise UnavailableError(
                f"The model's reply was of no use, twice: {problem}",
                hint="Ask in other words, or choose another model.",
            )
        return response


def _problem(reply: BaseMessage) -> str:
    """Return why a reply is of no use; empty if it is."""
    if not isinstance(reply, AIMessage):
        return ""
    if reply.invalid_tool_calls:
        names = ", ".join(f"`{call['name']}`" for call in reply.invalid_tool_calls)
        return f"The arguments of {names} are not a JSON object, so nothing was called."
    if not reply.tool_calls and not str(reply.text).strip():
        return "It was empty: neither text nor a call of a tool."
    return ""


def _as_words(reply: BaseMessage) -> AIMessage:
    """Return a useless reply as plain text; servers refuse calls that cannot be read."""
    calls = getattr(reply, "invalid_tool_calls", [])
    said = [str(reply.text), *(f"{call['name']} {call['args']}" for call in calls)]
    return AIMessage("\n".join(said).strip() or "(nothing)")
