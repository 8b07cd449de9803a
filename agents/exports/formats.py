"""The formats by name and by the end of a file's name."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from shlex import quote

from agents.exports import bash, notebook, python, workflow
from agents.exports.script import Script
from core.errors import RequestError
from core.exports import ExportFormat

WRITERS: Mapping[ExportFormat, Callable[[Script], str]] = {
    ExportFormat.PYTHON: python.write,
    ExportFormat.BASH: bash.write,
    ExportFormat.NOTEBOOK: notebook.write,
    ExportFormat.GITHUB_ACTIONS: workflow.write,
}
_SAID = {
    "py": ExportFormat.PYTHON,
    "sh": ExportFormat.BASH,
    "shell": ExportFormat.BASH,
    "jupyter": ExportFormat.NOTEBOOK,
    "ipynb": ExportFormat.NOTEBOOK,
    "github": ExportFormat.GITHUB_ACTIONS,
    "workflow": ExportFormat.GITHUB_ACTIONS,
    "github-action": ExportFormat.GITHUB_ACTIONS,
}
_ENDINGS = {
    ".py": ExportFormat.PYTHON,
    ".sh": ExportFormat.BASH,
    ".bash": ExportFormat.BASH,
    ".ipynb": ExportFormat.NOTEBOOK,
    ".yml": ExportFormat.GITHUB_ACTIONS,
    ".yaml": ExportFormat.GITHUB_ACTIONS,
}


def read_format(said: str) -> ExportFormat:
    """Return the format that a word means.

    Raises:
        RequestError: It means none.
    """
    word = re.sub(r"[\s_]+", "-", said.strip().casefold().lstrip("."))
    try:
        return _SAID[word] if word in _SAID else ExportFormat(word)
    except ValueError as error:
        known = ", ".join(known.value for known in ExportFormat)
        raise RequestError(f"{said!r} is no format.", hint=f"The formats: {known}.") from error


def format_of(path: Path) -> ExportFormat:
    """Return the format that a file's name says; Python where it says none."""
    return _ENDINGS.get(path.suffix.casefold(), ExportFormat.PYTHON)


def refuse_other(path: Path, wanted: ExportFormat) -> None:
    """Refuse a file whose name says that it is something else.

    Raises:
        RequestError: Programs would take it for another format.
    """
    named = _ENDINGS.get(path.suffix.casefold())
    if named not in (None, wanted):
        ending = next(end for end, one in _ENDINGS.items() if one is wanted)
        raise RequestError(
            f"{path.name} is the name of a file for {named}, and the format is {wanted}.",
            hint=f"Give format={named}, or a name that ends in {ending}.",
        )


def how_to_run(path: str, written: ExportFormat) -> str:
    """Return the command that does it all again; for a workflow, what to do with it."""
    match written:
        case ExportFormat.PYTHON:
            return f"python {quote(path)}"
        case ExportFormat.BASH:
            return f"bash {quote(path)}"
        case ExportFormat.NOTEBOOK:
            return f"jupyter lab {quote(path)}"
    if ".github/workflows" in Path(path).absolute().as_posix():
        return "commit it, then start it under Actions"
    return "put it into .github/workflows, commit it, then start it under Actions"
