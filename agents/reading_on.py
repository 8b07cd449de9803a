"""Results that are too long to be shown at once, and the way to read on in them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from langchain.agents.middleware import AgentMiddleware, AgentState, ModelRequest, ModelResponse
from langchain_core.tools import BaseTool, StructuredTool, ToolException
from pydantic import BaseModel, Field

from agents.events import OutsideText
from agents.results import fence, parts_of, shown_part
from agents.turn import current_turn
from core.errors import NotFoundError
from core.sessions import LongResult

READ_ON = "read_on"


class _ReadOnArguments(BaseModel):
    result: str = Field(description="The name that the cut result was given.", examples=["r1"])
    part: int = Field(description="Which part of it, from 1.", examples=[2])


class ReadingOn(AgentMiddleware[AgentState[Any], Any, Any]):
    """Gives an agent the tool that reads on, once a result of the conversation was cut."""

    def __init__(self) -> None:
        super().__init__()
        self.tools = [_read_on()]

    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """Call the model without the tool while there is nothing to read on in."""
        if not current_turn.get().long_results:
            others = [tool for tool in request.tools if _name(tool) != READ_ON]
            request = request.override(tools=others)
        return await handler(request)


async def first_part(text: str, tool: str, limit: int, *, outside: bool) -> str:
    """Return what a model is shown of a result, with a word on how to read on where it is cut."""
    parts = parts_of(text, limit)
    if len(parts) == 1:
        return fence(text, tool) if outside else text
    turn = current_turn.get()
    result = LongResult(source=tool, parts=tuple(parts), outside=outside)
    name = await asyncio.to_thread(turn.results.keep_result, turn.session, result)
    turn.long_results.append(name)
    return shown_part(result, name, 1)


def kept_for_later(names: Sequence[str]) -> str:
    """Return a word for the Swarm Agent on the long results that a specialist left unread."""
    if not names:
        return ""
    return f"\n(Kept for reading on with `{READ_ON}`, also later: {', '.join(names)}.)"


def _read_on() -> BaseTool:
    async def read_on(result: str, part: int) -> str:
        turn = current_turn.get()
        try:
            found = await asyncio.to_thread(turn.results.result, turn.session, result)
        except NotFoundError as error:
            kept = ", ".join(turn.long_results)
            raise ToolException(f"No result is called {result!r}. Kept are: {kept}.") from error
        if not 1 <= part <= len(found.parts):
            raise ToolException(f"{result} has no part {part}: it has 1 to {len(found.parts)}.")
        if found.outside:
            # A change that is proposed after it must be shown beside it.
            named = f"{READ_ON} {found.source} part={part}"
            turn.outside.append(OutsideText(source=named, text=found.parts[part - 1]))
        return shown_part(found, result, part)

    return StructuredTool(
        name=READ_ON,
        description="Read another part of a result that was cut because of its length.",
        args_schema=_ReadOnArguments,
        coroutine=read_on,
        handle_tool_error=True,
    )


def _name(tool: object) -> str:
    return tool.name if isinstance(tool, BaseTool) else ""
