"""People's own sources: how they are named, found, and kept apart from what came along."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import RequestError, not_found
from core.passages import AddedSource, Source, SourceKind
from knowledge.manifest import FileRecord, Manifest, SourceRecord
from knowledge.readers import READERS
from knowledge.scanning import Scan, scan_files

NO_FILES: Mapping[str, FileRecord] = {}


@dataclass(frozen=True, slots=True)
class OwnSources:
    """Reads and finds sources that people added."""

    reserved: Collection[str]
    """Names that no source of a person's may have."""

    def scan(self, path: str, manifest: Manifest) -> Scan:
        """Read a file or folder as a source, as far as it changed.

        Raises:
            NotFoundError: There is nothing at that path.
            RequestError: Nothing in it can be taken in, or another source holds it already.
        """
        location = _place(path)
        name = self._name(location, manifest)
        known = manifest.sources.get(name)
        self._check_apart(location, manifest)
        scan = scan_files(name, SourceKind.OWN, location, known)
        if not any(file.passages for file in scan.record.files.values()):
            raise _nothing_in(location, scan.record)
        return scan

    def find(self, name: str, sources: Sequence[Source]) -> Source:
        """Return the source that is meant by a name, a path or a part of the name.

        Raises:
            NotFoundError: There is none, or more than one.
        """
        wanted = name.strip().rstrip("/")
        folded = wanted.casefold()
        exact = [source for source in sources if source.name == wanted]
        near = [
            source
            for source in sources
            if folded in {source.name.casefold(), Path(source.name).stem.casefold()}
            or (source.location and Path(wanted).expanduser().absolute() == Path(source.location))
            or Path(folded).name == source.name.casefold()
        ]
        fitting = exact or near
        if len(fitting) != 1:
            raise not_found("source", name, [source.name for source in fitting or sources])
        return fitting[0]

    def removable(self, name: str, sources: Sequence[Source]) -> Source:
        """Return the source that is meant, if it may be removed.

        Raises:
            NotFoundError: There is no such source.
            RequestError: It came with the assistant.
        """
        found = self.find(name, sources)
        if found.kind is not SourceKind.OWN:
            own = [source.name for source in sources if source.kind is SourceKind.OWN]
            raise RequestError(
                f"{found.name} came with the assistant and stays.",
                hint=f"Yours: {', '.join(own)}." if own else "You have added no source yet.",
                quoted=own,
            )
        return found

    def _name(self, location: Path, manifest: Manifest) -> str:
        for name in (location.name, "/".join(location.parts[-2:]), str(location)):
            known = manifest.sources.get(name)
            if name not in self.reserved and (known is None or known.location == str(location)):
                return name
        return str(location)

    @staticmethod
    def _check_apart(location: Path, manifest: Manifest) -> None:
        for source in manifest.sources.values():
            within = location.is_relative_to(source.location)
            if within and str(location) != source.location:
                raise RequestError(
                    f"{location.name} is in the source {source.name} already.",
                    hint="Changed files of a source are read again at the next start, or when it"
                    " is added again.",
                    quoted=[source.name],
                )


def inside(record: SourceRecord, manifest: Manifest) -> Sequence[str]:
    """Return the names of the other sources that lie inside a folder: it takes their place."""
    return [
        other.name
        for other in manifest.sources.values()
        if other.kind is SourceKind.OWN
        and other.name != record.name
        and Path(other.location).is_relative_to(record.location)
    ]


def change_of(record: SourceRecord, known: SourceRecord | None) -> AddedSource:
    """Return what a new reading of a source differs in from the last one, page by page."""
    before = {p: f for p, f in (known.files if known else NO_FILES).items() if f.passages}
    now = {path: file for path, file in record.files.items() if file.passages}
    changed = [path for path in now if path in before and now[path].sha256 != before[path].sha256]
    return AddedSource(
        source=record.as_source(),
        added=len(now.keys() - before.keys()),
        changed=len(changed),
        unchanged=len(now.keys() & before.keys()) - len(changed),
        removed=len(before.keys() - now.keys()),
    )


def _place(path: str) -> Path:
    place = Path(path.strip()).expanduser()
    if not path.strip() or not place.exists():
        near = place.parent if place.parent.is_dir() else Path()
        there = [other.name for other in near.iterdir() if not other.name.startswith(".")]
        raise not_found("file or folder", path, sorted(there))
    return place.resolve()


def _nothing_in(location: Path, record: SourceRecord) -> RequestError:
    skipped = record.as_source().skipped
    kinds = "Markdown, HTML, PDF, notebooks, Python, plain text"
    if len(skipped) == 1 and location.is_file():
        reason = skipped[0].reason
        return RequestError(f"{location.name} cannot be taken in: {reason}.", hint=f"{kinds} can.")
    told = "; ".join(f"{item.path}: {item.reason}" for item in skipped[:3])
    return RequestError(
        f"There is no document in {location}" + (f" ({told})." if told else "."),
        hint=f"These can be taken in: {kinds} ({' '.join(sorted(READERS))}).",
        quoted=[item.path for item in skipped[:3]],
    )
