"""Reading questions for the documentation, and wishes about its sources."""

import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path, PurePath

from rapidfuzz import fuzz

from backends.chat_builtin.skills.base import Arguments, Missing, Skill, no_arguments, which
from backends.chat_builtin.words import settings, with_digits
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
MOST_FILES = 500
"""How many files of a folder are looked at for a name."""
_ASKING = re.compile(
    r"\b(?:please|pls|search|look|find|check|read|query|browse|the|your|our|my|docs?|documents?"
    r"|documentation|manual|corpus|knowledge|base|for|me|us|something|up|in|into|through|can|could"
    r"|you|it|a|an|some|information|info)\b",
    re.I,
)
_CONTENT = re.compile(r"\w{2,}")
_COUNT = re.compile(
    r"\b(\d{1,2}) (?:best |top |most relevant )*(?:passages?|results?|hits?|answers?"
    r"|pages?|sections?)\b"
    r"|\b(?:top|best) (\d{1,2})\b",
    re.I,
)
SHIPPED = "corpus"
ALIKE = 85
"""Similarity (0 to 100) from which a word is taken for a source's name."""


def _search_docs(text: str, world: World, focus: Focus) -> Arguments | Missing:
    del world, focus
    if query := settings(text).get("query"):
        return {"query": query}
    if not _CONTENT.search(_ASKING.sub(" ", text)):
        return Missing("What shall I look up?")
    counted = _COUNT.search(with_digits(text))
    limit: Arguments = {"limit": int(counted[1] or counted[2])} if counted else {}
    return {"query": text.strip(), **limit}


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
        named = path.rstrip(".,;:!?") if len(path) > 1 else path
        return {"path": named if Path(named).exists() else _below(named) or named}
    if focus.path and _IT.search(text):
        return {"path": focus.path}
    if found := local_file(text):
        return {"path": found}
    return Missing("What is the path of the file or folder?")


def _below(name: str) -> str:
    """Return the only file of this name one folder below: "the docs folder's runbook.md"."""
    if "/" in name or "*" in name:
        return ""
    found = [*islice(Path().glob(f"*/{name}"), 2)]
    return found[0].as_posix() if len(found) == 1 else ""


def local_file(text: str) -> str:
    """Return the only file here or one folder below whose name is said: "our runbook"."""
    words = set(re.findall(r"[a-z]{4,}", text.casefold())) - _NO_NAME
    here = [
        path
        for pattern in ("*.*", "*/*.*")
        for path in islice(Path().glob(pattern), MOST_FILES)
        if path.is_file() and path.stem.casefold() in words
    ]
    return here[0].as_posix() if len(here) == 1 else ""


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
    if _IT.search(text) and (name := _source_named(focus.path, own)):
        return {"source": name}
    if len(own) == 1 and not re.search(r"[\w-]\.\w", text):
        return {"source": own[0]}
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
