"""Reference passages from the docstrings of what is installed, so that answers fit its version.

Files are parsed, never imported: importing them all would take longer than reading them.
"""

import ast
import importlib.util
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from itertools import pairwise
from pathlib import Path

from core.errors import RequestError
from core.passages import SourceKind
from knowledge.manifest import SourceRecord
from knowledge.readers import told
from knowledge.scanning import Scan, scan_documents
from knowledge.splitting import Document

MOST_WORDS = 150
"""Of one docstring; what is cut off is the long tail of parameters and examples."""
_LONG_PARTS = ("\nParameters\n---", "\nAttributes\n---", "\nExamples\n---", "\nExample:\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """An installed package whose public names are worth looking up."""

    distribution: str
    modules: tuple[tuple[str, str], ...]
    """Files below the package's folder, as patterns, and what their page is called."""
    root: str
    """The name it is imported by."""
    beside: bool = False
    """Whether its other top-level modules count as well."""

    @property
    def version(self) -> str:
        """Its installed version; empty where it is not installed."""
        try:
            return metadata.version(self.distribution)
        except metadata.PackageNotFoundError:
            return ""


_SKLEARN = (
    "calibration cluster compose ensemble impute inspection linear_model metrics model_selection"
    " neighbors neural_network pipeline preprocessing svm tree"
).split()

PACKAGES: Sequence[Package] = (
    Package(
        distribution="kfp",
        root="kfp",
        modules=(
            ("dsl/__init__.py", "kfp.dsl"),
            ("dsl/*_decorator.py", "kfp.dsl"),
            ("dsl/tasks_group.py", "kfp.dsl"),
            ("dsl/for_loop.py", "kfp.dsl"),
            ("dsl/importer_node.py", "kfp.dsl"),
            ("dsl/pipeline_task.py", "kfp.dsl"),
            ("dsl/placeholders.py", "kfp.dsl"),
            ("dsl/types/artifact_types.py", "kfp.dsl"),
            ("client/client.py", "kfp.Client"),
            ("compiler/compiler.py", "kfp.compiler"),
            ("local/config.py", "kfp.local"),
        ),
    ),
    Package(distribution="minio", root="minio", modules=(("api.py", "minio.Minio"),)),
    Package(
        distribution="scikit-learn",
        root="sklearn",
        modules=tuple(
            (pattern, f"sklearn.{name}")
            for name in _SKLEARN
            for pattern in (f"{name}.py", f"{name}/_*.py")
        ),
    ),
    Package(
        distribution="mlops-swarm",
        root="agents",
        beside=True,
        modules=(
            ("agents/tools/*.py", "Tools of the assistant"),
            ("core/settings.py", "Settings of the assistant"),
            ("core/services.py", "Settings of the assistant"),
        ),
    ),
)


def scan_package(
    package: Package, known: SourceRecord | None = None, wanted: Collection[str] = ()
) -> Scan | None:
    """Read the public docstrings of a package; nothing where it is not installed.

    Args:
        package: What to read.
        known: Its record when it was last read.
        wanted: Ids of passages whose text is needed in any case.
    """
    folder = _folder(package)
    if folder is None:
        return None
    titles = {
        file.relative_to(folder).as_posix(): title
        for pattern, title in package.modules
        for file in sorted(folder.glob(pattern))
    }
    record = SourceRecord(
        name=f"{package.distribution} {package.version}",
        kind=SourceKind.REFERENCE,
        location=str(folder),
        indexed_at=datetime.now(tz=UTC),
        files={},
    )

    def read(file: Path, path: str) -> Document:
        return _reference(file, path, titles[path])

    documents = [(path, folder / path) for path in titles]
    return scan_documents(record, documents, read, known, wanted)


def _folder(package: Package) -> Path | None:
    found = importlib.util.find_spec(package.root) if package.version else None
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent
    return folder.parent if package.beside else folder


def _reference(file: Path, path: str, title: str) -> Document:
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError) as error:
        raise RequestError("not Python of this version") from error
    public = _public(file)
    definitions = _tools(tree) if path.startswith("agents/tools/") else _definitions(tree, public)
    sections = tuple((name, _bounded(text)) for name, text in definitions if text)
    return Document(path=path, title=title, sections=sections)


def _tools(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Return what the assistant can be asked for: the methods that its tools are made of."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name.endswith("Tools"):
            named = {
                ast.unparse(part) for part in ast.walk(node) if isinstance(part, ast.Attribute)
            }
            for part in node.body:
                if isinstance(part, ast.FunctionDef) and f"self.{part.name}" in named:
                    yield part.name, "" if part.name.endswith("_details") else told(part)


def _public(file: Path) -> frozenset[str]:
    """Return the names that a private module's package shows; empty where that is not said."""
    if not file.name.startswith("_") or file.name == "__init__.py":
        return frozenset()
    tree = ast.parse((file.parent / "__init__.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return frozenset(
                part.value
                for part in ast.walk(node.value)
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            )
    return frozenset()


def _definitions(tree: ast.Module, public: frozenset[str]) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef) or node.name.startswith("_"):
            continue
        if public and node.name not in public:
            continue
        yield node.name, told(node) + (_fields(node) if isinstance(node, ast.ClassDef) else "")
        if isinstance(node, ast.ClassDef) and not public:
            for part in node.body:
                if isinstance(part, ast.FunctionDef) and not part.name.startswith("_"):
                    yield f"{node.name}.{part.name}", told(part)


def _fields(node: ast.ClassDef) -> str:
    """Return the fields of a class that a text follows, as a list."""
    lines = [
        f"- `{field.target.id}`: {' '.join(text.value.value.split())}"
        for field, text in pairwise(node.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    ]
    return "\n\n" + "\n".join(lines) if lines else ""


def _bounded(text: str) -> str:
    """Keep the beginning of a docstring, whole paragraphs, before its long tables."""
    for mark in _LONG_PARTS:
        text = text.partition(mark)[0]
    kept: list[str] = []
    words = 0
    for paragraph in text.strip().split("\n\n"):
        words += len(paragraph.split())
        if kept and words > MOST_WORDS:
            break
        kept.append(paragraph)
    return "\n\n".join(kept)
