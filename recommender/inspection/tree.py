"""Walks a project's folder: no link is followed, no secret opened, ignore files count."""

import os
import re
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pathspec import GitIgnoreSpec

from core.errors import NotFoundError, RequestError, UnavailableError

MOST_FILES = 20_000
LARGEST_TEXT = 512 * 1024
"""Bytes; a larger file is counted by its name only, notebooks by LARGEST_NOTEBOOK."""
LARGEST_NOTEBOOK = 4 * 1024 * 1024
DEEPEST = 30

_SKIPPED_FOLDERS = frozenset(
    ".git .hg .svn .venv venv env node_modules __pycache__ site-packages .tox .nox .mypy_cache"
    " .ruff_cache .pytest_cache .ipynb_checkpoints .idea .vscode .eggs dist-packages"
    " .terraform mlruns wandb".split()
)
_SECRET_NAMES = re.compile(
    r"^\.env(?!\.(?:example|sample|template)$)|^id_(?:rsa|dsa|ecdsa|ed25519)|^\.(?:netrc|npmrc|pypirc)$"
    r"|\.(?:pem|key|p12|pfx|jks|keystore|kdbx|tfstate|tfvars|asc|gpg)(?:\.backup)?$"
    r"|^(?:credentials|secrets?|service[_-]?account|kube_?config)(?:\.|$)|^\.?htpasswd$",
    re.I,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFile:
    """A file of the project."""

    path: str
    """Relative to the project's folder, with forward slashes."""
    size: int
    full: Path

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]

    @property
    def ending(self) -> str:
        """What follows the last dot, in small letters; empty for none."""
        return self.name.rpartition(".")[2].lower() if "." in self.name else ""


@dataclass(slots=True)
class Tree:
    """The files of a folder and what was left out."""

    root: Path
    files: list[SeenFile] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    read: int = 0

    def text(self, file: SeenFile) -> str:
        """Return a file's text; empty when it is large, binary, secret or cannot be read."""
        limit = LARGEST_NOTEBOOK if file.ending == "ipynb" else LARGEST_TEXT
        if is_secret(file.name):
            self.left_out["files that hold secrets by their name, not opened"] += 1
            return ""
        if file.size > limit:
            self.left_out["large files, known by name only"] += 1
            return ""
        content = self._bytes(file.full, limit)
        if b"\0" in content[:8192]:
            self.left_out["binary files, known by name only"] += 1
            return ""
        self.read += 1
        return content.decode("utf-8", errors="replace")

    def _bytes(self, path: Path, limit: int) -> bytes:
        try:
            # The file may have become a link or a pipe since it was listed.
            opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(opened, "rb") as file:
                return file.read(limit) if stat.S_ISREG(os.fstat(opened).st_mode) else b""
        except OSError:
            self.left_out["files that cannot be read"] += 1
            return b""

    def notes(self) -> tuple[str, ...]:
        """Return what was left out, in words."""
        return tuple(f"{count:,} {what}" for what, count in self.left_out.most_common())


def is_secret(name: str) -> bool:
    """Tell whether a file's name says that it holds secrets."""
    return bool(_SECRET_NAMES.search(name))


def read_tree(path: str) -> Tree:
    """List the files of a project's folder.

    Raises:
        NotFoundError: There is no such folder.
        RequestError: It is a file.
        UnavailableError: It cannot be listed.
    """
    root = Path(path).expanduser()
    if root.is_file():
        raise RequestError(f"{path} is a file, not a project's folder.", hint="Name its folder.")
    if not root.is_dir():
        near = _siblings(root)
        known = f" Folders beside it: {', '.join(near)}." if near else ""
        raise NotFoundError(
            f"There is no folder {path!r}.",
            hint=f"Name a folder on this machine.{known}",
            quoted=near,
        )
    tree = Tree(root)
    try:
        for file in _walk(tree, root, "", [], 0):
            if len(tree.files) >= MOST_FILES:
                tree.left_out[f"limit: only the first {MOST_FILES:,} files were looked at"] = 1
                break
            tree.files.append(file)
    except OSError as error:
        raise UnavailableError(
            f"The folder {path!r} cannot be listed: {error.strerror}."
        ) from error
    return tree


def _siblings(root: Path) -> list[str]:
    if not root.parent.is_dir():
        return []
    folders = (entry for entry in root.parent.iterdir() if entry.is_dir())
    return sorted(entry.name for entry in folders if not entry.name.startswith("."))[:5]


def _walk(
    tree: Tree, folder: Path, prefix: str, ignored: list[tuple[str, GitIgnoreSpec]], depth: int
) -> Iterator[SeenFile]:
    if spec := _ignore_file(folder):
        ignored = [*ignored, (prefix, spec)]
    with os.scandir(folder) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    folders = []
    for entry in listed:
        path = f"{prefix}{entry.name}"
        if entry.is_symlink():
            tree.left_out["links, not followed"] += 1
        elif entry.is_dir(follow_symlinks=False):
            if entry.name not in _SKIPPED_FOLDERS and not _is_ignored(f"{path}/", ignored):
                folders.append(Path(entry.path))
        elif entry.is_file(follow_symlinks=False) and not _is_ignored(path, ignored):
            yield SeenFile(path=path, size=entry.stat().st_size, full=Path(entry.path))
    yield from _deeper(tree, folders, prefix, ignored, depth + 1)


def _deeper(
    tree: Tree,
    folders: list[Path],
    prefix: str,
    ignored: list[tuple[str, GitIgnoreSpec]],
    depth: int,
) -> Iterator[SeenFile]:
    if depth > DEEPEST:
        tree.left_out[f"folders deeper than {DEEPEST}"] += len(folders)
        return
    for folder in folders:
        try:
            yield from _walk(tree, folder, f"{prefix}{folder.name}/", ignored, depth)
        except PermissionError:
            tree.left_out["folders that cannot be listed"] += 1


def _ignore_file(folder: Path) -> GitIgnoreSpec | None:
    path = folder / ".gitignore"
    if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST_TEXT:
        return None
    try:
        return GitIgnoreSpec.from_lines(path.read_text("utf-8", errors="replace").splitlines())
    except (OSError, ValueError):
        # A pattern that git itself would not understand ignores nothing.
        return None


def _is_ignored(path: str, specs: list[tuple[str, GitIgnoreSpec]]) -> bool:
    """Tell whether an ignore file leaves it out; the deepest one that speaks decides."""
    for prefix, spec in reversed(specs):
        decided = spec.check_file(path[len(prefix) :]).include
        if decided is not None:
            return decided
    return False
