"""`tool`: calls without a model, one or many in one process."""

import asyncio
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic_core import to_jsonable_python

from agents.approval import Caller
from agents.events import Effect, Event, ToolProgressed
from agents.toolbox import Tool
from core.errors import AssistantError, RequestError, SettingsError, UnavailableError
from core.settings import read_settings
from surfaces.assembly import Assistant, assemble
from surfaces.cli.approving import approver
from surfaces.cli.printing import (
    clear_line,
    error_json,
    print_alerts,
    print_json,
    print_moving,
    print_plain,
    print_value,
)

PERSON = "person"
"""On whose behalf the command line calls tools."""
MAXIMUM_DEPTH = 30
"""How deep lists and objects in an argument may nest."""


def parse_arguments(words: Sequence[str]) -> dict[str, object]:
    """Return `name=value` words as arguments; a value that is JSON is read as such.

    Raises:
        RequestError: A word has no `=`.
    """
    arguments: dict[str, object] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise RequestError(f"{word!r} is no argument.", hint="Write name=value: limit=5.")
        if name in arguments:
            raise RequestError(f"{name} is given twice.", hint="Leave one of the two out.")
        try:
            arguments[name] = json.loads(value)
        except ValueError:
            arguments[name] = value
        except RecursionError as error:
            raise RequestError(
                f"The value of {name} is nested too deeply.", hint="Flatten it."
            ) from error
        _check(arguments[name])
    return arguments


def _check(value: object, depth: int = 0) -> None:
    """Refuse what could be neither kept nor printed."""
    if depth > MAXIMUM_DEPTH:
        raise RequestError("An argument is nested too deeply.", hint="Flatten it.")
    if isinstance(value, list | dict):
        for item in [*value, *value.values()] if isinstance(value, dict) else value:
            _check(item, depth + 1)
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise RequestError(
                "An argument has characters that are no Unicode text.", hint="Write it in UTF-8."
            ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How a value is printed."""

    as_json: bool = False
    only: str = ""
    """The one field that is printed, as it is; empty for the whole value."""


def run_one(name: str, words: Sequence[str], shown: Shown, *, yes: bool, read_only: bool) -> int:
    """Call one tool and print its value."""
    try:
        arguments = parse_arguments(words)
        assistant = assemble(read_settings(read_only=read_only or None))
        if name in assistant.toolbox:
            arguments |= _texts(assistant.toolbox.find(name), words, arguments)
        value = asyncio.run(_call(assistant, name, arguments, yes=yes))
        if shown.only:
            print_plain(_field(value, shown.only))
            return 0
    except AssistantError as error:
        if not shown.as_json or isinstance(error, SettingsError):
            raise
        print_json(error_json(error))
        return 1
    if shown.as_json:
        print_json(value)
    else:
        print_value(value)
        print_alerts(value)
    return 0


def _texts(
    tool: Tool, words: Sequence[str], arguments: Mapping[str, object]
) -> Mapping[str, object]:
    """Return as they were typed the arguments that are texts: a run's id may look like a number."""
    typed = {name: value for name, _, value in (word.partition("=") for word in words)}
    fields = tool.arguments().model_fields
    return {
        name: typed[name]
        for name, value in arguments.items()
        if name in fields and fields[name].annotation is str and isinstance(value, int | float)
    }


def _field(value: object, name: str) -> str:
    """Return one field of a value in words that a program can read.

    Raises:
        RequestError: It has no such field; the hint names those it has.
    """
    fields = to_jsonable_python(value)
    if not isinstance(fields, dict) or name not in fields:
        known = ", ".join(fields) if isinstance(fields, dict) else "no fields"
        raise RequestError(f"The value has no field {name!r}.", hint=f"It has {known}.")
    return fields[name] if isinstance(fields[name], str) else json.dumps(fields[name])


def run_calls(name: str, source: str, *, yes: bool, read_only: bool) -> int:
    """Make the calls of a file of JSON lines and print a line for each; 1 if any failed.

    A line is `{"tool": …, "arguments": {…}}`, or only the arguments where a name was given.
    """
    assistant = assemble(read_settings(read_only=read_only or None))
    return asyncio.run(_many(assistant, name, source, yes=yes))


async def _many(assistant: Assistant, name: str, source: str, *, yes: bool) -> int:
    failed = False
    for line in _lines(source):
        tool = name
        try:
            tool, arguments = _read_call(line, name)
            value = await _call(assistant, tool, arguments, yes=yes)
            print_json({"tool": tool, "ok": True, "result": value})
        except AssistantError as error:
            failed = True
            print_json({"tool": tool, **error_json(error)})
    return int(failed)


def _lines(source: str) -> Iterator[str]:
    if source == "-":
        for line in sys.stdin.buffer:
            if line.strip():
                yield line.decode(errors="replace")
        return
    try:
        with Path(source).open(encoding="utf-8") as file:
            yield from (line for line in file if line.strip())
    except OSError as error:
        raise UnavailableError(
            f"{source} cannot be read: {error.strerror}.", hint="Give a file of JSON lines, or `-`."
        ) from error
    except UnicodeDecodeError as error:
        raise RequestError(f"{source} is not UTF-8 text.", hint="Write JSON lines.") from error


def _read_call(line: str, name: str) -> tuple[str, Mapping[str, object]]:
    try:
        call = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RequestError(
            f"A line is no JSON: {error}.", hint='Write {"tool": "list_runs"}.'
        ) from error
    _check(call)
    if not isinstance(call, dict):
        raise RequestError("A line is no JSON object.", hint='Write {"tool": "list_runs"}.')
    if "tool" in call:
        arguments = call.get("arguments") or {}
        if not isinstance(arguments, dict):
            raise RequestError("`arguments` is no JSON object.", hint='Write {"limit": 5}.')
        return str(call["tool"]), arguments
    if not name:
        raise RequestError("A line names no tool.", hint='Write {"tool": "list_runs"}.')
    return name, call


async def _call(
    assistant: Assistant, name: str, arguments: Mapping[str, object], *, yes: bool
) -> object:
    def show(event: Event) -> None:
        if isinstance(event, ToolProgressed):
            print_moving(event)

    try:
        return await assistant.toolbox.call(
            name, arguments, Caller(agent=PERSON, approve=approver(yes=yes), notify=show)
        )
    finally:
        clear_line()


def show_tools(*, as_json: bool) -> int:
    """List what can be called."""
    tools = list(assemble(read_settings()).toolbox)
    if as_json:
        for tool in tools:
            print_json(
                {
                    "tool": tool.name,
                    "effect": tool.effect,
                    "summary": tool.summary,
                    "arguments": tool.arguments().model_json_schema(),
                }
            )
        return 0
    for tool in tools:
        mark = "" if tool.effect is Effect.READS else f" ({tool.effect})"
        print_plain(f"{tool.name} {_signature(tool)}{mark}")
        print_plain(f"    {tool.summary}")
    return 0


def _signature(tool: Tool) -> str:
    fields = tool.arguments().model_fields
    return " ".join(f"{n}=" if f.is_required() else f"[{n}=]" for n, f in fields.items())
