"""Requests that are written as a call: `list_runs state=FAILED`."""

import json

from backends.chat_builtin.skills import Arguments
from backends.chat_builtin.words import settings

START_RUN = frozenset({"pipeline", "parameters", "experiment", "name", "use_cache"})
"""The arguments of `start_run`; what else is given beside them is meant for the pipeline."""


def read_command(text: str, there: frozenset[str]) -> tuple[str, Arguments] | None:
    """Return the tool and arguments that are written as a call; None where nothing is."""
    tool, _, rest = text.strip().partition(" ")
    if tool not in there:
        return None
    given: object
    try:
        given = json.loads(rest) if rest.lstrip().startswith("{") else _values(rest)
    except ValueError:
        return None
    if not isinstance(given, dict):
        return None
    if tool == "start_run" and (loose := given.keys() - START_RUN):
        parameters = {name: given.pop(name) for name in sorted(loose)}
        told = given.get("parameters")
        given["parameters"] = {**told, **parameters} if isinstance(told, dict) else parameters
    return tool, given


def write_command(tool: str, arguments: Arguments) -> str:
    """Return a call as a request that cannot be misread."""
    return f"{tool} {json.dumps(arguments)}" if arguments else tool


def _values(text: str) -> Arguments:
    values: Arguments = {}
    for name, value in settings(text).items():
        try:
            values[name] = json.loads(value)
        except ValueError:
            values[name] = _listed(value) if value.startswith("[") else value
    return values


def _listed(value: str) -> list[str]:
    return [item.strip(" \"'") for item in value.strip("[]").split(",") if item.strip()]
