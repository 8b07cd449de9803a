"""What the messages so far mean for the next step."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from core.focus import Focus
from core.runs import RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """The state of a conversation before the next message."""

    request: str
    """What is to be answered now."""
    focus: Focus
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
    request = _completed(messages[:start], str(question.text))
    failed_run = False
    if follow_up := question.additional_kwargs.get("follow_up"):
        request = str(follow_up["request"])
        failed_run = follow_up["state"] != RunState.SUCCEEDED
        if not any(isinstance(message, ToolMessage) for message in messages[start:]):
            focus = Focus(**{**asdict(focus), "run": str(follow_up["run"])})
    answers = tuple(m for m in messages[start:] if isinstance(m, ToolMessage))
    records = [m.artifact for m in answers if isinstance(m.artifact, dict)]
    return Conversation(
        request=request,
        focus=focus,
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
        known |= {name: value for name, value in latest.items() if value}
    return Focus(**known)


def _completed(before: Sequence[BaseMessage], text: str) -> str:
    """Join an answer to a question of ours with the request that the question was about."""
    asked = before[-1] if before else None
    if not isinstance(asked, AIMessage) or "about" not in asked.additional_kwargs:
        return text
    if choices := asked.additional_kwargs.get("choices"):
        picked = re.fullmatch(
            r"\W*(?:number |the )?(\d|first|second|third)\W*(?:one)?\W*", text, re.I
        )
        if picked:
            number = {"first": 1, "second": 2, "third": 3}.get(picked[1].lower()) or int(picked[1])
            if 1 <= number <= len(choices):
                return f"{choices[number - 1]}: {asked.additional_kwargs['about']}"
        if len(text.split()) > 2:
            return text
    if len(text.split()) <= 4:
        return f"{asked.additional_kwargs['about']} {text}"
    return text
