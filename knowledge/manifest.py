"""What was read from which file, kept so that a start reads only what changed since."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import UnavailableError
from core.passages import SkippedFile, Source, SourceKind

FILE = "sources.json"
VERSION = 2
"""Raised whenever the same files would give other passages."""


class FileRecord(BaseModel):
    """A file as it was last read."""

    model_config = ConfigDict(frozen=True)

    modified_ns: int
    size: int
    sha256: str
    passages: tuple[str, ...] = ()
    skipped: str = ""
    """Why nothing was taken from it; empty otherwise."""


class SourceRecord(BaseModel):
    """A source as it was last read."""

    model_config = ConfigDict(frozen=True)

    name: str
    kind: SourceKind
    location: str
    indexed_at: datetime
    files: Mapping[str, FileRecord]
    """By their paths in the source."""
    left_out: Mapping[str, str] = {}
    """Files that are no documents, with the reason."""
    missing: bool = False

    @property
    def passages(self) -> Iterator[str]:
        """The ids of its passages."""
        for file in self.files.values():
            yield from file.passages

    def as_source(self) -> Source:
        """Return it as people are shown it."""
        skipped = {path: file.skipped for path, file in self.files.items() if file.skipped}
        return Source(
            name=self.name,
            kind=self.kind,
            pages=sum(bool(file.passages) for file in self.files.values()),
            passages=sum(len(file.passages) for file in self.files.values()),
            indexed_at=self.indexed_at,
            location=self.location,
            skipped=tuple(
                SkippedFile(path=path, reason=reason)
                for path, reason in sorted({**self.left_out, **skipped}.items())
            ),
            missing=self.missing,
        )


class Manifest(BaseModel):
    """All sources, by name."""

    model_config = ConfigDict(frozen=True)

    version: int = VERSION
    sources: Mapping[str, SourceRecord] = {}

    @property
    def passages(self) -> frozenset[str]:
        """The ids of the passages of all sources."""
        return frozenset(key for source in self.sources.values() for key in source.passages)

    @classmethod
    def load(cls, folder: Path) -> "Manifest":
        """Read it; without its file, nothing was read yet.

        A file of an older version keeps the places of the sources, to be read again.
        """
        try:
            stored = json.loads((folder / FILE).read_text(encoding="utf-8"))
            manifest = cls.model_validate(stored)
        except (OSError, ValueError, ValidationError):
            # It is a cache but for the places of people's own sources; their passages stay in
            # the index, where they can be searched and removed.
            return cls()
        if manifest.version == VERSION:
            return manifest
        return cls(
            sources={
                name: source.model_copy(update={"files": {}})
                for name, source in manifest.sources.items()
            }
        )

    def save(self, folder: Path) -> None:
        """Write it, at once or not at all.

        Raises:
            UnavailableError: The folder cannot be written.
        """
        try:
            handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(self.model_dump_json())
            Path(name).replace(folder / FILE)
        except OSError as error:
            raise UnavailableError(
                f"The search index cannot be written to {folder}: {error.strerror}.",
                hint="Choose another home folder, or make room.",
            ) from error
