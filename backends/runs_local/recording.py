"""Keeping what the tasks of a run made: objects in the store, rows in the history."""

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from backends.runs_local.logs import folder_name
from core.objects import ObjectStore
from core.pipelines import ParameterValue
from core.runs import Artifact, ArtifactKind

BUCKET = "artifacts"
PICTURES = frozenset({".png", ".svg"})

_BY_SCHEMA = {
    "system.Dataset": ArtifactKind.DATASET,
    "system.Model": ArtifactKind.MODEL,
    "system.Metrics": ArtifactKind.METRICS,
    "system.ClassificationMetrics": ArtifactKind.METRICS,
    "system.SlicedClassificationMetrics": ArtifactKind.METRICS,
    "system.HTML": ArtifactKind.REPORT,
    "system.Markdown": ArtifactKind.REPORT,
}
_ENDING_BY_SCHEMA = {"system.HTML": ".html", "system.Markdown": ".md"}
_ENDING_BY_START = (
    (b"\x89PNG", ".png"),
    (b"PAR1", ".parquet"),
    (b"PK\x03\x04", ".zip"),
    (b"<svg", ".svg"),
    (b"{", ".json"),
    (b"[", ".json"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """An artifact as a task left it on the disk."""

    name: str
    path: Path
    schema_title: str
    metadata: Mapping[str, ParameterValue]


def kind_of_schema(schema_title: str) -> ArtifactKind | None:
    """Return what an artifact of a KFP type is good for, where the type says it."""
    return _BY_SCHEMA.get(schema_title)


def store_output(
    store: ObjectStore, *, pipeline: str, run_id: str, task: str, output: Output
) -> list[Artifact]:
    """Store an output, a folder file by file, and return what of it has a kind.

    Args:
        store: Where to.
        pipeline: A part of the key, as are `run_id` and `task`.
        run_id: The run that made it.
        task: The task that made it.
        output: What it left.
    """
    base = PurePosixPath(pipeline, run_id, folder_name(task))
    made = []
    for path, name in _files(output):
        stored = store.put(BUCKET, str(base / name), path)
        kind = _kind(output, path, PurePosixPath(name).suffix)
        if kind is None:
            continue
        made.append(
            Artifact(
                run_id=run_id,
                task=task,
                name=output.name if output.path.is_file() else name,
                kind=kind,
                bucket=stored.bucket,
                key=stored.key,
                bytes=stored.bytes,
                content_hash=hash_of(path),
                metadata=output.metadata,
            )
        )
    return made


def measured(output: Output) -> dict[str, float]:
    """Return the numbers of a metrics output; what is not a number is left out."""
    if kind_of_schema(output.schema_title) is not ArtifactKind.METRICS:
        return {}
    return {
        name: float(value)
        for name, value in output.metadata.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _files(output: Output) -> Iterator[tuple[Path, str]]:
    """Yield the files of an output with their names below the task."""
    given = _given_name(output)
    if output.path.is_file():
        yield output.path, given or f"{output.name}{_ending(output)}"
        return
    for path in sorted(output.path.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path, f"{given or output.name}/{path.relative_to(output.path).as_posix()}"


def _given_name(output: Output) -> str:
    """Return the path below the task that the task asked for, if it stays there."""
    given = PurePosixPath(str(output.metadata.get("file_name") or ""))
    return "" if given.is_absolute() or ".." in given.parts or not given.name else str(given)


def _ending(output: Output) -> str:
    ending = output.path.suffix or _ENDING_BY_SCHEMA.get(output.schema_title, "")
    if ending:
        return ending
    with output.path.open("rb") as content:
        start = content.read(8)
    return next((ending for magic, ending in _ENDING_BY_START if start.startswith(magic)), "")


def _kind(output: Output, path: Path, ending: str) -> ArtifactKind | None:
    named = str(output.metadata.get("kind", ""))
    # A chart beside its picture is stored, but the picture stands for both.
    if ending in PICTURES:
        return ArtifactKind.PLOT
    if named in set(ArtifactKind) and (named != ArtifactKind.PLOT or path == output.path):
        return ArtifactKind(named) if ending != ".json" or named != "plot" else None
    return kind_of_schema(output.schema_title)
