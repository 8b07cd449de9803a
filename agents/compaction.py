"""Long conversations made short without losing ids and numbers, and without a model."""

import re
from collections.abc import Sequence
from textwrap import shorten

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

KEPT_TURNS = 3
"""How many of the latest turns are never touched."""
QUESTION_CHARACTERS = 200
ANSWER_CHARACTERS = 240
FACTS = 40
"""How many ids, names and numbers of one turn are kept beside the beginning of its answer."""

# Ids, object places, versions, names with a hyphen or an underscore, and numbers.
_FACT = re.compile(
    r"`[^`\n]{2,120}`|\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{6,36}\b|[\w.-]+/[\w./-]+"
    r"|\b\w+@\w+\b|\b[a-z]\w*:\d+\b|\b[A-Za-z]+(?:[-_]\w+)+\b|-?\d+(?:[.,:]\d+)*\s?%?"
)


def compact(messages: Sequence[BaseMessage], limit: int) -> Sequence[BaseMessage]:
    """Return a conversation that fits a number of characters, as far as it can be made to.

    The latest turns stay as they are. Every earlier turn becomes one line in a single message:
    its question, the beginning of its answer, and the ids, names and numbers of the rest. What the
    conversation was about, as the artifacts of hand-offs tell it, is carried over.

    Args:
        messages: Oldest first; the last turn begins with the last message of the person.
        limit: How many characters the messages may hold together.
    """
    if sum(len(str(message.text)) for message in messages) <= limit:
        return messages
    starts = [i for i, message in enumerate(messages) if isinstance(message, HumanMessage)]
    if len(starts) <= KEPT_TURNS:
        return messages
    cut = starts[-KEPT_TURNS]
    turns = [
        messages[begin:end]
        for begin, end in zip(starts, [*starts[1:], len(messages)], strict=True)
        if begin < cut
    ]
    lines = [_line(turn) for turn in turns]
    # The oldest turns are given up first when even their lines are too many.
    while len(lines) > 1 and sum(map(len, lines)) > limit // 2:
        lines.pop(0)
    digest = HumanMessage(
        "Earlier in this conversation, condensed (the newest last):\n" + "\n".join(lines),
        additional_kwargs={"condensed": True, "focus": _focus(messages[:cut])},
    )
    return [digest, AIMessage("Understood."), *messages[cut:]]


def _line(turn: Sequence[BaseMessage]) -> str:
    question = shorten(str(turn[0].text), QUESTION_CHARACTERS, placeholder="…")
    said = " ".join(str(message.text) for message in turn[1:] if str(message.text))
    beginning = shorten(said, ANSWER_CHARACTERS, placeholder="…")
    facts = dict.fromkeys(fact.strip("` ") for fact in _FACT.findall(said))
    rest = [fact for fact in facts if fact not in beginning][:FACTS]
    kept = f" [{', '.join(rest)}]" if rest else ""
    return f"- Asked: {question} — Answered: {beginning}{kept}"


def _focus(messages: Sequence[BaseMessage]) -> dict[str, str]:
    known: dict[str, str] = {}
    for message in messages:
        if isinstance(message, ToolMessage) and isinstance(message.artifact, dict):
            known |= {k: v for k, v in message.artifact.get("focus", {}).items() if v}
    return known
