"""What of a value can be opened outside the terminal, and whether anything can."""

import re
import webbrowser
from collections.abc import Sequence
from pathlib import PurePath

from core.metrics import RunMetrics
from core.objects import BinaryPreview, Plot, StoredObject, TablePreview, TextPreview
from core.passages import CITATION_MARK, DocsAnswer

_CITATION = re.compile(rf"\[([^\[\]\n]+{CITATION_MARK}[^\[\]\n]+)\](?!\()")

TEXT_BROWSERS = frozenset({"elinks", "links", "lynx", "w3m", "www-browser"})
"""Browsers that would draw over this terminal."""


def has_window_browser() -> bool:
    """Say whether there is a browser with a window of its own."""
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    return PurePath(str(getattr(browser, "name", ""))).name not in TEXT_BROWSERS


def citations_in(answer: str) -> Sequence[str]:
    """Return what an answer cites, each once."""
    return list(dict.fromkeys(_CITATION.findall(answer)))


def openable(value: object) -> str:
    """Return `bucket/key` or the citation of what a value lets one open; empty if nothing."""
    if isinstance(value, Plot):
        return f"{value.artifact.bucket}/{value.artifact.key}"
    if isinstance(value, RunMetrics):
        return value.report
    if isinstance(value, DocsAnswer):
        return value.items[0].passage.citation if value.answerable and value.items else ""
    if isinstance(value, TablePreview | TextPreview | BinaryPreview):
        return value.object.reference
    return value.reference if isinstance(value, StoredObject) else ""
