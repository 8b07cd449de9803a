"""What is typed after a slash: commands of the terminal, and tools by name."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import RequestError

if TYPE_CHECKING:
    from agents.toolbox import Tool

NAME = re.compile(r"\s*([A-Za-z_]\w*)=")
WORD = re.compile(r"\S*")

NO_VALUES: Mapping[str, Iterable[str]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command of the terminal itself."""

    name: str
    help: str
    usage: str = ""


COMMANDS = (
    Command(name="help", help="Show keys, commands and example requests."),
    Command(name="runs", help="Show or hide the panel of runs."),
    Command(name="logs", usage="[run]", help="Read the logs of a run; of the latest if none."),
    Command(name="sessions", help="List, resume and rename conversations."),
    Command(name="new", help="Begin a new conversation."),
    Command(name="model", usage="[name]", help="Show which model answers, or choose another."),
    Command(name="plan", help="Only show what would be changed; again to carry changes out."),
    Command(name="readonly", help="Say whether tools that change anything were taken away."),
    Command(name="grants", help="List the tools that are allowed for this session."),
    Command(name="revoke", usage="<tool>", help="Ask again before a tool that was allowed."),
    Command(
        name="examples",
        usage="[number]",
        help="List what you taught the built-in model; with a number, forget that one.",
    ),
    Command(
        name="export",
        usage="<file>",
        help="Write what was done here as a script: a .py, .sh, .ipynb or .yml file.",
    ),
    Command(name="theme", usage="[name]", help="Change the colours."),
    Command(name="copy", help="Copy the last answer to the clipboard."),
    Command(
        name="open",
        usage="[what]",
        help="Open an object (bucket/key), a cited passage, or what was last shown.",
    ),
    Command(name="quit", help="Leave; runs go on."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A way to go on from what was typed."""

    text: str
    """The whole line once it is taken."""
    label: str
    help: str


def suggest(
    line: str, tools: Iterable["Tool"], values: Mapping[str, Iterable[str]] = NO_VALUES
) -> Sequence[Suggestion]:
    """Return how a line that begins with a slash can go on, the likeliest first.

    Args:
        line: What was typed.
        tools: What can be called.
        values: What can stand after a command, by its name.
    """
    if not line.startswith("/") or "\n" in line:
        return ()
    name, space, rest = line[1:].partition(" ")
    if name in values and space:
        return [
            Suggestion(text=f"/{name} {value}", label=value, help="")
            for value in values[name]
            if rest.casefold() in value.casefold() and rest != value
        ]
    if space:
        tool = next((tool for tool in tools if tool.name == name), None)
        return _arguments(tool, line, rest) if tool else ()
    known = [
        Suggestion(
            text=f"/{command.name}{' ' if command.usage else ''}",
            label=f"/{command.name} {command.usage}".strip(),
            help=command.help,
        )
        for command in COMMANDS
    ]
    known += [
        Suggestion(text=f"/{tool.name} ", label=f"/{tool.name}", help=tool.summary)
        for tool in tools
    ]
    typed = name.casefold()
    return sorted(
        (item for item in known if typed in item.label.casefold()),
        key=lambda item: not item.label[1:].startswith(typed),
    )


def _arguments(tool: "Tool", line: str, rest: str) -> Sequence[Suggestion]:
    last = rest.rpartition(" ")[2]
    if "=" in last:
        return ()
    begin = line[: len(line) - len(last)]
    given = set(NAME.findall(f" {rest}"))
    return [
        Suggestion(
            text=f"{begin}{name}=",
            label=f"{name}=",
            help="required" if field.is_required() else f"otherwise {field.get_default()!r}",
        )
        for name, field in tool.arguments().model_fields.items()
        if name not in given and name.startswith(last)
    ]


def read_arguments(tool: "Tool", text: str) -> dict[str, object]:
    """Read `name=value …`; values are JSON, or words where the tool wants text.

    Raises:
        RequestError: The text is not a list of names with values.
    """
    fields = tool.arguments().model_fields
    return {
        name: value
        if not isinstance(value, _Bare) or name not in fields or fields[name].annotation is str
        else _json_or_text(value)
        for name, value in _pairs(text)
    }


class _Bare(str):
    """A value that was written without quotes or brackets."""

    __slots__ = ()


def _pairs(text: str) -> Iterator[tuple[str, object]]:
    at = 0
    decoder = json.JSONDecoder()
    while text[at:].strip():
        match = NAME.match(text, at)
        if match is None:
            raise RequestError(
                f"{text[at:].strip()!r} has no name.", hint="Write name=value, or name=[1, 2]."
            )
        at = match.end()
        if text[at : at + 1] in {"[", "{", '"'}:
            try:
                value, at = decoder.raw_decode(text, at)
            except ValueError as error:
                raise RequestError(
                    f"The value of {match[1]} is not JSON: {error}.",
                    hint='Lists look like ["a", "b"], mappings like {"a": 1}.',
                ) from error
            yield match[1], value
        else:
            word = WORD.match(text, at)
            bare = word[0] if word else ""
            at += len(bare)
            yield match[1], _Bare(bare)


def _json_or_text(value: str) -> object:
    try:
        return json.loads(value)
    except ValueError:
        return str(value)
