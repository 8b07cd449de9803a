"""A chat model that says what a test wrote down, and remembers what it was sent."""

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, ToolCall
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import Field


def call(name: str, **arguments: Any) -> AIMessage:
    """Return a message that calls one tool."""
    return AIMessage("", tool_calls=[ToolCall(name=name, args=arguments, id=f"call-{name}")])


class ScriptedModel(BaseChatModel):
    """Answers each agent from its own list, in order."""

    script: dict[str, list[AIMessage]]
    """Messages by the beginning of the agent's instructions."""
    offered: list[list[str]] = Field(default_factory=list)
    """The names of the tools that each call offered."""
    received: list[list[BaseMessage]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        del tool_choice, kwargs
        return self.bind(offered=[getattr(tool, "name", "") for tool in tools])

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        del stop, run_manager
        self.offered.append(kwargs.get("offered", []))
        self.received.append(list(messages))
        instructions = str(messages[0].text)
        agent = next(name for name in self.script if instructions.startswith(f"You are the {name}"))
        return ChatResult(generations=[ChatGeneration(message=self.script[agent].pop(0))])
