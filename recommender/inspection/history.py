"""Counts the people in a project's Git history without reading its configuration.

A repository's own configuration can name programs that Git starts. So Git runs with an empty
folder of our own as its repository, and only takes the objects from the project.
"""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from core.errors import UnavailableError

MOST_COMMITS = 5_000
SECONDS = 5
_BOT = re.compile(r"\[bot\]|\bbot\b|dependabot|renovate|github-actions|noreply@github\.com", re.I)
_REFERENCE = re.compile(r"refs/[\w./-]+")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def people_in(root: Path) -> int:
    """Return how many people committed to a project; 0 where no history can be read.

    Raises:
        UnavailableError: Git did not answer in time.
    """
    folder = root / ".git"
    git = shutil.which("git")
    if git is None or folder.is_symlink() or not folder.is_dir():
        return 0
    head = _head(folder)
    return _distinct(_authors(git, folder, head)) if head else 0


def _head(folder: Path) -> str:
    """Return the commit that is checked out, by reading the references as files."""
    text = _first_line(folder / "HEAD")
    if _COMMIT.fullmatch(text):
        return text
    reference = text.removeprefix("ref: ").strip()
    if not _REFERENCE.fullmatch(reference) or ".." in reference:
        return ""
    if _COMMIT.fullmatch(loose := _first_line(folder / reference)):
        return loose
    try:
        packed = (folder / "packed-refs").read_text("utf-8", errors="replace")
    except OSError:
        return ""
    found = re.search(rf"^([0-9a-f]{{40,64}}) {re.escape(reference)}$", packed, re.M)
    return found[1] if found else ""


def _first_line(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace").partition("\n")[0].strip()
    except OSError:
        return ""


def _authors(git: str, folder: Path, head: str) -> list[tuple[str, str]]:
    with tempfile.TemporaryDirectory() as empty:
        (Path(empty) / "refs").mkdir()
        (Path(empty) / "objects").mkdir()
        (Path(empty) / "HEAD").write_text("ref: refs/heads/none\n")
        surroundings = {
            "PATH": os.defpath,
            "GIT_DIR": empty,
            "GIT_OBJECT_DIRECTORY": str((folder / "objects").absolute()),
            "GIT_SHALLOW_FILE": str((folder / "shallow").absolute()),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_TERMINAL_PROMPT": "0",
        }
        command = [git, "log", f"--max-count={MOST_COMMITS}", "--format=%an%x00%ae", head]
        try:
            done = subprocess.run(
                command,
                cwd=empty,
                env=surroundings,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise UnavailableError("Git did not tell the project's history in time.") from error
    rows = [line.split("\0") for line in done.stdout.splitlines()]
    return [(row[0], row[1]) for row in rows if len(row) == 2]


def _distinct(authors: list[tuple[str, str]]) -> int:
    """Count people: the same e-mail address or the same name is one person; bots are none."""
    groups: list[set[str]] = []
    for name, address in dict.fromkeys(authors):
        if _BOT.search(name) or _BOT.search(address):
            continue
        marks = {name.casefold().strip(), address.casefold().strip()} - {""}
        same = [group for group in groups if group & marks]
        groups = [group for group in groups if not group & marks]
        groups.append(marks.union(*same))
    return len(groups)
