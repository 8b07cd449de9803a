"""A notebook: the lines of the Python script, a cell for each request."""

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence

from agents.exports import python
from agents.exports.script import Script

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$])")


def write(script: Script) -> str:
    """Return a script as a Jupyter notebook, in version 4.5 of its format."""
    cells = [
        {"id": f"cell-{number}", **cell} for number, cell in enumerate(_cells(script), start=1)
    ]
    notebook = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _cells(script: Script) -> Iterator[Mapping[str, object]]:
    yield _told([_inert(line) for line in script.about])
    yield _code(python.opening(script).strip())
    for part in script.parts:
        if part.words:
            yield _told([f"“{_inert(part.words)}”"])
        yield _code("\n".join(python.statements(part)))
    if script.last:
        yield _code("\n".join(python.waits(script.last)))


def _told(paragraphs: Sequence[str]) -> Mapping[str, object]:
    source = "\n\n".join(paragraphs)
    return {"cell_type": "markdown", "metadata": {}, "source": source.splitlines(keepends=True)}


def _code(source: str) -> Mapping[str, object]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": source.splitlines(keepends=True),
    }


def _inert(text: str) -> str:
    """Return words that are shown as they are: no markup, link or picture."""
    return html.escape(_MARKDOWN.sub(r"\\\1", text), quote=False)
