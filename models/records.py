"""What the registry remembers of a model, as one file in the object store."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache

from pydantic import TypeAdapter, ValidationError

from core.errors import RequestError, UnavailableError, not_found
from core.models import AliasChange, ModelVersion, RegisteredModel

CHAMPION = "champion"
CHALLENGER = "challenger"
LATEST = "latest"
MOST_TAGS = 50
TAG_CHARACTERS = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRecord:
    """A registered version as it was when it came in."""

    version: int
    run_id: str
    algorithm: str
    registered_at: datetime
    metrics: dict[str, float]
    key: str
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRecord:
    """The versions of a model, and who has held each alias."""

    name: str
    versions: tuple[VersionRecord, ...] = ()
    """Oldest first."""
    holders: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """By alias, the versions that have held it; the last one does now."""
    changes: tuple[AliasChange, ...] = ()
    """Every change of an alias, oldest first."""

    @property
    def aliases(self) -> dict[str, int]:
        """The versions that hold an alias now."""
        return {alias: held[-1] for alias, held in self.holders.items() if held}

    def version(self, wanted: VersionRecord, bucket: str) -> ModelVersion:
        """Return a version with the aliases it holds now."""
        return ModelVersion(
            model=self.name,
            version=wanted.version,
            run_id=wanted.run_id,
            algorithm=wanted.algorithm,
            registered_at=wanted.registered_at,
            aliases=tuple(sorted(a for a, held in self.aliases.items() if held == wanted.version)),
            metrics=wanted.metrics,
            tags=wanted.tags,
            bucket=bucket,
            key=wanted.key,
        )

    def as_model(self, bucket: str) -> RegisteredModel:
        """Return the model with its versions, newest first."""
        return RegisteredModel(
            name=self.name,
            versions=tuple(self.version(kept, bucket) for kept in reversed(self.versions)),
            aliases=self.aliases,
            history=tuple(reversed(self.changes)),
        )

    def of_run(self, run_id: str) -> VersionRecord | None:
        """Return the version that a run made, if it made one."""
        return next((kept for kept in self.versions if kept.run_id == run_id), None)

    def find(self, version: str) -> VersionRecord:
        """Find a version by number, by alias or as the latest.

        Raises:
            NotFoundError: There is no such version; the hint names those there are.
        """
        wanted = version.strip().casefold().removeprefix("v")
        number = self.aliases.get(version.strip().casefold())
        if wanted == LATEST:
            number = self.versions[-1].version
        elif number is None and wanted.isdecimal():
            number = int(wanted)
        found = next((kept for kept in self.versions if kept.version == number), None)
        if found is None:
            known = [*self.aliases, *(str(kept.version) for kept in self.versions)]
            raise not_found(f"version of the model {self.name!r}", version, known)
        return found

    def holding(self, alias: str, version: int) -> "ModelRecord":
        """Return the record with an alias handed to a version."""
        held = self.holders.get(alias, ())
        if held and held[-1] == version:
            return self
        return self._with_holders({**self.holders, alias: (*held, version)})

    def rolled_back(self, alias: str) -> "ModelRecord":
        """Return the record with an alias back at its previous holder.

        Raises:
            RequestError: The alias never had another holder.
        """
        held = self.holders.get(alias, ())
        if len(held) < 2:
            raise RequestError(
                f"The alias {alias!r} of the model {self.name!r} never had another holder.",
                hint="Promote the version you want instead.",
            )
        return self._with_holders({**self.holders, alias: held[:-1]})

    def without(self, alias: str) -> "ModelRecord":
        """Return the record with an alias that nobody holds."""
        return self._with_holders(
            {name: held for name, held in self.holders.items() if name != alias}
        )

    def with_version(self, added: VersionRecord) -> "ModelRecord":
        """Return the record with a version more: the first leads, later ones challenge."""
        grown = replace(self, versions=(*self.versions, added))
        return grown.holding(CHALLENGER if self.versions else CHAMPION, added.version)

    def tagged(self, version: int, tags: Mapping[str, str]) -> "ModelRecord":
        """Return the record with tags of a version set; an empty value takes one away."""
        return replace(
            self,
            versions=tuple(
                replace(kept, tags=_merged(kept.tags, tags)) if kept.version == version else kept
                for kept in self.versions
            ),
        )

    def noting(self, before: "ModelRecord", action: str, at: datetime, by: str) -> "ModelRecord":
        """Return the record with a note of every alias that has moved since an earlier one.

        Args:
            before: The record as it was.
            action: `registered`, `promoted` or `rolled back`.
            at: When it happened.
            by: Who approved it.
        """
        moved = [
            AliasChange(
                alias=alias,
                version=self.aliases.get(alias),
                previous=before.aliases.get(alias),
                action=action,
                at=at,
                by=by,
            )
            for alias in sorted({*self.aliases, *before.aliases})
            if self.aliases.get(alias) != before.aliases.get(alias)
        ]
        return replace(self, changes=(*self.changes, *moved))

    def _with_holders(self, holders: dict[str, tuple[int, ...]]) -> "ModelRecord":
        return replace(self, holders=holders)

    def to_json(self) -> bytes:
        """Write the record as JSON."""
        return _adapter().dump_json(self, indent=2)

    @classmethod
    def read(cls, content: bytes, key: str) -> "ModelRecord":
        """Read a record from JSON.

        Raises:
            UnavailableError: The file is damaged.
        """
        try:
            return _adapter().validate_json(content)
        except ValidationError as error:
            raise UnavailableError(
                f"The registry file {key} is damaged.", hint="Restore an earlier version of it."
            ) from error


def check_tags(tags: Mapping[str, str]) -> None:
    """Refuse tags that could not be shown or kept.

    Raises:
        RequestError: There is none, or one is empty, too long or no line of text.
    """
    if not tags:
        raise RequestError("No tag was given.", hint="Give names with values: reviewed=yes.")
    for name, value in tags.items():
        if not (name.strip() and name.isprintable() and value.isprintable()):
            raise RequestError(
                f"The tag {name[:40]!r} = {value[:40]!r} cannot be kept: it is not one line of text"
                " under a name.",
                hint="Give a name and a value: reviewed=yes.",
            )
        if max(len(name), len(value)) > TAG_CHARACTERS:
            raise RequestError(
                f"The tag {name[:40]!r} is too long.", hint=f"{TAG_CHARACTERS} characters fit."
            )


def _merged(before: Mapping[str, str], tags: Mapping[str, str]) -> dict[str, str]:
    merged = {**before, **tags}
    if len(merged) > MOST_TAGS:
        raise RequestError(
            f"A version can have {MOST_TAGS} tags.", hint="Take one away first: an empty value."
        )
    return {name: merged[name] for name in sorted(merged) if merged[name]}


@cache
def _adapter() -> TypeAdapter[ModelRecord]:
    return TypeAdapter(ModelRecord)
