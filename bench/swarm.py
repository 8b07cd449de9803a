"""Measures what the swarm itself costs: model calls and time for a turn.

Run `python -m bench.swarm [turns]`. The model answers at once from a script, so that what is left
is ours: handing off, calling tools, masking, recording and keeping the conversation. Beside it: a
bare LangChain agent with one tool, and a bare call of the model. The median turn must take at most
40 ms, a plain request 3 model calls and two independent ones 5.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain.agents import create_agent
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolCall, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool, tool

from agents.events import Answer, ApprovalCard, Decision, TurnFinished
from agents.session import Session
from agents.specialists import SPECIALISTS
from agents.swarm import Swarm
from core.settings import Limits, Settings
from surfaces.assembly import Assistant, assemble

TARGET_MS = 40.0
TARGET_CALLS = {"plain request": 3, "two independent requests": 5}
WARM_UP = 5


def _calls(*names: str, **arguments: Any) -> AIMessage:
    calls = [ToolCall(name=name, args=arguments, id=f"call-{name}") for name in names]
    return AIMessage("", tool_calls=calls)


PLAIN: Mapping[str, AIMessage] = {
    "Swarm": _calls("ask_minio_agent", request="list the buckets"),
    "MinIO": _calls("list_buckets"),
}
BOTH: Mapping[str, AIMessage] = {
    "Swarm": _calls("ask_minio_agent", "ask_kfp_agent", request="list them"),
    "MinIO": _calls("list_buckets"),
    "KFP": _calls("list_pipelines"),
}


class InstantModel(BaseChatModel):
    """Calls what its agent is to call, then answers."""

    first: Mapping[str, AIMessage]

    @property
    def _llm_type(self) -> str:
        return "instant"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Return this model; it knows which tools there are."""
        del tools, tool_choice, kwargs
        return self.bind()

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        del stop, run_manager, kwargs
        agent = str(messages[0].text).removeprefix("You are the ").split(" ")[0]
        done = isinstance(messages[-1], ToolMessage) or agent not in self.first
        message = AIMessage("There are three.") if done else self.first[agent].model_copy()
        return ChatResult(generations=[ChatGeneration(message=message)])


@dataclass(frozen=True, slots=True)
class Measured:
    """What one kind of turn took."""

    name: str
    model_calls: int
    milliseconds: Sequence[float]

    def row(self) -> str:
        """Return a line of the table."""
        times = sorted(self.milliseconds)
        high = times[int(len(times) * 0.95)]
        median = statistics.median(times)
        return f"{self.name:<28}{self.model_calls:>12}{median:>12.1f}{high:>12.1f}"


async def _measure(name: str, turns: int, turn: Callable[[], Awaitable[int]]) -> Measured:
    times, calls = [], 0
    for number in range(WARM_UP + turns):
        began = time.perf_counter()
        calls = await turn()
        if number >= WARM_UP:
            times.append((time.perf_counter() - began) * 1000)
    return Measured(name, calls, times)


async def _reject(card: ApprovalCard) -> Decision:
    del card
    return Decision(answer=Answer.REJECT)


def _turn_of(assistant: Assistant, script: Mapping[str, AIMessage]) -> Callable[[], Awaitable[int]]:
    swarm = Swarm(InstantModel(first=script), assistant.toolbox, SPECIALISTS, Limits())

    async def turn() -> int:
        # A conversation of its own each time: what grows with a conversation is not measured here.
        session = Session(
            assistant.sessions.create(),
            lambda: swarm,
            assistant.sessions,
            assistant.runs,
            Limits(),
            assistant.masker,
        )
        finished = [event async for event in session.ask("what is there?", _reject)][-1]
        assert isinstance(finished, TurnFinished)
        assert not finished.stopped, finished.stopped
        return finished.model_calls

    return turn


def _bare_agent() -> Callable[[], Awaitable[int]]:
    @tool
    def list_buckets() -> str:
        """List the buckets."""
        return "three"

    model = InstantModel(first={"MinIO": _calls("list_buckets")})
    agent: Any = create_agent(model, [list_buckets], system_prompt="You are the MinIO agent.")

    async def turn() -> int:
        await agent.ainvoke({"messages": [HumanMessage("what is there?")]})
        return 2

    return turn


def _bare_model() -> Callable[[], Awaitable[int]]:
    model = InstantModel(first={})

    async def turn() -> int:
        await model.ainvoke("what is there?")
        return 1

    return turn


async def measure(turns: int, home: Path) -> Sequence[Measured]:
    """Measure every kind of turn."""
    assistant = assemble(Settings(home=home))
    return [
        await _measure("plain request", turns, _turn_of(assistant, PLAIN)),
        await _measure("two independent requests", turns, _turn_of(assistant, BOTH)),
        await _measure("bare agent, one tool", turns, _bare_agent()),
        await _measure("bare model call", turns, _bare_model()),
    ]


def main() -> int:
    """Print the table; 1 if a target is missed."""
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    with tempfile.TemporaryDirectory() as home:
        measured = asyncio.run(measure(turns, Path(home)))
    print(f"{turns} turns each{'':<15}{'model calls':>12}{'median ms':>12}{'95 % ms':>12}")
    for kind in measured:
        print(kind.row())
    median = statistics.median(measured[0].milliseconds)
    print(f"own cost of a plain request: {median:.1f} ms (target: at most {TARGET_MS:g} ms)")
    few = all(kind.model_calls <= TARGET_CALLS.get(kind.name, 9) for kind in measured)
    return 0 if few and median <= TARGET_MS else 1


if __name__ == "__main__":
    sys.exit(main())
