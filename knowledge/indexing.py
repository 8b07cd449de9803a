"""Keeping the index in step with the files: only what changed is read, embedded and written."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.passages import Embedding, Passage, PassageIndex, SourceKind
from knowledge.embedding import Encoder, Learned
from knowledge.lexical import search_text
from knowledge.manifest import FILE, FileRecord, Manifest, SourceRecord
from knowledge.own_sources import inside
from knowledge.reference import Package, scan_package
from knowledge.scanning import Scan, scan_files
from knowledge.shelf import Shelf

MOST_UNLEARNED = 0.2
"""Share of passages the vectors may not have learned from before they are learned anew."""
SHELF_FILE = "words.index"


class Vectors(Protocol):
    """What makes the vectors of passages and questions."""

    @property
    def fingerprint(self) -> str:
        """What identifies them."""
        ...

    def encode(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Return the vector of each text."""
        ...


@dataclass(frozen=True, slots=True)
class Serviced:
    """Vectors of a service."""

    embedding: Embedding

    @property
    def fingerprint(self) -> str:
        """What identifies them."""
        return self.embedding.fingerprint

    def encode(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Return the vector of each text."""
        return self.embedding.embed(texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The index as it was brought up to date."""

    manifest: Manifest
    shelf: Shelf
    vectors: Vectors
    stamp: tuple[int, int]
    """Of the manifest's file: whoever changes the index writes it anew."""


@dataclass(frozen=True, slots=True)
class Indexing:
    """Brings the index up to date; whoever calls it keeps others out meanwhile."""

    index: PassageIndex
    folder: Path
    corpus: tuple[str, Path]
    """Its name and its place."""
    packages: tuple[Package, ...]
    embedding: Embedding | None

    def is_current(self, state: State) -> bool:
        """Tell whether nobody changed the index since."""
        return self._stamp() == state.stamp and (
            self.index.fingerprint() == state.vectors.fingerprint
        )

    def is_behind(self) -> bool:
        """Tell from what is known of the corpus whether many of its pages are unread."""
        name, place = self.corpus
        record = Manifest.load(self.folder).sources.get(name)
        if record is None or not any(self.folder.glob("encoder-*.npz")):
            return True
        pages = list(place.rglob("*.md"))
        unread = sum(not _is_known(page, record.files.get(_path(page, place))) for page in pages)
        return unread > MOST_UNLEARNED * len(pages)

    def updated(self, add: Scan | None = None, forget: Iterable[str] = ()) -> State:
        """Read what changed, write it to the index, and return the state of both.

        Args:
            add: A source to take in.
            forget: The names of sources to forget.

        Raises:
            UnavailableError: The index cannot be read or written.
        """
        before = Manifest.load(self.folder)
        gone = {*forget, *(inside(add.record, before) if add else ())}
        held = self.index.ids()
        manifest, fresh = self._read(before, add, gone, held)
        strangers = held - manifest.passages - before.passages
        foreign = {
            passage.id
            for passage in (self.index.get(sorted(strangers)) if strangers else ())
            if passage.source not in {*gone, *before.sources, *manifest.sources}
        }
        wanted = manifest.passages | foreign
        vectors = self._vectors(wanted)
        if vectors is None or vectors.fingerprint != self.index.fingerprint():
            kept = {passage.id: passage for passage in self.index.all()}
            fresh = {key: it for key, it in {**kept, **fresh}.items() if key in wanted}
            vectors = self._begun_anew(vectors, fresh)
            held = self.index.ids()
        self._write(fresh, held, wanted, vectors)
        shelf = self._shelf(wanted, fresh)
        if manifest.sources != before.sources or not (self.folder / FILE).exists():
            manifest.save(self.folder)
        return State(manifest=manifest, shelf=shelf, vectors=vectors, stamp=self._stamp())

    def _read(
        self, before: Manifest, add: Scan | None, gone: set[str], held: frozenset[str]
    ) -> tuple[Manifest, Mapping[str, Passage]]:
        """Return all sources as they are now, and the passages that were read for it."""
        scans = list(self._scans(before, add, gone, frozenset()))
        fresh = {key: passage for scan in scans for key, passage in scan.fresh.items()}
        manifest = _manifest(scan.record for scan in scans)
        if lost := manifest.passages - held - fresh.keys():
            # The index was emptied or is another one: what it lacks is read again.
            scans = list(self._scans(before, add, gone, lost))
            fresh |= {key: passage for scan in scans for key, passage in scan.fresh.items()}
            still_lost = lost - fresh.keys()
            manifest = _manifest(_without(scan.record, still_lost) for scan in scans)
        return manifest, fresh

    def _scans(
        self, before: Manifest, add: Scan | None, gone: set[str], wanted: frozenset[str]
    ) -> Iterator[Scan]:
        name, place = self.corpus
        yield scan_files(name, SourceKind.SHIPPED, place, before.sources.get(name), wanted)
        for package in self.packages:
            named = f"{package.distribution} {package.version}"
            if scan := scan_package(package, before.sources.get(named), wanted):
                yield scan
        for own in before.sources.values():
            added = add is not None and own.name == add.record.name
            if own.kind is SourceKind.OWN and own.name not in gone and not added:
                yield scan_files(own.name, own.kind, Path(own.location), own, wanted)
        if add is not None:
            yield (
                add
                if not wanted
                else scan_files(add.record.name, SourceKind.OWN, Path(add.record.location))
            )

    def _vectors(self, wanted: frozenset[str]) -> Vectors | None:
        """Return what makes the vectors; nothing where they have to be learned anew."""
        if self.embedding is not None:
            return Serviced(self.embedding)
        fingerprint = self.index.fingerprint()
        encoder = Encoder.load(self._encoder_file(fingerprint)) if fingerprint else None
        if encoder is None or encoder.fingerprint != fingerprint:
            return None
        unlearned = len(wanted ^ encoder.learned_from)
        return Learned(encoder) if unlearned <= MOST_UNLEARNED * max(len(wanted), 1) else None

    def _begun_anew(self, vectors: Vectors | None, passages: Mapping[str, Passage]) -> Vectors:
        """Learn vectors if need be, and empty the index unless it was built with the same ones."""
        if vectors is None:
            ordered = [passages[key] for key in sorted(passages)]
            encoder = Encoder.fit(
                [search_text(passage) for passage in ordered], [passage.id for passage in ordered]
            )
            vectors = Learned(encoder)
            file = self._encoder_file(encoder.fingerprint)
            encoder.save(file)
            for other in self.folder.glob("encoder-*.npz"):
                if other != file:
                    other.unlink(missing_ok=True)
        if self.index.fingerprint() != vectors.fingerprint:
            self.index.reset(vectors.fingerprint)
        return vectors

    def _write(
        self,
        fresh: Mapping[str, Passage],
        held: frozenset[str],
        wanted: frozenset[str],
        vectors: Vectors,
    ) -> None:
        there = {passage.id: passage for passage in self.index.get(sorted(fresh.keys() & held))}
        changed = [
            passage for key, passage in fresh.items() if key in wanted and there.get(key) != passage
        ]
        if changed:
            self.index.add(changed, vectors.encode([search_text(passage) for passage in changed]))
        if surplus := sorted(held - wanted):
            self.index.remove(surplus)

    def _shelf(self, wanted: frozenset[str], fresh: Mapping[str, Passage]) -> Shelf:
        """Return the words of all passages; only those of passages that are not known are read."""
        file = self.folder / SHELF_FILE
        shelf = Shelf.load(file)
        known = frozenset(shelf.ids) if shelf else frozenset[str]()
        changed = [key for key in sorted(wanted) if key not in known or key in fresh]
        if shelf is not None and not changed and known == wanted:
            return shelf
        unread = [key for key in changed if key not in fresh]
        passages = {**fresh, **{passage.id: passage for passage in self.index.get(unread)}}
        more = [passages[key] for key in changed if key in passages]
        made = shelf.changed(known - wanted, more) if shelf is not None else Shelf.of(more)
        made.save(file)
        return made

    def _encoder_file(self, fingerprint: str) -> Path:
        return self.folder / f"encoder-{fingerprint}.npz"

    def _stamp(self) -> tuple[int, int]:
        try:
            found = (self.folder / FILE).stat()
        except OSError:
            return 0, 0
        return found.st_mtime_ns, found.st_ino


def _path(page: Path, place: Path) -> str:
    return page.relative_to(place).as_posix()


def _is_known(page: Path, record: FileRecord | None) -> bool:
    if record is None:
        return False
    found = page.stat()
    return (found.st_mtime_ns, found.st_size) == (record.modified_ns, record.size)


def _manifest(records: Iterable[SourceRecord]) -> Manifest:
    return Manifest(sources={record.name: record for record in records})


def _without(record: SourceRecord, lost: frozenset[str]) -> SourceRecord:
    """Return a source without passages that are nowhere to be had."""
    if not lost.intersection(record.passages):
        return record
    files = {
        path: file.model_copy(
            update={"passages": tuple(key for key in file.passages if key not in lost)}
        )
        for path, file in record.files.items()
    }
    return record.model_copy(update={"files": files})
