"""The arguments of a call as lines of text that a person can edit."""

import json
import re
from collections.abc import Mapping

from core.errors import RequestError
from surfaces.words import as_json, clean

PLAIN_KEY = re.compile(r"[\w.\-/@]+")
"""A key that can stand before an equals sign; others stay inside their mapping's JSON."""

LINE = re.compile(r"\s*([A-Za-z_]\w*)(?:\.([^\s=]+))?\s*=\s*(.*?)\s*$")


SHOWN_CHARACTERS = 60
"""How much of the arguments fits beside a tool's name."""

EMPTY: tuple[object, ...] = ("", None, [], {})
"""Values that say nothing by themselves."""


def as_lines(arguments: Mapping[str, object]) -> str:
    """Write one `name = JSON value` a line; what a mapping holds gets lines of its own."""
    lines = []
    for name, value in arguments.items():
        if isinstance(value, Mapping) and value and all(map(PLAIN_KEY.fullmatch, map(str, value))):
            lines += [f"{name}.{key} = {as_json(item)}" for key, item in value.items()]
        else:
            lines.append(f"{name} = {as_json(value)}")
    return "\n".join(lines)


def from_lines(text: str, before: Mapping[str, object]) -> dict[str, object]:
    """Read the lines back; a mapping all of whose lines were taken away is empty.

    Args:
        text: One argument a line.
        before: The arguments as they were, to know which of them are texts.

    Raises:
        RequestError: A line is not `name = value`, or its value is not JSON.
    """
    arguments: dict[str, object] = {
        name: {} for name, value in before.items() if isinstance(value, Mapping)
    }
    for line in filter(str.strip, text.splitlines()):
        match = LINE.match(line)
        if match is None:
            raise RequestError(f"{line.strip()!r} is not `name = value`.")
        name, key, value = match.groups()
        if key is None:
            whole, parts = _value(name, value, before.get(name)), arguments.get(name)
            if isinstance(whole, dict) and isinstance(parts, dict):
                whole = {**whole, **parts}
            arguments[name] = whole
            continue
        inner = arguments.setdefault(name, {})
        old = before.get(name)
        if not isinstance(inner, dict):
            raise RequestError(f"{name} is given twice: as a whole and in parts.")
        inner[key] = _value(
            f"{name}.{key}", value, old.get(key) if isinstance(old, Mapping) else None
        )
    return {name: arguments[name] for name in (*before, *arguments) if name in arguments}


def _value(name: str, text: str, before: object) -> object:
    try:
        return json.loads(text)
    except ValueError as error:
        # Someone who changes a word should not need to know that text wears quotes.
        if isinstance(before, str) and text[:1] not in {'"', "[", "{"}:
            return text
        raise RequestError(
            f"The value of {name} is not JSON: {text or 'nothing'}.",
            hint='Text needs quotes: "like this".',
        ) from error


def arguments_in_brief(arguments: Mapping[str, object]) -> str:
    """Write arguments on one line, cut to what fits; those that are empty are left out."""
    given = ", ".join(
        f"{clean(name)}={as_json(value)}" for name, value in arguments.items() if value not in EMPTY
    )
    return given if len(given) <= SHOWN_CHARACTERS else f"{given[: SHOWN_CHARACTERS - 1]}…"
