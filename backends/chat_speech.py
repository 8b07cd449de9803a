"""What of a model's reply is for the person, as it streams in."""

import re
from collections.abc import Collection

from core.errors import UnavailableError

ENDLESS_CHARACTERS = 2000
"""So many characters that only repeat are no answer any more."""
PERIOD_CHARACTERS = 400
"""How long what repeats may be."""

_THOUGHTS = ("think", "thinking", "thought", "reasoning")
_THINKING = re.compile(rf"\s*<({'|'.join(_THOUGHTS)})>")
_CALL_MARKS = ("```", "<tool_call", "<function", "<|tool_call", "[tool_calls]", "call_tool(")
_JSON_BEGINS = re.compile(r"\{\s*(?:[\"']|$)|\[\s*(?:\{|$)")


class Speech:
    """Hears a reply piece by piece and says what may be passed on.

    Thinking aloud is kept back, and so is what may turn out to be a call written as text.

    Args:
        tools: The names of the tools that were offered.
    """

    def __init__(self, tools: Collection[str]) -> None:
        self._marks = (*_CALL_MARKS, *(f"{mark}{tool}(" for tool in tools for mark in ("", "[")))
        self._heard = ""
        self._arguments = ""
        self._checked = 0
        self.began = False
        """Whether anything came at all."""
        self.passed_on = False
        """Whether a person may have read something of it."""

    @property
    def text(self) -> str:
        """All of it that is not thinking."""
        return _without_thinking(self._heard)

    def hear(self, text: str, arguments: str = "") -> str:
        """Take a piece of the text and of a call's arguments; return what may be passed on now.

        Raises:
            UnavailableError: The model only repeats itself.
        """
        self.began = True
        self._heard += text
        self._arguments += arguments
        length = len(self._heard) + len(self._arguments)
        if length - self._checked >= PERIOD_CHARACTERS:
            self._checked = length
            _refuse_endless(self._heard if text else self._arguments)
        if self.passed_on:
            return text
        said = self.text
        return "" if not said.strip() or self._may_be_call(said) else self.rest()

    def rest(self) -> str:
        """Return what was kept back, now that it is known to be for the person."""
        if self.passed_on:
            return ""
        said = self.text
        self.passed_on = bool(said)
        return said

    def _may_be_call(self, text: str) -> bool:
        said = text.strip().casefold()
        if _JSON_BEGINS.match(said):
            return True
        return any(said.startswith(mark) or mark.startswith(said) for mark in self._marks)


def _without_thinking(text: str) -> str:
    """Return the text after the thinking that it begins with; empty while that goes on."""
    while thinking := _THINKING.match(text):
        _, end, text = text.partition(f"</{thinking[1]}>")
        if not end:
            return ""
        text = text.lstrip()
    said = text.lstrip()
    if any(f"<{thought}>".startswith(said) for thought in _THOUGHTS):
        return ""
    # Some servers swallow the sign that thinking began, and pass on the one that it ended.
    thought, end, answer = text.partition("</think>")
    return answer.lstrip() if end and "<think>" not in thought else text


def _refuse_endless(text: str) -> None:
    """Stop a model that writes the same again and again: it would only end with the turn."""
    tail = text[-ENDLESS_CHARACTERS:]
    before = tail.rfind(tail[-PERIOD_CHARACTERS:], 0, len(tail) - 1)
    period = len(tail) - PERIOD_CHARACTERS - before
    repeats = 0 < period <= PERIOD_CHARACTERS and tail[period:] == tail[:-period]
    if len(tail) == ENDLESS_CHARACTERS and before >= 0 and repeats:
        raise UnavailableError(
            "The model wrote the same again and again and was stopped.",
            hint="Ask in other words, or choose another model.",
        )
