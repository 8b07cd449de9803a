"""Whether the numbers, ids and links of an answer are in what the tools of the turn returned.

A number counts as found when some value rounds to it, also as a percentage, as bytes in a larger
unit, as the time between two moments of one value or since one; a count when some list is as long,
or holds one value as often. What a model worked out by itself, or made up, is in no result and is
named to the person.
"""

import dataclasses
import re
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum
from itertools import combinations

from pydantic_core import to_json

from core import clock

KEPT_CHARACTERS = 2_000_000
"""How much text of one turn answers are checked against."""
SHOWN = 6
"""How many unverified facts are named."""

_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_UNITS = {"s": 1, "sec": 1, "min": 60, "minute": 60, "h": 3600, "hour": 3600, "day": 86400}
_SIZES = {"kib": 2**10, "mib": 2**20, "gib": 2**30, "kb": 1e3, "mb": 1e6, "gb": 1e9}
_SPAN = rf"(?:{_NUMBER})\s?(?:s|sec|min|minute|h|hour|second|day)s?\b"
_FACT = re.compile(
    rf"""
      (?P<link>https?://[^\s)>\]"'`]+)
    | `(?P<path>[\w.@=-]+(?:/[\w.@=-]+)+)`
    | (?P<moment>\d{{4}}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?)
    | (?<![\w.-])(?P<release>v?\d+(?:\.\d+){{2,}})
    | \b(?P<id>(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{{6,64}})\b
    | (?<![\w/])(?P<name>[A-Za-z]\w*(?:-\w+)*-\d+)\b
    | ^\s*(?:>\s*)*(?P<mark>\d+[.)])\s
    | (?<![\w.,/:^-])(?P<span>{_SPAN}(?:\s{_SPAN})*)
    | (?<![\w.,/:^-])(?P<size>(?:{_NUMBER})\s?(?:[KMG]i?B|B|bytes))\b
    | (?<![\w.,/:^-])(?P<rest>{_NUMBER})\s(?:more|others?)\b
    | \b(?:[Ff]irst|[Ll]ast|[Ll]atest)\s(?P<few>\d+)\b(?!\s?(?:s|sec|min|h|hour|day)s?\b)
    | (?<![\w.,/:^@=*-])-?(?P<number>{_NUMBER})(?P<percent>\s?(?:%|points?\b|percent\b))?
      (?![\w:]|[.,]\d|-\w)
    """,
    re.X | re.M,
)
_NUMBERS = re.compile(rf"(?<![\w.])(?<!\w-)(?:{_NUMBER})")
_CODES = re.compile(r"\d{4}-\d\d-\d\d(?:T[\d:.]+)?|\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{6,}\b")
"""Moments and ids: their digits are no numbers."""
_PART = re.compile(rf"({_NUMBER})\s?([a-z]+?)s?(?=\s|\d|$)")
_SENTENCES = re.compile(r"(?<=[.!?:])\s+(?=[A-Z])|\n+")
_NOTE = re.compile(r"\(Unverified: .*?\)")


class Evidence:
    """Everything that the answers of a turn may rest on."""

    def __init__(self) -> None:
        self._numbers: list[float] = []
        self._moments: set[datetime] = set()
        self._texts: list[str] = []
        self._characters = 0
        self._called = False

    def add(self, value: object) -> None:
        """Take in a tool's value, its arguments or an error."""
        self._called = True
        for node in _nodes(value):
            if isinstance(node, datetime):
                self._moments.add(node)
            for number in _numbers_of(node):
                self._take(number)
            if (held := dict(_fields(node))).keys() >= {"bucket", "key"}:
                self.add_text(f"{held['bucket']}/{held['key']}")
        self.add_text(to_json(value, fallback=str).decode())

    def add_text(self, text: str) -> None:
        """Take in what was said or read; what was unverified then stays so."""
        text = _NOTE.sub("", text)[: max(0, KEPT_CHARACTERS - self._characters)]
        self._characters += len(text)
        self._texts.append(text.casefold())
        for found in _NUMBERS.finditer(_CODES.sub(" ", text)):
            self._take(_value(found[0]))

    def unverified(self, answer: str) -> Sequence[str]:
        """Return the numbers, ids and links of an answer that are in nothing taken in.

        A question back at the end states nothing and is passed over, and so is a whole answer that
        asks before any tool was called: it names what there is to choose from.
        """
        if not self._called and answer.rstrip().endswith("?"):
            return []
        facts = [(f.lastgroup or "", f) for f in _FACT.finditer(_stated(answer))]
        missing = [
            found[0].strip("` \n")
            for kind, found in facts
            if kind != "mark" and not self._holds("number" if kind == "percent" else kind, found)
        ]
        return list(dict.fromkeys(missing))

    def _holds(self, kind: str, found: re.Match[str]) -> bool:
        text = found[kind]
        match kind:
            case "number":
                return self._has_number(text, percent=bool(found["percent"]))
            case "rest" | "few":
                # "and 21 more", "the last 12": a part of a list, so less than something has.
                return bool(self._numbers) and _value(text) <= self._numbers[-1]
            case "span":
                return self._has_span(text)
            case "size":
                return self._has_size(text)
            case "moment":
                instant = text.replace(" ", "T")
                known = any(moment.isoformat().startswith(instant) for moment in self._moments)
                return known or self._has_text(text) or self._has_text(instant)
            case _:
                return self._has_text(text.rstrip(".,;:"))

    def _has_text(self, text: str) -> bool:
        wanted = text.casefold()
        return any(wanted in known for known in self._texts)

    def _has_number(self, text: str, *, percent: bool) -> bool:
        value, half = _value(text), _half(text)
        if self._near(value, half):
            return True
        # A share is kept from 0 to 1 and said in percent.
        return percent and self._near(value / 100, half / 100)

    def _has_span(self, text: str) -> bool:
        parts = [(_value(number), _UNITS[_unit(unit)], number) for number, unit in _parts(text)]
        seconds = sum(value * unit for value, unit, _ in parts)
        within = max(_half(number) * unit for _, unit, number in parts[-1:]) * 2
        if self._near(seconds, within):
            return True
        if len(parts) == 1 and self._near(parts[0][0], _half(parts[0][2])):
            return True
        now = clock.now()
        ages = (abs((now - moment).total_seconds()) for moment in self._moments if moment.tzinfo)
        return any(abs(age - seconds) <= within + 60 for age in ages)

    def _has_size(self, text: str) -> bool:
        number, unit = re.findall(rf"({_NUMBER})\s?(\w+)", text)[0]
        factor = _SIZES.get(unit.casefold(), 1)
        return self._near(_value(number) * factor, _half(number) * factor)

    def _near(self, value: float, half: float) -> bool:
        """Return whether some number rounds to this one."""
        slack = half * 1.0001 + 1e-12
        at = bisect_left(self._numbers, value - slack)
        return at < len(self._numbers) and self._numbers[at] <= value + slack

    def _take(self, number: float) -> None:
        number = abs(number)
        at = bisect_left(self._numbers, number)
        if at == len(self._numbers) or self._numbers[at] != number:
            insort(self._numbers, number)


def note_on(facts: Sequence[str]) -> str:
    """Return the words that mark facts as unverified."""
    named = ", ".join(facts[:SHOWN]) + (" and more" if len(facts) > SHOWN else "")
    return f"(Unverified: {named} — in no result of this conversation's tools.)"


def _stated(answer: str) -> str:
    """Leave out a question at the end of an answer."""
    if not answer.rstrip().endswith("?"):
        return answer
    ends = [found.end() for found in _SENTENCES.finditer(answer.rstrip())]
    return answer[: ends[-1]] if ends else ""


def _nodes(value: object) -> Iterator[object]:
    """Yield a value and everything in it."""
    yield value
    match value:
        case Mapping():
            inside: Iterable[object] = value.values()
        case list() | tuple() | set() | frozenset():
            inside = value
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            inside = [getattr(value, field.name) for field in dataclasses.fields(value)]
        case _:
            inside = ()
    for part in inside:
        yield from _nodes(part)


def _numbers_of(node: object) -> Iterator[float]:
    """Yield a number, how long a list is and how often it holds a value, the time between."""
    match node:
        case bool():
            return
        case int() | float():
            yield float(node)
        case Mapping():
            yield len(node)
        case list() | tuple() | set() | frozenset():
            yield len(node)
            yield from Counter(fact for item in node for fact in _facts(item)).values()
        case _:
            moments = [held for _, held in _fields(node) if isinstance(held, datetime)]
            yield from (abs((b - a).total_seconds()) for a, b in combinations(moments, 2))


def _facts(item: object) -> Iterator[str]:
    for name, held in _fields(item):
        if isinstance(held, str | Enum | bool):
            yield f"{name}={held}"


def _fields(value: object) -> Iterator[tuple[str, object]]:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        yield from ((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))


def _value(text: str) -> float:
    return float(text.replace(",", ""))


def _half(text: str) -> float:
    """Return half of the last digit's weight: what rounding may have moved a number by."""
    _, _, decimals = text.partition(".")
    return 0.5 * 10.0 ** -len(decimals)


def _parts(text: str) -> Sequence[tuple[str, str]]:
    return [(number, unit) for number, unit in _PART.findall(text)]


def _unit(word: str) -> str:
    return "s" if word == "second" else word
