"""What the messages so far mean for the next step."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from rapidfuzz import fuzz

from backends.chat_builtin.called import name_given
from backends.chat_builtin.learned import lesson_in
from backends.chat_builtin.referring import agreed, never_mind
from core.examples import Example
from core.focus import Focus
from core.runs import RunState

_PICKED = re.compile(
    r"\W*(?:number |no\.? ?|option |the )?(?P<place>\d|first|second|third|fourth"
    r"|last)\W*(?:one)?\W*"
    r"(?:please|thanks)?\W*",
    re.I,
)
_PLACES = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_SUGGESTED = re.compile(r"“([^”]{3,80})”")
SHORT = 6
"""A choice is picked by its words in at most so many."""
FEW = 4
"""An answer of no more words says no more than the choice."""
LONG = 25
"""An answer to a question of ours has at most so many words."""
_AND_MORE = re.compile(
    r"^\W*(?:(?:yes|ok|okay|fine|good|great|right|sure|alright|then|please|so|and)\W+)*"
    r"(?:do (?:it|that|this|so)|go (?:ahead|for (?:it|that))|make it so|let'?s do (?:it|that)"
    r"|take (?:it|that))\b(?: like (?:that|this))?(?: then)?\W+(?P<more>(?:but|with|for"
    r"|on|in|as|and"
    r"|using|by|only|from|to)\b.{2,80})$",
    re.I,
)
ALIKE = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """The state of a conversation before the next message."""

    request: str
    """What is to be answered now."""
    focus: Focus
    about: str = ""
    """The request that our last message asked back about; empty when it asked nothing."""
    answer: str = ""
    """What the person answered to our question; it belongs to the first step of `about`."""
    typed: str = ""
    """What the person typed."""
    before: str = ""
    """What the person typed the turn before."""
    lesson: Example | None = None
    """The latest correction, which can be kept."""
    steps: tuple[str, ...] = ()
    """The request's steps, once it was split."""
    handed_off: int = 0
    """How many steps of the request went to specialists already."""
    stopped: bool = False
    """Whether a step was rejected or failed, so that the rest makes no sense."""
    failed_run: bool = False
    """Whether the request hangs on a run that did not succeed."""
    answers: tuple[ToolMessage, ...] = field(default=())


def read_conversation(messages: Sequence[BaseMessage], hand_offs: frozenset[str]) -> Conversation:
    """Return the state of a conversation from its messages, oldest first."""
    start = max(i for i, message in enumerate(messages) if isinstance(message, HumanMessage))
    question = messages[start]
    focus = _focus(messages)
    typed = str(question.text)
    request, answer = _completed(messages[:start], typed)
    failed_run = False
    if follow_up := question.additional_kwargs.get("follow_up"):
        request, answer = str(follow_up["request"]), ""
        failed_run = follow_up["state"] != RunState.SUCCEEDED
        if not any(isinstance(message, ToolMessage) for message in messages[start:]):
            focus = Focus(**{**asdict(focus), "run": str(follow_up["run"])})
    answers = tuple(m for m in messages[start:] if isinstance(m, ToolMessage))
    records = [m.artifact for m in answers if isinstance(m.artifact, dict)]
    return Conversation(
        request=request,
        focus=focus,
        about=_asked_about(messages[:start]),
        answer=answer,
        typed=typed,
        before=_typed_before(messages[:start]),
        lesson=lesson_in([message.additional_kwargs for message in messages[:start]]),
        steps=_steps(messages[start:]),
        handed_off=sum(
            call["name"] in hand_offs
            for message in messages[start:]
            if isinstance(message, AIMessage)
            for call in message.tool_calls
        ),
        stopped=any(record.get("rejected") or record.get("failed") for record in records),
        failed_run=failed_run,
        answers=answers,
    )


def _focus(messages: Sequence[BaseMessage]) -> Focus:
    known: dict[str, str] = {}
    for message in messages:
        latest = message.additional_kwargs.get("focus", {})
        if isinstance(message, ToolMessage) and isinstance(message.artifact, dict):
            latest = message.artifact.get("focus", {})
        told = {name: value for name, value in latest.items() if value}
        if told.get("bucket", known.get("bucket")) != known.get("bucket") and "key" not in told:
            # An object of another bucket is not what is spoken of any more.
            known.pop("key", None)
        if told.get("tool"):
            known.pop("arguments", None)
        known |= told
    return Focus(**{name: value for name, value in known.items() if name in Focus.__slots__})


def _steps(since: Sequence[BaseMessage]) -> tuple[str, ...]:
    split = (message.additional_kwargs.get("steps") for message in since)
    return tuple(map(str, next((steps for steps in split if steps), ())))


def _typed_before(before: Sequence[BaseMessage]) -> str:
    typed = [str(m.text) for m in before if isinstance(m, HumanMessage)]
    return typed[-1] if typed else ""


def _asked_about(before: Sequence[BaseMessage]) -> str:
    asked = before[-1] if before else None
    if not isinstance(asked, AIMessage):
        return ""
    return str(asked.additional_kwargs.get("about", ""))


def _completed(before: Sequence[BaseMessage], text: str) -> tuple[str, str]:
    """Return the request as it is now meant, and the answer to a question of ours if it is one."""
    if never_mind(text):
        return text, ""
    about = _asked_about(before)
    if not about:
        return _suggested(before, text), ""
    asked = before[-1]
    choices = [str(choice) for choice in asked.additional_kwargs.get("choices", ())]
    names = [str(name) for name in asked.additional_kwargs.get("names", ())]
    if choice := _picked(text, choices):
        return f"{choice}: {about}", ""
    if name := _picked(text, names):
        # "Real time, and call it delay-rt" picks and says more.
        return about, name if len(text.split()) <= FEW else f"{name}, {text}"
    if choices and agreed(text):
        return f"{choices[0]}: {about}", ""
    if names and agreed(text) and len(names) == 1:
        return about, names[0]
    if len(text.split()) <= LONG and not choices:
        called = "called " if "be called" in str(asked.text) and not name_given(text) else ""
        return about, f"{called}{text}"
    return text, ""


def _suggested(before: Sequence[BaseMessage], text: str) -> str:
    """Return what an assent stands for: the first request that our last answer proposed."""
    proposed = _suggestion(before)
    if not proposed:
        return text
    if agreed(text):
        return proposed
    # "Fine, do it like that, with version 2" agrees and adds something.
    more = _AND_MORE.match(text)
    return f"{proposed} {more['more']}" if more else text


def _picked(text: str, choices: Sequence[str]) -> str:
    """Return the choice that an answer picks by its number, its place or its words."""
    found = _PICKED.fullmatch(text)
    if found and choices:
        place = found["place"].lower()
        number = len(choices) if place == "last" else _PLACES.get(place) or int(place)
        return choices[number - 1] if 1 <= number <= len(choices) else ""
    words = {word for word in re.findall(r"[\w./-]+", text.casefold()) if len(word) > 2}
    if not words or len(words) > SHORT:
        return ""
    fits = {choice: _shared(words, choice) for choice in choices}
    best = max(fits.values(), default=0)
    fitting = [choice for choice, shared in fits.items() if shared == best]
    return fitting[0] if best and len(fitting) == 1 else ""


def _shared(words: set[str], choice: str) -> int:
    parts = re.findall(r"[a-z0-9]+", choice.casefold())
    whole = 3 * (choice.casefold() in words)
    return whole + sum(any(fuzz.ratio(word, part) >= ALIKE for part in parts) for word in words)


def _suggestion(before: Sequence[BaseMessage]) -> str:
    """Return the first request that our last answer proposed as the next."""
    said = next((str(m.text) for m in reversed(before) if str(m.text).strip()), "")
    last = said.strip().split("\n\n")[-1]
    found = _SUGGESTED.search(last)
    return found[1] if found and not before_is_human(before) else ""


def before_is_human(before: Sequence[BaseMessage]) -> bool:
    """Tell whether the last message is a person's, which nobody answered."""
    return bool(before) and isinstance(before[-1], HumanMessage)
