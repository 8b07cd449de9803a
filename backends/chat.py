"""Any OpenAI-compatible endpoint as a chat model."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import openai
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from core.errors import SettingsError, UnavailableError
from core.settings import OpenAIChat


class OpenAIChatModel(ChatOpenAI):
    """LangChain's client, with the library's exceptions in our words."""

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        with _explained(str(self.openai_api_base), self.model_name):
            return await super()._agenerate(messages, stop, run_manager, **kwargs)

    async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ChatGenerationChunk]:
        with _explained(str(self.openai_api_base), self.model_name):
            async for chunk in super()._astream(*args, **kwargs):
                yield chunk


def openai_chat(settings: OpenAIChat) -> OpenAIChatModel:
    """Return the model that the settings name."""
    return OpenAIChatModel(
        model=settings.model,
        base_url=settings.base_url,
        # The client refuses an empty key, though many servers on one's own machine need none.
        api_key=SecretStr(settings.api_key.get_secret_value() or "none"),
        timeout=settings.timeout_seconds,
        max_retries=settings.retries,
        max_completion_tokens=settings.max_tokens,
        temperature=0,
        streaming=True,
        stream_usage=True,
    )


@contextmanager
def _explained(url: str, model: str) -> Iterator[None]:
    try:
        yield
    except openai.AuthenticationError as error:
        raise SettingsError(
            f"{url} refused the key.", hint="Check `chat.api_key` in your settings."
        ) from error
    except openai.NotFoundError as error:
        raise SettingsError(
            f"{url} knows no model {model!r}.", hint="Check `chat.model` in your settings."
        ) from error
    except openai.APITimeoutError as error:
        raise UnavailableError(
            f"The model at {url} did not answer in time.",
            hint="Try again, or raise `chat.timeout_seconds`.",
        ) from error
    except openai.APIConnectionError as error:
        raise UnavailableError(
            f"The model at {url} cannot be reached.",
            hint="Check `chat.base_url` and that the server is up; without `chat` settings the"
            " built-in model answers.",
        ) from error
    except openai.APIStatusError as error:
        raise UnavailableError(
            f"The model at {url} answered with status {error.status_code}.",
            hint="Try again in a while.",
        ) from error
    except openai.OpenAIError as error:
        raise UnavailableError(f"The model at {url} failed: {error}.", hint="Try again.") from error
