"""Reading questions for the documentation, and wishes about its sources."""

import re
from collections.abc import Sequence
from pathlib import PurePath

from rapidfuzz import fuzz

from backends.chat_builtin.skills.base import Arguments, Missing, Skill, no_arguments, which
from backends.chat_builtin.words import settings
from core.focus import Focus
from core.world import World

_ENDINGS = r"md|markdown|html?|pdf|ipynb|py|txt|text|rst|adoc"
_QUOTED = re.compile(r"[\"'`“]([^\"'`”]+)[\"'`”]")
_PATH = re.compile(
    rf"(?<![\w/])(?:[~.\w-]*/[\w./~-]*|[\w.-]+\.(?:{_ENDINGS})(?![\w.]*\w))",
    re.I,
)
_FOLDERS = (
    re.compile(r"\b(?:folder|directory|dir)\s+(?:called\s+|named\s+)?([\w./-]+)", re.I),
    re.compile(r"\b([\w./-]+)\s+(?:folder|directory|dir)\b", re.I),
)
_NO_NAME = frozenset(
    "a an the this that our my your their its whole entire same other new old and to in with"
    " into from of for as knowledge".split()
)
_IT = re.compile(r"\b(?:it|that|this|them|those)\b", re.I)
SHIPPED = "corpus"
ALIKE = 85
"""Similarity (0 to 100) from which a word is taken for a source's name."""


def _search_docs(text: str, world: World, focus: Focus) -> Arguments:
    del world, focus
    return {"query": settings(text).get("query", text.strip())}


def path_in(text: str) -> str:
    """Return the file or folder that a text names; empty where it names none."""
    if quoted := _QUOTED.search(text):
        return quoted[1].strip()
    if found := _PATH.search(text):
        return found[0]
    named = (found[1] for pattern in _FOLDERS for found in pattern.finditer(text))
    return next((name for name in named if name.casefold() not in _NO_NAME), "")


def _add_source(text: str, world: World, focus: Focus) -> Arguments | Missing:
    del world
    if path := settings(text).get("path") or path_in(text):
        return {"path": path.rstrip(".,;:!?") if len(path) > 1 else path}
    if focus.path and _IT.search(text):
        return {"path": focus.path}
    return Missing("What is the path of the file or folder?")


def _remove_source(text: str, world: World, focus: Focus) -> Arguments | Missing:
    if named := settings(text).get("source"):
        return {"source": named}
    sources = world.sources()
    own = [name for name in sources if " " not in name and name != SHIPPED]
    if path := path_in(text):
        return {"source": _source_named(path, own) or path}
    if name := _source_named(text, own) or _source_named(text, sources):
        return {"source": name}
    if focus.source and _IT.search(text):
        return {"source": focus.source}
    return which("source", own) if own else Missing("Which source? You have added none yet.")


def _source_named(text: str, sources: Sequence[str]) -> str:
    """Return the source whose name, or its name without the ending, stands in a text."""
    words = re.findall(r"[\w./-]+", text.casefold())
    ends = {word.rstrip("./").rpartition("/")[2] for word in words}
    for name in sorted(sources, key=len, reverse=True):
        if {name.casefold(), PurePath(name.casefold()).stem} & ends:
            return name
    for name in sources:
        stem = PurePath(name.casefold()).stem
        if len(stem) > 4 and any(fuzz.ratio(stem, word) >= ALIKE for word in ends):
            return name
    return ""


SKILLS = (
    Skill(tool="search_docs", read=_search_docs, in_words="look it up in the documentation"),
    Skill(tool="list_sources", read=no_arguments, in_words="list the documents I know"),
    Skill(
        tool="add_source",
        read=_add_source,
        in_words="make a file or folder searchable",
        changes=True,
    ),
    Skill(tool="remove_source", read=_remove_source, in_words="forget a source", changes=True),
)
