"""The Swarm Agent and its specialists."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import AgentState, before_model
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AnyMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool, StructuredTool, ToolException
from langgraph.errors import GraphRecursionError
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from pydantic import BaseModel, Field

from agents.approval import RejectedError
from agents.events import HandOff, OutsideText
from agents.focus import focus_after
from agents.preferring import Preferring
from agents.reading_on import ReadingOn, first_part, kept_for_later
from agents.repair import Repair
from agents.results import as_text, fence
from agents.specialists import Specialist, prompt
from agents.toolbox import Tool, Toolbox
from agents.turn import current_turn
from core.errors import AssistantError
from core.focus import Focus
from core.runs import Run
from core.sessions import Watch
from core.settings import Limits

FOLLOW_UP = "follow_up"

Agent = CompiledStateGraph[Any, Any, Any, Any]


class _HandOffArguments(BaseModel):
    request: str = Field(description="What to do, understandable alone, with names and ids.")
    more: bool = Field(
        default=False,
        description="Whether another hand-off follows: because you need this answer for it, or"
        " because you make one call at a time.",
    )


class _FollowUpArguments(BaseModel):
    run: str = Field(description="The run's id.")
    request: str = Field(description="What to answer then.")


class _OpenTool(StructuredTool):
    """Passes on whatever a model gives, so that an argument called `self` is refused in words."""

    async def _arun(self, /, *args: Any, **arguments: Any) -> Any:
        del args
        arguments.pop("run_manager", None)
        assert self.coroutine is not None
        return await self.coroutine(**arguments)


class Swarm:
    """Answers a conversation: one supervisor, one agent for each specialist.

    Args:
        model: What every agent thinks with.
        toolbox: What can be done.
        specialists: Who does it.
        limits: What one turn may use.
        preferences: Returns what the person prefers, in their words.
    """

    def __init__(
        self,
        model: BaseChatModel,
        toolbox: Toolbox,
        specialists: Sequence[Specialist],
        limits: Limits,
        preferences: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self._limits = limits
        self._toolbox = toolbox
        hand_offs = [self._hand_off(model, specialist) for specialist in specialists]
        self._supervisor: Agent = create_agent(
            model,
            [*hand_offs, self._follow_up()],
            system_prompt=prompt("swarm"),
            middleware=[_end_when_answered, Preferring(preferences), Repair()],
            name="swarm",
        )

    async def answer(
        self, messages: Sequence[BaseMessage], listener: BaseCallbackHandler
    ) -> Sequence[BaseMessage]:
        """Carry a conversation on and return the messages that were added.

        Raises:
            AssistantError: A model or a service did not answer.
        """
        try:
            state = await self._supervisor.ainvoke(
                {"messages": list(messages)},
                RunnableConfig(
                    callbacks=[listener],
                    recursion_limit=2 * self._limits.steps,
                    metadata={"agent": "swarm"},
                ),
            )
        except GraphRecursionError as error:
            raise AssistantError(
                f"The request took more than {self._limits.steps} steps and was stopped.",
                hint="Ask for less at once, or raise `limits.steps` in the settings.",
            ) from error
        added: Sequence[BaseMessage] = state["messages"][len(messages) :]
        return added

    def _hand_off(self, model: BaseChatModel, specialist: Specialist) -> BaseTool:
        tools = [tool for tool in self._toolbox if tool.name in specialist.tools]
        agent: Agent = create_agent(
            model,
            [self._callable(tool, specialist.name) for tool in tools],
            system_prompt=specialist.prompt(),
            middleware=[ReadingOn(), Repair()],
            name=specialist.name,
        )

        async def ask(request: str, more: bool = False) -> tuple[str, dict[str, Any]]:
            del more  # read by _end_when_answered from the call itself
            turn = current_turn.get()
            request = turn.masker.text(request)
            turn.tell(HandOff(agent=specialist.name, request=request))
            read_before, kept_before = len(turn.outside), len(turn.long_results)
            try:
                state = await agent.ainvoke(
                    {"messages": [HumanMessage(request)]},
                    RunnableConfig(
                        recursion_limit=2 * self._limits.steps,
                        metadata={"agent": specialist.name},
                    ),
                )
            except GraphRecursionError:
                said = f"The {specialist.title} stopped after {self._limits.steps} steps."
                turn.say(said, specialist.name, f"{specialist.name}-limit")
                return said, {"outside": _plain(turn.outside[read_before:])}
            messages: list[BaseMessage] = state["messages"]
            outside = _plain(turn.outside[read_before:])
            said = turn.masker.text(str(messages[-1].text))
            # What a specialist says after it read something may be what it read.
            content = fence(said, specialist.name) if outside else said
            content += kept_for_later(turn.long_results[kept_before:])
            return content, {**_record(messages), "outside": outside}

        return StructuredTool(
            name=specialist.hand_off,
            description=f"{specialist.title}. {specialist.about}",
            args_schema=_HandOffArguments,
            coroutine=ask,
            response_format="content_and_artifact",
        )

    def _callable(self, tool: Tool, agent: str) -> BaseTool:
        """Return a tool as LangChain calls it: errors become words that a model can act on."""
        limit = self._limits.result_characters

        async def call(**arguments: Any) -> tuple[str, Any]:
            turn = current_turn.get()
            try:
                value = await self._toolbox.call(tool.name, arguments, turn.caller(agent))
            except AssistantError as error:
                told = _explained(error)
                return fence(told, tool.name) if error.quoted else told, error
            if run_id := getattr(value, "id", "") if tool.name in _WATCHED else "":
                asked = tool.name == "watch_run"
                # Of a run that has ended already the answer tells; nothing is left to wait for.
                if not (asked and isinstance(value, Run) and value.state.ended):
                    turn.watches.append(Watch(run_id=run_id, asked=asked))
            outside = bool(tool.brings(value))
            shown = await first_part(as_text(value), tool.name, limit, outside=outside)
            return shown, (value, focus_after(Focus(), tool.name, arguments, value))

        return _OpenTool(
            name=tool.name,
            description=tool.purpose,
            args_schema=tool.schema(),
            coroutine=call,
            response_format="content_and_artifact",
        )

    @staticmethod
    def _follow_up() -> BaseTool:
        async def follow_up(run: str, request: str) -> tuple[str, dict[str, Any]]:
            turn = current_turn.get()
            try:
                found = await asyncio.to_thread(turn.find_run, run)
            except AssistantError as error:
                raise ToolException(turn.masker.text(str(error))) from error
            if found.state.ended:
                # It would be answered at once, and could ask for the same again without end.
                raise ToolException(f"Run {found.id} has ended already: answer now.")
            request = turn.masker.text(request)
            turn.watches.append(Watch(run_id=found.id, request=request))
            said = f"When run `{found.id}` ends, I go on with: “{request}”."
            turn.say(said, "swarm", f"follow-up-{found.id}-{len(turn.watches)}")
            return said, {}

        return StructuredTool(
            name=FOLLOW_UP,
            description="Answer a part of the request when a run has ended. Returns at once.",
            args_schema=_FollowUpArguments,
            coroutine=follow_up,
            response_format="content_and_artifact",
            handle_tool_error=True,
        )


_WATCHED = frozenset({"start_run", "watch_run", "retry_run"})
"""Tools after which the end of a run is told."""


@before_model(can_jump_to=["end"])
def _end_when_answered(state: AgentState[Any], runtime: Runtime[Any]) -> dict[str, Any] | None:
    """End the turn when the latest hand-offs asked for nothing more: rewording costs a call."""
    del runtime
    messages: list[AnyMessage] = state["messages"]
    if not isinstance(messages[-1], ToolMessage):
        return None
    call_message = next(m for m in reversed(messages) if m.type == "ai")
    calls = getattr(call_message, "tool_calls", [])
    answers = {m.tool_call_id: m for m in messages if isinstance(m, ToolMessage)}
    if any(call["args"].get("more") in (True, "true", "True") for call in calls):
        return None
    # A hand-off that does not exist, or that broke, goes back to the model.
    if any(answers[call["id"]].status == "error" for call in calls if call["id"] in answers):
        return None
    return {"jump_to": "end"}


def _explained(error: AssistantError) -> str:
    """Return an error as a model reads it."""
    never_again = " Do not propose this call again." if isinstance(error, RejectedError) else ""
    return f"{error}{never_again}"


def _plain(texts: Sequence[OutsideText]) -> list[dict[str, Any]]:
    return [asdict(text) for text in texts]


def _record(messages: Sequence[BaseMessage]) -> dict[str, Any]:
    """Return what a specialist did, as plain data that a conversation can keep."""
    focus: dict[str, str] = {}
    outcomes = [m.artifact for m in messages if isinstance(m, ToolMessage) and m.artifact]
    for outcome in outcomes:
        if not isinstance(outcome, AssistantError):
            _, latest = outcome
            focus |= {name: value for name, value in asdict(latest).items() if value}
    return {
        "focus": focus,
        "failed": bool(outcomes) and isinstance(outcomes[-1], AssistantError),
        "rejected": any(isinstance(outcome, RejectedError) for outcome in outcomes),
    }
