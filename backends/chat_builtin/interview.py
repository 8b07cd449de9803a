"""Answers to what a recommendation asks next: "AWS", "eight people", "skip"."""

import json
import re

from backends.chat_builtin.projects import clouds_in, project_in
from backends.chat_builtin.skills.base import Arguments
from backends.chat_builtin.words import with_digits
from core.focus import Focus

TOOL = "recommend_toolchain"
SKIPPED = "skip"
LONGEST = 12
"""An answer has at most so many words; what is longer is read as any request."""
BARE = 4
"""Free words for a task or a framework are at most so many."""
_SKIPS = re.compile(
    r"\W*(?:please |ok,? |let'?s )?(?:skip|pass|next(?: one| question)?|no idea|not sure|unsure"
    r"|(?:i )?(?:do not|don'?t|dont) (?:know|care)|unknown|doesn'?t matter|no preference"
    r"|whatever|any|idk)\b[^?]{0,20}$",
    re.I,
)
_ALL_THE_SAME = re.compile(r"\b(?:matter|preference|whatever|any|care)\b", re.I)
_ASKS = re.compile(
    r"\W*(?:show|list|what|which|how|why|who|when|where|start|run|stop|describe|delete|tell|give|compare"
    r"|can|could|would|is|are|do|does|make|write|deploy|assess|inspect|recommend|we took|record)\b",
    re.I,
)
_LEVELS = {
    "low": r"\b(?:low|small|tight|little|none|no|loose|relaxed|cheap)\b",
    "medium": r"\b(?:medium|moderate|some|normal|average)\b",
    "high": r"\b(?:high|strict|large|big|generous|strong|very)\b",
}
_SKILLS = {
    "none": r"\b(?:no|none|nobody|no one|not|never|nope)\b",
    "strong": r"\b(?:yes|strong|good|experts?|daily|well|yep)\b",
    "some": r"\b(?:some|little|a bit|basic|one of us|learning)\b",
}
_LISTS = ("data_types", "existing_tools")


def answer_in(text: str, focus: Focus) -> Arguments | None:
    """Return the recommendation's arguments with what a short answer adds; None if it is none.

    Args:
        text: What the person typed.
        focus: What is spoken of; after a recommendation it lists the facts that were asked for.
    """
    if focus.tool != TOOL or not focus.arguments or not focus.listed:
        return None
    asked = focus.listed.splitlines()
    skips = _SKIPS.fullmatch(text)
    if not skips and (len(text.split()) > LONGEST or "?" in text or _ASKS.match(text)):
        return None
    before: Arguments = {n: v for n, v in json.loads(focus.arguments).items() if v}
    if skips and asked == ["cloud"] and _ALL_THE_SAME.search(text):
        told: Arguments = {"cloud": "none"}
    elif skips:
        told = {fact: _as_given(fact, SKIPPED) for fact in asked}
    else:
        told = project_in(text)
        if len(asked) == 1 and asked[0] not in told and (value := _value(asked[0], text)):
            told[asked[0]] = _as_given(asked[0], value)
    return {**before, **told} if told else None


def _as_given(fact: str, value: str) -> object:
    return [value] if fact in _LISTS else value


def _value(fact: str, text: str) -> str:
    """Return what a bare answer says of the fact that was asked for; empty for nothing."""
    plain = with_digits(text)
    if fact in ("governance", "budget"):
        return _first(_LEVELS, plain)
    if fact == "kubernetes":
        return _first(_SKILLS, plain)
    if fact == "cloud":
        return next(iter(clouds_in(text)), "")
    if fact == "team_size":
        number = re.search(r"\b\d+\b", plain)
        return number[0] if number else ""
    if fact in ("task", "framework") and len(text.split()) <= BARE:
        return text.strip(" .!,")
    return ""


def _first(patterns: dict[str, str], text: str) -> str:
    return next((name for name, pattern in patterns.items() if re.search(pattern, text, re.I)), "")
