"""Bringing the objects that a run reads to where its tasks can read them."""

import contextlib
import hashlib
import os
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from backends.runs_local.package import ObjectInput
from backends.runs_local.recording import kind_of_schema
from core.errors import RequestError
from core.objects import ObjectStore
from core.pipelines import ParameterValue
from core.runs import Artifact, ArtifactKind

BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedObject:
    """An object's content as a file whose path has the content's hash in it."""

    parameter: str
    task: str
    kind: ArtifactKind
    bucket: str
    key: str
    bytes: int
    content_hash: str
    path: Path

    def artifact(self, run_id: str) -> Artifact:
        """Describe it as an input of a run."""
        return Artifact(
            run_id=run_id,
            task=self.task,
            name=self.parameter,
            kind=self.kind,
            bucket=self.bucket,
            key=self.key,
            bytes=self.bytes,
            content_hash=self.content_hash,
            is_input=True,
        )


Named = tuple[ObjectInput, str, str]
"""An input with the bucket and the key of its object."""


def named_objects(
    store: ObjectStore,
    imported: Iterable[ObjectInput],
    marked: Iterable[str],
    parameters: Mapping[str, ParameterValue],
) -> Sequence[Named]:
    """Return the objects that a run's parameters name; all of them exist.

    Args:
        store: Where the objects are.
        imported: Parameters that an importer task reads.
        marked: Parameters that are declared to name objects.
        parameters: The run's parameters.

    Raises:
        RequestError: A value is not `bucket/key`.
        NotFoundError: An object does not exist; the hint names the closest.
    """
    inputs = {name: ObjectInput(parameter=name) for name in marked}
    for found in imported:
        inputs.setdefault(found.parameter, found)
        if not inputs[found.parameter].task:
            inputs[found.parameter] = found
    named = [
        (item, *_reference(item.parameter, value))
        for item in inputs.values()
        if (value := parameters.get(item.parameter)) is not None
    ]
    for _, bucket, key in named:
        store.stat(bucket, key)
    return named


def stage(store: ObjectStore, folder: Path, named: Iterable[Named]) -> Sequence[StagedObject]:
    """Copy the content of objects into a folder, by hash, where tasks can read it."""
    return [_staged(store, folder, item, bucket, key) for item, bucket, key in named]


def _reference(parameter: str, value: ParameterValue) -> tuple[str, str]:
    bucket, _, key = str(value).partition("/")
    if not bucket or not key or "://" in str(value) or not isinstance(value, str):
        raise RequestError(
            f"{parameter!r} must name an object as bucket/key, not {value!r}.",
            hint="For example datasets/table.csv; a local file must be uploaded first.",
        )
    return bucket, key


def _staged(
    store: ObjectStore, folder: Path, item: ObjectInput, bucket: str, key: str
) -> StagedObject:
    draft = folder / f"draft-{uuid.uuid4().hex}"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        digest = _copy(store, bucket, key, draft)
        path = folder / digest / PurePosixPath(key).name
        path.parent.mkdir(exist_ok=True)
        size = draft.stat().st_size
        if not path.exists():
            os.replace(draft, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
    return StagedObject(
        parameter=item.parameter,
        task=item.task,
        kind=kind_of_schema(item.schema_title) or ArtifactKind.DATASET,
        bucket=bucket,
        key=key,
        bytes=size,
        content_hash=digest,
        path=path,
    )


def _copy(store: ObjectStore, bucket: str, key: str, target: Path) -> str:
    digest = hashlib.sha256()
    with store.open(bucket, key) as source, target.open("xb") as copy:
        while block := source.read(BLOCK_BYTES):
            digest.update(block)
            copy.write(block)
    return digest.hexdigest()
