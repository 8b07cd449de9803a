"""Any OpenAI-compatible endpoint as a chat model."""

import json
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from textwrap import shorten
from typing import Any

import openai
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.exceptions import ContextOverflowError
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    InvalidToolCall,
    ToolCall,
    ToolCallChunk,
)
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from backends.chat_speech import Speech
from backends.chat_worded_calls import worded_calls
from core.errors import AssistantError, SettingsError, UnavailableError
from core.secrets import Masker
from core.services import OpenAIChat

CUT_OFF = (
    "\n\n(The answer was cut off: it reached the length that `chat.max_tokens` or the server sets.)"
)
WORDS = 240
"""How many characters of a server's own explanation are passed on."""


class _BrokenOffError(UnavailableError):
    """The stream ended before the answer did, and nothing of it had been passed on."""


class OpenAIChatModel(ChatOpenAI):
    """LangChain's client, which streams every call, reads it strictly and explains its faults."""

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        try:
            message = await self._streamed(messages, stop, run_manager, **kwargs)
        except _BrokenOffError:
            if not self.max_retries:
                raise
            message = await self._streamed(messages, stop, run_manager, **kwargs)
        return ChatResult(generations=[ChatGeneration(message=message)])

    async def _streamed(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None,
        run_manager: AsyncCallbackManagerForLLMRun | None,
        **kwargs: Any,
    ) -> AIMessage:
        pieces: list[AIMessageChunk] = []
        finish = ""
        tools = _parameters(kwargs.get("tools", ()))
        speech = Speech(tools)
        with self._explained(speech):
            # LangChain would pass on every piece; what is no answer is kept from the person.
            async for chunk in self._read(super()._astream(messages, stop, None, **kwargs)):
                if isinstance(chunk.message, AIMessageChunk):
                    pieces.append(chunk.message)
                    await _pass_on(speech.hear(*_heard(chunk.message)), run_manager)
                finish = finish or str((chunk.generation_info or {}).get("finish_reason") or "")
            if not pieces:
                raise _no_completion(self._place)
            if not finish:
                raise _broken_off(self._place, speech)
        message = _whole(pieces, finish, speech, tools)
        _tell_apart(message, messages)
        if not message.tool_calls and not message.invalid_tool_calls:
            await _pass_on(speech.rest(), run_manager)
        if finish == "length" and message.text and not message.tool_calls:
            message.content = f"{message.text}{CUT_OFF}"
            await _pass_on(CUT_OFF, run_manager)
        return message

    async def _read(
        self, stream: AsyncIterator[ChatGenerationChunk]
    ) -> AsyncIterator[ChatGenerationChunk]:
        """Yield the pieces of a stream; what LangChain cannot take for one is no completion.

        Raises:
            UnavailableError: An event is no object, or a count of tokens no number.
        """
        while True:
            try:
                piece = await anext(stream)
            except StopAsyncIteration:
                return
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                raise _no_completion(self._place) from error
            yield piece

    def _convert_chunk_to_generation_chunk(
        self,
        chunk: dict[str, Any],
        default_chunk_class: type,
        base_generation_info: dict[str, Any] | None,
    ) -> ChatGenerationChunk | None:
        for choice in chunk.get("choices") or ():
            # LangChain passes over a piece without a delta, though it may end the answer.
            if choice.get("finish_reason") and "message" not in choice:
                choice["delta"] = choice.get("delta") or {}
        return super()._convert_chunk_to_generation_chunk(
            chunk, default_chunk_class, base_generation_info
        )

    @property
    def _place(self) -> str:
        return Masker().text(str(self.openai_api_base))

    @contextmanager
    def _explained(self, speech: Speech) -> Iterator[None]:
        """Say in our words what went wrong after so much had been heard."""
        try:
            yield
        except (TimeoutError, openai.APITimeoutError) as error:
            raise UnavailableError(
                f"The model at {self._place} did not answer within {self.request_timeout:g} s.",
                hint="Try again, or raise `chat.timeout_seconds`.",
            ) from error
        except openai.APIConnectionError as error:
            raise (
                _broken_off(self._place, speech) if speech.began else _unreachable(self._place)
            ) from error
        except json.JSONDecodeError as error:
            raise _no_completion(self._place) from error
        except openai.APIError as error:
            key = self.openai_api_key
            known = [key.get_secret_value()] if isinstance(key, SecretStr) else []
            words = Masker(known).text(_words(error))
            raise _refused(error, self._place, self.model_name, words) from error


def openai_chat(settings: OpenAIChat) -> OpenAIChatModel:
    """Return the model that the settings name."""
    return OpenAIChatModel(
        model=settings.model,
        base_url=settings.base_url,
        # The client refuses an empty key, though many servers on one's own machine need none.
        api_key=SecretStr(settings.api_key.get_secret_value() or "none"),
        timeout=settings.timeout_seconds,
        stream_chunk_timeout=settings.timeout_seconds,
        max_retries=settings.retries,
        max_completion_tokens=settings.max_tokens,
        temperature=0,
        # LangChain would run a call whose arguments broke off with what came of them; every
        # call therefore goes through `_agenerate`, which streams and then reads the whole.
        disable_streaming=True,
        stream_usage=True,
    )


async def _pass_on(text: str, run_manager: AsyncCallbackManagerForLLMRun | None) -> None:
    if text and run_manager:
        chunk = ChatGenerationChunk(message=AIMessageChunk(content=text))
        await run_manager.on_llm_new_token(text, chunk=chunk)


def _heard(piece: AIMessageChunk) -> tuple[str, str]:
    """Return the text and the arguments in a piece."""
    return str(piece.text), "".join(chunk["args"] or "" for chunk in piece.tool_call_chunks)


def _parameters(tools: Sequence[Mapping[str, Any]]) -> Mapping[str, Sequence[str]]:
    """Return the parameters of the tools that are offered, in order, by name."""
    functions = [tool["function"] for tool in tools if "function" in tool]
    return {f["name"]: [*f.get("parameters", {}).get("properties", {})] for f in functions}


def _whole(
    pieces: list[AIMessageChunk],
    finish: str,
    speech: Speech,
    tools: Mapping[str, Sequence[str]],
) -> AIMessage:
    """Put the pieces of a message together, without thinking and with calls read as calls."""
    whole = pieces[0] + pieces[1:]
    worded = [] if speech.passed_on else worded_calls(speech.text, tools)
    chunks = whole.tool_call_chunks or [
        ToolCallChunk(name=name, args=arguments, id=None, index=None, type="tool_call_chunk")
        for name, arguments in worded
    ]
    calls = [_call(chunk) for chunk in chunks]
    return AIMessage(
        content="" if worded else speech.text,
        tool_calls=[call for call in calls if call["type"] == "tool_call"],
        invalid_tool_calls=[call for call in calls if call["type"] == "invalid_tool_call"],
        usage_metadata=whole.usage_metadata,
        response_metadata={**whole.response_metadata, "finish_reason": finish},
    )


def _tell_apart(message: AIMessage, before: Sequence[BaseMessage]) -> None:
    """Give calls ids of their own where a server gives none or the same again.

    An answer must belong to one call; a call whose id was answered before would be passed over.
    """
    earlier = [m for m in before if isinstance(m, AIMessage)]
    used = {call["id"] for m in earlier for call in (*m.tool_calls, *m.invalid_tool_calls)}
    for call in (*message.tool_calls, *message.invalid_tool_calls):
        if not call["id"] or call["id"] in used:
            call["id"] = f"call-{uuid.uuid4().hex[:12]}"
        used.add(call["id"])


def _call(chunk: ToolCallChunk) -> ToolCall | InvalidToolCall:
    """Read a call; one whose arguments are not an object is invalid, never guessed at."""
    name, call_id = chunk["name"] or "", chunk["id"]
    try:
        arguments = json.loads(chunk["args"] or "{}", strict=False)
    except json.JSONDecodeError:
        arguments = chunk["args"]
    if isinstance(arguments, dict):
        return ToolCall(type="tool_call", name=name, args=arguments, id=call_id)
    return InvalidToolCall(
        type="invalid_tool_call",
        name=name,
        args=chunk["args"],
        id=call_id,
        error="The arguments are not a JSON object.",
    )


def _broken_off(place: str, speech: Speech) -> UnavailableError:
    # What a person has read cannot be taken back, so only what nobody saw is asked for again.
    kind = UnavailableError if speech.passed_on else _BrokenOffError
    return kind(f"The model at {place} broke off in the middle of its answer.", hint="Ask again.")


def _unreachable(place: str) -> UnavailableError:
    return UnavailableError(
        f"The model at {place} cannot be reached.",
        hint="Check `chat.base_url` and that the server is up; without `chat` settings the"
        " built-in model answers.",
    )


def _no_completion(place: str) -> UnavailableError:
    return UnavailableError(
        f"What {place} answered is not a chat completion.",
        hint="Check `chat.base_url`; it usually ends with the version, as in `/v1`.",
    )


def _refused(error: openai.APIError, place: str, model: str, words: str) -> AssistantError:
    """Return what a server's error means, with its own words where they help."""
    match error:
        case openai.AuthenticationError():
            return SettingsError(
                f"{place} refused the key.", hint="Check `chat.api_key` in your settings."
            )
        case openai.NotFoundError():
            return SettingsError(
                f"{place} knows no model {model!r}.",
                hint="Check `chat.model` in your settings, and that `chat.base_url` ends with the"
                " version, as in `/v1`.",
            )
        case ContextOverflowError():
            return UnavailableError(
                f"The conversation is longer than {model} can read.", hint="Begin another one."
            )
        case openai.RateLimitError():
            wait = error.response.headers.get("retry-after", "")
            return UnavailableError(
                f"{place} takes no more calls for now{words}.",
                hint=f"Try again in {wait} s." if wait.isdecimal() else "Try again in a while.",
            )
        case openai.APIStatusError():
            return UnavailableError(
                f"The model at {place} answered with status {error.status_code}{words}.",
                hint="Try again in a while." if error.status_code >= 500 else "",
            )
    return UnavailableError(f"The model at {place} failed{words}.", hint="Try again.")


def _words(error: openai.APIError) -> str:
    """Return what the server says of its error, ready to end a sentence."""
    body: object = error.body
    said = body.get("message") or body.get("detail") if isinstance(body, dict) else ""
    told = shorten(str(said or ""), WORDS, placeholder=" …").rstrip(". ")
    return f": {told}" if told else ""
