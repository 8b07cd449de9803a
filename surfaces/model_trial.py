"""What a chat model can do, found out by calling it."""

import time
from dataclasses import dataclass
from typing import Any

from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig

from core.errors import AssistantError

YES = "yes"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTrial:
    """What a model can do; each answer is `yes`, or `no` and why."""

    streams: str
    calls_tools: str
    several_at_once: str
    first_words_seconds: float

    def __str__(self) -> str:
        """Return it on one line."""
        return (
            f"streams: {self.streams}; calls tools: {self.calls_tools};"
            f" several at once: {self.several_at_once};"
            f" first words after {self.first_words_seconds:.2f} s"
        )


async def try_model(model: BaseChatModel) -> ModelTrial:
    """Call a model once for words and once for tools.

    Raises:
        AssistantError: It does not answer, in words.
    """
    watch = _Stopwatch()
    await model.ainvoke(
        "Count from one to ten, in words, on one line.", RunnableConfig(callbacks=[watch])
    )
    tools, several = await _try_tools(model)
    return ModelTrial(
        streams=_streams(watch.pieces),
        calls_tools=tools,
        several_at_once=several,
        first_words_seconds=watch.first or watch.elapsed(),
    )


async def _try_tools(model: BaseChatModel) -> tuple[str, str]:
    """Return whether the model calls tools, and several at once."""
    try:
        reply = await model.bind_tools([_PROBE]).ainvoke(
            "Call the tool `say_hello` two times in one step: with name=Ada and with name=Bo."
        )
    except AssistantError as error:
        return f"no ({error.message.rstrip('.')})", "no"
    if not reply.tool_calls:
        return f"no ({_instead(reply)})", "no"
    return YES, YES if len(reply.tool_calls) > 1 else "no (one at a time, which works too)"


def _instead(reply: AIMessage) -> str:
    if reply.invalid_tool_calls:
        return "the arguments of its call are not a JSON object"
    return "it answered in words" if str(reply.text).strip() else "it answered nothing"


def _streams(pieces: int) -> str:
    if pieces > 1:
        return YES
    return "no (the answer came in one piece)" if pieces else "no (the answer was empty)"


class _Stopwatch(AsyncCallbackHandler):
    """Counts the pieces in which words come, and notes when the first did."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self.pieces = 0
        self.first = 0.0

    def elapsed(self) -> float:
        """Return the seconds since the call."""
        return time.monotonic() - self._started

    async def on_llm_new_token(self, token: str | list[Any], **kwargs: Any) -> None:
        """Count a piece."""
        del token, kwargs
        self.first = self.first or self.elapsed()
        self.pieces += 1


_PROBE = {
    "type": "function",
    "function": {
        "name": "say_hello",
        "description": "Greet somebody.",
        "parameters": {
            "type": "object",
            "properties": {"name": {"type": "string"}},
            "required": ["name"],
        },
    },
}
