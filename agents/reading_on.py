"""Results that are too long to be shown at once, and the way to read on in them."""

from collections.abc import Awaitable, Callable
from typing import Any

from langchain.agents.middleware import AgentMiddleware, AgentState, ModelRequest, ModelResponse
from langchain_core.tools import BaseTool, StructuredTool, ToolException
from pydantic import BaseModel, Field

from agents.events import OutsideText
from agents.results import CutResult, fence, parts_of
from agents.turn import current_turn

READ_ON = "read_on"


class _ReadOnArguments(BaseModel):
    result: str = Field(description="The name that the cut result was given.", examples=["r1"])
    part: int = Field(description="Which part of it, from 1.", examples=[2])


class ReadingOn(AgentMiddleware[AgentState[Any], Any, Any]):
    """Gives an agent the tool that reads on, once a result of the turn was cut."""

    def __init__(self) -> None:
        super().__init__()
        self.tools = [_read_on()]

    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """Call the model without the tool while there is nothing to read on in."""
        if not current_turn.get().cut:
            others = [tool for tool in request.tools if _name(tool) != READ_ON]
            request = request.override(tools=others)
        return await handler(request)


def first_part(text: str, source: str, limit: int, *, outside: bool) -> str:
    """Return what a model is shown of a result, with a word on how to read on where it is cut."""
    parts = parts_of(text, limit)
    if len(parts) == 1:
        return fence(text, source) if outside else text
    kept = current_turn.get().cut
    name = f"r{len(kept) + 1}"
    kept[name] = CutResult(source=source, parts=tuple(parts), outside=outside)
    return kept[name].shown(name, 1)


def _read_on() -> BaseTool:
    async def read_on(result: str, part: int) -> str:
        turn = current_turn.get()
        cut = turn.cut.get(result)
        if cut is None:
            raise ToolException(f"No result is called {result!r}. Cut were: {', '.join(turn.cut)}.")
        if not 1 <= part <= len(cut.parts):
            raise ToolException(f"{result} has no part {part}: it has 1 to {len(cut.parts)}.")
        if cut.outside:
            # A change that is proposed after it must be shown beside it.
            named = f"{READ_ON} {cut.source} part={part}"
            turn.outside.append(OutsideText(source=named, text=cut.parts[part - 1]))
        return cut.shown(result, part)

    return StructuredTool(
        name=READ_ON,
        description="Read another part of a result that was cut because of its length.",
        args_schema=_ReadOnArguments,
        coroutine=read_on,
        handle_tool_error=True,
    )


def _name(tool: object) -> str:
    return tool.name if isinstance(tool, BaseTool) else ""
