"""What kinds of things a request names: runs, schedules, stored objects, files on this machine."""

import re
from collections.abc import Mapping
from pathlib import Path

from rapidfuzz import fuzz

from backends.chat_builtin.features import FILE
from backends.chat_builtin.references import unknown_pipeline
from core.world import World

_WRITTEN_NAME = re.compile(r"(?<![\w./@-])[a-z]\w*(?:-\w+)+(?![\w/-]|\.\w)")
_PLACE = re.compile(r"(?<![\w@/-])(?:/|\.{1,2}/|~/)?[\w-][\w.-]*(?:/[\w.-]+)*/?(?![\w-])")
_HERE = re.compile(r"^\.{1,2}/|^~/")
ALIKE = 80
"""Similarity (0 to 100) from which a word takes on the kind of a name that it looks like."""


def things(world: World) -> Mapping[str, str]:
    """Return the kinds of everything that has a name, by name."""
    return {
        **{source: "source" for source in world.sources() if len(source) > 3 and " " not in source},
        **{bucket: "bucket" for bucket in world.buckets() if bucket != "models"},
        **{name: "experiment" for name in world.experiments() if name != "default"},
        **{run.name: "run" for run in world.recent_runs()},
        **{pipeline.name: "pipeline" for pipeline in world.pipelines()},
        **dict.fromkeys(world.schedules(), "schedule"),
        **dict.fromkeys(world.triggers(), "trigger"),
        **dict.fromkeys(world.deployments(), "deployment"),
    }


def kinds_in(text: str, world: World) -> Mapping[str, str]:
    """Return the kinds of what a text names, by the words that name it.

    Names that exist come with those that are only written like one of them, and with files: stored
    ones are objects, those of this machine are local.
    """
    lowered = text.casefold()
    known = things(world)
    named = {name: kind for name, kind in known.items() if _stands_in(name.casefold(), lowered)}
    spoken = dict(named) | _spaced(lowered, known)
    for found in _WRITTEN_NAME.finditer(lowered):
        if found[0] not in spoken and (near := _nearest(found[0], known)):
            spoken[found[0]] = known[near]
    unknown = unknown_pipeline(text)
    if "-" in unknown and unknown not in spoken:
        noun = rf"\b(?:of|the|this|that|for|from|a|in) run (?:called )?{re.escape(unknown)}"
        spoken[unknown] = "run" if re.search(noun, lowered) else "pipeline"
    spoken |= _files(lowered, world)
    spoken |= _folders(text, spoken)
    return dict(sorted(spoken.items(), key=lambda item: lowered.find(item[0].casefold())))


def _spaced(lowered: str, known: Mapping[str, str]) -> dict[str, str]:
    """Return names with digits as they are spoken: "nightly 0513" for nightly-0513."""
    spoken = {}
    for name, kind in known.items():
        if re.search(r"-\d", name):
            pattern = re.escape(name.casefold()).replace(r"\-", "[ _]?")
            if found := re.search(rf"(?<![\w-]){pattern}(?![\w-])", lowered):
                spoken[found[0]] = kind
    return spoken


def _stands_in(name: str, lowered: str) -> bool:
    """Tell whether a name stands in a text as a whole, not within a longer one."""
    return name in lowered and bool(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", lowered))


def _nearest(word: str, known: Mapping[str, str]) -> str:
    best = max(known, key=lambda name: fuzz.ratio(name.casefold(), word), default="")
    return best if best and fuzz.ratio(best.casefold(), word) >= ALIKE else ""


def _files(lowered: str, world: World) -> dict[str, str]:
    written = {found[0] for found in FILE.finditer(lowered)}
    if not written:
        return {}
    stored = {
        part
        for bucket in world.buckets()
        for key in world.keys(bucket)
        for part in _ways_to_say(bucket, key.casefold())
    }
    return {
        name: "object" if not _HERE.match(name) and name in stored else "local"
        for name in written
        if name in stored or is_here(name)
    }


def _ways_to_say(bucket: str, key: str) -> tuple[str, ...]:
    return key, key.rpartition("/")[2], f"{bucket}/{key}"


def _folders(text: str, spoken: Mapping[str, str]) -> dict[str, str]:
    """Return what are folders on this machine, by their names as they stand in the text."""
    return {
        found[0].casefold().rstrip("/"): "folder"
        for found in _PLACE.finditer(text)
        if found[0].casefold() not in spoken
        and (re.search(r"[/_-]", found[0]) or _called_folder(text, found))
        and _is_folder(found[0])
    }


def _called_folder(text: str, found: re.Match[str]) -> bool:
    """Tell whether a plain word is said to be a folder: "pipelines" alone is none."""
    before, after = text[: found.start()].casefold(), text[found.end() :].casefold()
    return before.endswith(("folder ", "directory ", "dir ")) or after.startswith(
        (" folder", " directory", " dir ")
    )


def is_here(name: str) -> bool:
    """Tell whether a file of this name lies on this machine, also by another case."""
    try:
        return Path(name).expanduser().is_file()
    except (OSError, RuntimeError):
        # A name too long for a file system, or a home that does not exist, is no file.
        return False


def _is_folder(name: str) -> bool:
    try:
        return Path(name).expanduser().is_dir()
    except (OSError, RuntimeError):
        return False
