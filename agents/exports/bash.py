"""A script for Bash, and the lines that a workflow shares with it."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence

from agents.exports.script import Joined, Part, Script, Step, Value, Variable, Wait

COLUMNS = 100
COMMAND = "mlops-swarm"
_PLACE = re.compile(r"\ue000(\w+)\ue001")
"""Where a variable stands in an argument until it is quoted: no text holds these characters."""


def write(script: Script) -> str:
    """Return a script as a Bash file."""
    about = "".join(f"# {line}\n" for line in script.about)
    parts = ["\n".join([*_comment(part), *lines(part)]) for part in script.parts]
    last = "\n".join(waits(script.last))
    body = "\n\n".join(part for part in [*parts, last] if part)
    return f"#!/usr/bin/env bash\n{about}set -euo pipefail\n\n{body}\n"


def lines(part: Part) -> Iterator[str]:
    """Yield what a part does, a command each."""
    for step in part.steps:
        yield from waits(step.waits)
        yield _command(step)


def waits(waiting: Sequence[Wait]) -> Iterator[str]:
    """Yield what waits for runs."""
    for wait in waiting:
        how = "" if wait.succeeded else " --any-end"
        yield f'{COMMAND} wait "${wait.run.name}"{how}'


def _comment(part: Part) -> Sequence[str]:
    return [f"# “{part.words}”"] if part.words else []


def _command(step: Step) -> str:
    words = [COMMAND, "tool", step.tool]
    words += [argument(name, value) for name, value in step.arguments.items()]
    words += ["--yes"] * step.changes
    head, tail = ("", "") if step.run is None else (f"{step.run.name}=$(", " --only id)")
    line = f"{head}{' '.join(words)}{tail}"
    if len(line) <= COLUMNS:
        return line
    first, rest = " ".join(words[:3]), words[3:]
    return f"{head}{first} \\\n    " + " \\\n    ".join(rest) + tail


def argument(name: str, value: Value) -> str:
    """Return an argument as one word that Bash hands on unchanged."""
    written = f"{name}={_written(value)}"
    pieces = _PLACE.split(written)
    quoted = [
        f'"${piece}"' if number % 2 else shlex.quote(piece)
        for number, piece in enumerate(pieces)
        if piece
    ]
    return "".join(quoted)


def _written(value: Value) -> str:
    """Return a value as the command line reads it: text as it is, everything else as JSON."""
    placed = _placed(value)
    if isinstance(placed, str) and placed.replace("\ue000", "").replace("\ue001", "").isprintable():
        try:
            json.loads(placed)
        except ValueError:
            return placed
        except RecursionError:
            # Deeper than the command line reads: only as a text of JSON does it stay a text.
            pass
    # What cannot be seen is escaped, so that the file reads as what it does.
    return _escaped(json.dumps(placed, ensure_ascii=False))


def _escaped(text: str) -> str:
    return "".join(
        one if one.isprintable() or one in "\ue000\ue001" else json.dumps(one)[1:-1] for one in text
    )


def _placed(value: Value) -> object:
    match value:
        case Variable():
            return f"\ue000{value.name}\ue001"
        case Joined():
            return "".join(str(_placed(part)) for part in value.parts)
        case str():
            return value.replace("\ue000", "\ufffd").replace("\ue001", "\ufffd")
        case Mapping():
            return {str(_placed(key)): _placed(item) for key, item in value.items()}
        case list():
            return [_placed(item) for item in value]
    return value
