"""The last request once more: of something else, or with another value."""

import json
import re
from collections.abc import Callable
from dataclasses import replace

from backends.chat_builtin import referring
from backends.chat_builtin.decisions import Call, Question
from backends.chat_builtin.evidence import TAKES
from backends.chat_builtin.features import PLACEHOLDER, normal_form
from backends.chat_builtin.reading import SURE_ENOUGH_TO_CHANGE, Reading
from backends.chat_builtin.skills import CHANGES, UNDERSTOOD, Arguments
from core.focus import Focus

Caller = Callable[[str, str, Focus], Call | Question]
"""Reads a tool's arguments from a text and what the conversation is about."""

FEW_WORDS = 8
"""A message no longer than this can ask for the last thing again, of something else."""
CLEARLY = 0.8
"""Probability from which a request is not taken for a repetition of the last one."""
MANY_WORDS = 16
"""A message no longer than this can give the last call another value."""

_AGAIN = re.compile(
    r"\W*(?:sorry|no|i meant?|and|same|also|now|then|what (?:about|if)|how about|the same"
    r"|again for|ditto|but|with|for|in)\b",
    re.I,
)
_SAYS = re.compile(
    r"\b(?!(?:and|for|of|the|what|how|about|now|then|in|on|with|from|but|also|same|please|pls|or|one"
    r"|ok|to|at|by|a)\b)[a-z]+"
)
"""A word that says something beside a name."""
_OF_NOTHING = frozenset(
    "list_pipelines list_buckets list_models list_schedules list_triggers list_deployments"
    " list_experiments list_sources".split()
)
"""Tools that a name alone does not ask for again."""
_REFINED = frozenset(
    "preview_object read_logs list_runs show_plot share_object recommend_toolchain"
    " compare_platforms"
    " predict_delay schedule_run recommend_deployment".split()
)
"""Tools whose last call a few words may change: "25 rows would be better"."""
_REFERENCES = frozenset(
    "run runs bucket key pipeline model version schedule trigger deployment source experiment path"
    " project query cursor name search".split()
)
"""Arguments that say of what; the others say how, and are kept when it is asked for again."""


def again(reading: Reading, focus: Focus, call: Caller) -> Call | Question | None:
    """Return the last call of something else, for a few words such as "and nightly-0511?"."""
    if focus.tool not in UNDERSTOOD - _OF_NOTHING:
        return None
    text = reading.text
    same = referring.says_the_same(text)
    if focus.tool in CHANGES and not same:
        return None
    bare = not _SAYS.search(PLACEHOLDER.sub("", normal_form(text, reading.kinds)))
    few = len(text.split()) <= FEW_WORDS and _AGAIN.match(text)
    if not (bare or few or same):
        return None
    kinds = set(reading.kinds.values())
    if kinds and not any(focus.tool in TAKES.get(kind, ()) for kind in kinds):
        return None
    others = [share for tool, share in reading.shares.items() if tool != focus.tool]
    if not (bare or referring.insists(text)) and max(others, default=0) >= CLEARLY:
        return None
    return repeated(reading, focus, call)


def refined(reading: Reading, focus: Focus, call: Caller) -> Call | Question | None:
    """Return the last call with another value, for words such as "25 rows would be better"."""
    text = reading.text
    sure = reading.top != "none" and reading.shares[reading.top] >= SURE_ENOUGH_TO_CHANGE
    if focus.tool not in _REFINED or reading.kinds or sure or len(text.split()) > MANY_WORDS:
        return None
    read = call(focus.tool, text, focus)
    before: Arguments = json.loads(focus.arguments) if focus.arguments else {}
    if not isinstance(read, Call) or read.tool != focus.tool or not before:
        return None
    told = {n: v for n, v in read.arguments.items() if n not in _REFERENCES}
    if all(before.get(name) == value for name, value in told.items()):
        return None
    return repeated(reading, focus, call)


def repeated(reading: Reading, focus: Focus, call: Caller) -> Call | Question:
    """Return the last call with what a few words change in it."""
    read = call(focus.tool, reading.text, focus)
    before: Arguments = json.loads(focus.arguments) if focus.arguments else {}
    if not isinstance(read, Call) or read.tool != focus.tool:
        return read
    return replace(read, arguments=_changed(reading.text, read, before))


def _changed(text: str, read: Call, before: Arguments) -> Arguments:
    """Return the arguments of the last call, with what was said now in their place."""
    # A run that is started again stays in its experiment.
    of_what = _REFERENCES - ({"experiment"} if read.tool == "start_run" else set())
    kept = {name: value for name, value in before.items() if name not in of_what}
    merged = {**kept, **read.arguments}
    if read.tool == "start_run" and (other := _other_number(text, before)):
        given = merged.get("parameters")
        merged["parameters"] = {**(given if isinstance(given, dict) else {}), **other}
    for name, value in read.arguments.items():
        earlier = before.get(name)
        if isinstance(value, dict) and isinstance(earlier, dict):
            merged[name] = {**earlier, **value}
    return {name: value for name, value in merged.items() if value not in (None, "")}


def _other_number(text: str, before: Arguments) -> Arguments:
    """Return the only number of the last run with another value: "another one with 0.15"."""
    given = before.get("parameters")
    numbers = re.findall(r"(?<![\w.-])\d+(?:\.\d+)?(?![\w.-]*\w)", text)
    old = (
        {n: v for n, v in given.items() if isinstance(v, int | float) and v is not True}
        if (isinstance(given, dict))
        else {}
    )
    if len(old) != 1 or not numbers:
        return {}
    name, value = next(iter(old.items()))
    new = [float(number) for number in numbers if float(number) != float(value)]
    whole = isinstance(value, int)
    return {name: int(new[0]) if whole else new[0]} if len(new) == 1 else {}
