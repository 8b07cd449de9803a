"""Which files of a folder are documents of somebody's: ignore files respected, no way out."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import RequestError
from core.passages import SkippedFile
from knowledge.readers import READERS

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

MOST_FILES = 20_000
IGNORE_FILES = (".gitignore", ".ignore")
PASSED_OVER = frozenset("node_modules __pycache__ venv site-packages dist build".split())
"""Folders that nobody wrote, beside those whose names begin with a dot."""

Ignores = Sequence[tuple[str, "GitIgnoreSpec"]]


def documents_in(place: Path) -> tuple[list[tuple[str, Path]], list[SkippedFile]]:
    """Return the documents of a file or folder with their paths in it, and what leads outside.

    Raises:
        RequestError: There are too many files.
    """
    if place.is_file():
        return [(place.name, place)], []
    found: list[tuple[str, Path]] = []
    skipped: list[SkippedFile] = []
    for path, file in _files(place, "", ()):
        if _leads_outside(file, place):
            skipped.append(SkippedFile(path=path, reason="a link out of the folder"))
        elif file.suffix.casefold() in READERS:
            found.append((path, file))
        else:
            reason = f"no kind of document: {file.suffix or 'without an ending'}"
            skipped.append(SkippedFile(path=path, reason=reason))
        if len(found) + len(skipped) > MOST_FILES:
            raise RequestError(
                f"{place} holds more than {MOST_FILES:,} files.",
                hint="Add its folders with documents one by one.",
            )
    return found, skipped


def _files(folder: Path, prefix: str, ignores: Ignores) -> Iterator[tuple[str, Path]]:
    ignores = (*ignores, *_ignores_of(folder, prefix))
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        # A folder that may not be read holds nothing for us; its documents are not there.
        return
    for entry in entries:
        path = f"{prefix}{entry.name}"
        is_folder = entry.is_dir(follow_symlinks=False)
        if entry.name.startswith(".") or _ignored(f"{path}/" if is_folder else path, ignores):
            continue
        if is_folder and entry.name not in PASSED_OVER:
            yield from _files(Path(entry.path), f"{path}/", ignores)
        elif not is_folder:
            yield path, Path(entry.path)


def _ignores_of(folder: Path, prefix: str) -> Iterator[tuple[str, "GitIgnoreSpec"]]:
    from pathspec import GitIgnoreSpec

    for name in IGNORE_FILES:
        file = folder / name
        if file.is_file():
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
            yield prefix, GitIgnoreSpec.from_lines(lines)


def _ignored(path: str, ignores: Ignores) -> bool:
    """Tell whether the ignore file nearest to a path that speaks of it says to pass it over."""
    for prefix, spec in reversed(ignores):
        said = spec.check_file(path.removeprefix(prefix)).include
        if said is not None:
            return said
    return False


def _leads_outside(file: Path, place: Path) -> bool:
    if not file.is_symlink():
        return False
    return not file.resolve().is_relative_to(place.resolve()) or not file.is_file()
