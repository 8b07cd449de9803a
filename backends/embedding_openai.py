"""Vectors from any OpenAI-compatible embeddings endpoint."""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from textwrap import shorten

import numpy as np
from pydantic import BaseModel, ValidationError

from core.errors import UnavailableError
from core.services import OpenAIEmbedding

BATCH = 64
"""How many texts one call carries; endpoints refuse very long lists."""
MOST_CHARACTERS = 8000
"""Of one text: what follows would be beyond what most embedding models read."""
REMEMBERED = 256
"""How many questions keep their vectors."""
AGAIN = frozenset({408, 429, 500, 502, 503, 504})
"""Answers after which another try may succeed."""
WORDS = 240
"""How many characters of a server's own explanation are passed on."""


class _Embedded(BaseModel):
    index: int
    embedding: list[float]


class _Reply(BaseModel):
    data: list[_Embedded]


class _PassingError(Exception):
    """A fault after which another try may succeed."""


class OpenAIEmbeddings:
    """Implements `core.passages.Embedding` over HTTP.

    Args:
        settings: The endpoint, its model, and how patient to be.
    """

    def __init__(self, settings: OpenAIEmbedding) -> None:
        self._settings = settings
        self._remembered: OrderedDict[str, Sequence[float]] = OrderedDict()

    @property
    def place(self) -> str:
        """Its address: texts are sent there."""
        return self._settings.base_url

    @property
    def fingerprint(self) -> str:
        """What identifies its vectors: endpoint and model."""
        named = f"openai\n{self._settings.base_url.rstrip('/')}\n{self._settings.model}"
        return hashlib.sha256(named.encode()).hexdigest()[:16]

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Return the vector of each text, in batches; a question asked again costs no call.

        Raises:
            UnavailableError: The endpoint does not answer, or not with vectors.
        """
        if len(texts) == 1 and (known := self._remembered.get(texts[0])) is not None:
            return [known]
        vectors = [
            vector
            for start in range(0, len(texts), BATCH)
            for vector in self._batch([_sent(text) for text in texts[start : start + BATCH]])
        ]
        if len(texts) == 1:
            self._remembered[texts[0]] = vectors[0]
            if len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return vectors

    def _batch(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        from tenacity import Retrying, retry_if_exception_type, stop_after_attempt
        from tenacity import wait_exponential_jitter as growing

        tries = Retrying(
            stop=stop_after_attempt(self._settings.retries + 1),
            wait=growing(initial=0.2, max=5),
            retry=retry_if_exception_type(_PassingError),
            reraise=True,
        )
        try:
            reply = tries(self._call, texts)
        except _PassingError as error:
            raise self._unavailable(str(error)) from error
        try:
            return _vectors(_Reply.model_validate_json(reply), len(texts))
        except (ValidationError, ValueError) as error:
            raise self._unavailable(
                "its answer holds no vectors", hint="Check `embedding.base_url` in your settings."
            ) from error

    def _call(self, texts: Sequence[str]) -> bytes:
        import httpx

        key = self._settings.api_key.get_secret_value()
        try:
            answer = httpx.post(
                f"{self._settings.base_url.rstrip('/')}/embeddings",
                json={"model": self._settings.model, "input": list(texts)},
                headers={"Authorization": f"Bearer {key}"} if key else {},
                timeout=self._settings.timeout_seconds,
            )
        except httpx.TimeoutException as error:
            raise _PassingError(f"no answer within {self._settings.timeout_seconds:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _PassingError(str(error) or type(error).__name__) from error
        if answer.status_code in AGAIN:
            raise _PassingError(_said(answer.status_code, answer.text))
        if answer.is_error:
            raise self._unavailable(
                _said(answer.status_code, answer.text), hint=_HINTS.get(answer.status_code, "")
            )
        return answer.content

    def _unavailable(self, why: str, hint: str = "") -> UnavailableError:
        return UnavailableError(
            f"The embeddings endpoint {self._settings.base_url} cannot be used: {why}.",
            hint=hint
            or 'Check that it runs; `embedding.kind = "builtin"` searches without an endpoint.',
        )


_HINTS = {
    401: "Check `embedding.api_key` in your settings.",
    403: "Check `embedding.api_key` in your settings.",
    404: "Check `embedding.base_url` and `embedding.model` in your settings.",
}


def _sent(text: str) -> str:
    # An empty text is refused by many endpoints, and a single space is by none.
    return text[:MOST_CHARACTERS] or " "


def _said(status: int, body: str) -> str:
    said = shorten(body, WORDS, placeholder="…")
    return f"it answers {status}" + (f" ({said})" if said else "")


def _vectors(reply: _Reply, expected: int) -> Sequence[Sequence[float]]:
    """Return the vectors in the order of the texts.

    Raises:
        ValueError: Some are missing, or they differ in length or are no numbers.
    """
    ordered = sorted(reply.data, key=lambda item: item.index)
    if [item.index for item in ordered] != list(range(expected)):
        raise ValueError("vectors are missing")
    matrix = np.array([item.embedding for item in ordered], dtype=np.float64)
    if matrix.ndim != 2 or not matrix.size or not np.isfinite(matrix).all():
        raise ValueError("not vectors of one length")
    rows: Sequence[Sequence[float]] = matrix.tolist()
    return rows
