"""Reads imports and calls of Python files and notebooks by their syntax; nothing is run."""

import ast
import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from recommender.inspection.gathered import Gathered, part_of
from recommender.inspection.signs import Sign, Signs
from recommender.inspection.tree import SeenFile, Tree

MOST_PARSED = 3_000
"""Files whose syntax is read; the others of a huge project are known by name."""
_SHARED_ROOTS = frozenset({"google", "google.cloud", "azure", "azure.ai", "ray"})
"""Packages under which many others live: only the name that is imported says which."""
_MAGIC = re.compile(r"^\s*[%!?].*$", re.M)


@dataclass(slots=True)
class PythonReader:
    """Gathers what Python code shows."""

    tree: Tree
    signs: Signs
    gathered: Gathered
    parsed: int = 0

    def read(self, file: SeenFile) -> None:
        """Gather what one file shows."""
        if self.parsed >= MOST_PARSED:
            self.tree.left_out["Python files beyond the limit, known by name only"] += 1
            return
        text = self.tree.text(file)
        if file.ending == "ipynb":
            text = _cells(text)
        if not text or not self.signs.worth_parsing(text):
            self._plain(file, text)
            return
        self.parsed += 1
        module = _module(text)
        if module is None:
            self.tree.left_out["Python files that are not valid Python 3"] += 1
            return
        part = part_of(file.path)
        for kind, name, line in _uses(module):
            signs = self._package(name) if kind == "imports" else self.signs.calls.get(name, ())
            for sign in signs:
                self.gathered.add(
                    sign, file.path, f"{kind} {name}", line=line, part=part, used=part == 1
                )
        self._plain(file, text)

    def _plain(self, file: SeenFile, text: str) -> None:
        part = part_of(file.path)
        for pattern, sign in self.signs.code:
            if found := pattern.search(text):
                line = text.count("\n", 0, found.start()) + 1
                shows = f"points to {sign.value}"
                self.gathered.add(sign, file.path, shows, line=line, part=part, used=part == 1)

    def _package(self, name: str) -> Iterator[Sign]:
        """Yield the signs of an imported name: of its first parts, the longest known one."""
        parts = name.lower().split(".")
        for length in range(min(len(parts), 3), 0, -1):
            if found := self.signs.packages.get("_".join(parts[:length])):
                yield from found
                return


def _module(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            # An odd escape in somebody else's file is not our warning.
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _uses(module: ast.Module) -> Iterator[tuple[str, str, int]]:
    """Yield what is imported and called: which of the two, the name, the line."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", "") or getattr(node.func, "id", "")
            yield "calls", name, node.lineno
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for name in _imported(node):
                yield "imports", name, node.lineno


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not node.module or node.level:
        return []
    if node.module in _SHARED_ROOTS:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return [node.module]


def _cells(text: str) -> str:
    """Return the code cells of a notebook, without what only a notebook understands."""
    try:
        cells = json.loads(text)["cells"]
        sources = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
        joined = ["".join(source) for source in sources]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    valid = [_MAGIC.sub("", cell) for cell in joined]
    return "\n".join(cell for cell in valid if _module(cell) is not None)
