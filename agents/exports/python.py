"""A script for Python, and the lines that a notebook shares with it."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence

from agents.exports.script import Joined, Part, Script, Step, Value, Variable, Wait

COLUMNS = 92
OPENING = """\
from surfaces.scripting import open_assistant, show

assistant = open_assistant(allow_changes={changes})
"""


def write(script: Script) -> str:
    """Return a script as a Python file."""
    about = "".join(f"# {line}\n" for line in script.about)
    parts = ["\n".join([*_comment(part), *statements(part)]) for part in script.parts]
    last = "\n".join(waits(script.last))
    body = "\n\n".join(part for part in [*parts, last] if part)
    return f"{about}{opening(script)}\n{body}\n"


def opening(script: Script) -> str:
    """Return the lines that open the assistant."""
    return OPENING.format(changes=script.changes > 0)


def statements(part: Part) -> Iterator[str]:
    """Yield what a part does, a statement each."""
    for step in part.steps:
        yield from waits(step.waits)
        yield from _statements(step)


def waits(waiting: Sequence[Wait]) -> Iterator[str]:
    """Yield what waits for runs."""
    for wait in waiting:
        how = "" if wait.succeeded else ", must_succeed=False"
        yield f"assistant.wait({wait.run.name}.id{how})"


def _comment(part: Part) -> Sequence[str]:
    return [f"# “{part.words}”"] if part.words else []


def _statements(step: Step) -> Iterator[str]:
    if step.run is None:
        yield _call("show(assistant.call(", step, "))")
    else:
        yield _call(f"{step.run.name} = assistant.call(", step, ")")
        yield f"show({step.run.name})"


def _call(head: str, step: Step, tail: str) -> str:
    given = [literal(step.tool), *(f"{n}={literal(v)}" for n, v in step.arguments.items())]
    line = f"{head}{', '.join(given)}{tail}"
    if len(line) <= COLUMNS:
        return line
    listed = "".join(f"    {argument},\n" for argument in given)
    return f"{head}\n{listed}{tail}"


def literal(value: Value) -> str:
    """Return a value as Python writes it."""
    match value:
        case Variable():
            return f"{value.name}.id"
        case Joined():
            return " + ".join(literal(part) for part in value.parts)
        case str():
            # The escapes of JSON mean the same in Python, as long as everything can be seen.
            return json.dumps(value, ensure_ascii=False) if value.isprintable() else ascii(value)
        case Mapping():
            return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
        case list():
            return f"[{', '.join(literal(item) for item in value)}]"
        case float() if not math.isfinite(value):
            return f'float("{value}")'
    return repr(value)
