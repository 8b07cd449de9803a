"""Keeps accepted models with their versions, aliases and cards in the object store."""

import getpass
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from core import clock
from core.errors import NotFoundError, RequestError, UnavailableError, not_found
from core.models import ModelCard, ModelReference, ModelVersion, RegisteredModel
from core.objects import ObjectStore, StoredObject
from core.paging import Page
from core.runs import Artifact, Run, RunQuery, RunState
from models.candidates import (
    REFERENCE,
    Offer,
    accepted,
    cards,
    lineage,
    read_card,
    read_offer,
    read_reference,
)
from models.loading import LoadedModel, ModelFiles
from models.records import CHALLENGER, CHAMPION, ModelRecord, VersionRecord, check_tags

BUCKET = "models"
ALIASES = (CHAMPION, CHALLENGER)
RECORD = "registry.json"
CLAIM = "run.txt"
"""Holds the id of the run that a version's number was given to."""
SYNCED_RUNS = 200
"""How many of the latest succeeded runs are looked through for accepted models."""
LOCK_SECONDS = 30
ATTEMPTS = 20
"""How often a change is tried that others come before."""
NO_MODEL_YET = "Start a delay-prediction run: a model that passes its gate registers itself."


class RunHistory(Protocol):
    """What the registry asks of a run backend."""

    def list(self, query: RunQuery, limit: int) -> Page[Run]:
        """List runs, newest start first."""
        ...

    def artifacts(self, run_id: str) -> Sequence[Artifact]:
        """Return what a run read and made."""
        ...


class Registry:
    """Registered models, kept as files so that nothing else has to run.

    Args:
        store: Where the models are kept.
        lock: A file that processes on this machine lock while they change the registry.
        caller: Who changes it; by default the name under which they work on this machine.
    """

    def __init__(self, store: ObjectStore, lock: Path | None = None, caller: str = "") -> None:
        self._store = store
        self._caller = caller
        self._lock = lock or Path(
            tempfile.gettempdir(), f"mlops-swarm-models-{getpass.getuser()}.lock"
        )
        self._files = ModelFiles(store)
        self._examined: set[str] = set()

    def models(self) -> Sequence[RegisteredModel]:
        """Return every registered model, by name."""
        records = [self._read(name)[0] for name in self._names()]
        return [record.as_model(BUCKET) for record in records if record.versions]

    def find(self, reference: str, version: str = "") -> ModelVersion:
        """Find a version: `delay` is the champion, `delay@challenger`, `delay:3`.

        Args:
            reference: The model's name, which may carry a version.
            version: A number, an alias or `latest`; instead of one in the reference.

        Raises:
            NotFoundError: There is no such model or version; the hint names the closest.
            RequestError: The reference and `version` name two versions.
        """
        name, carried = split_reference(reference)
        if carried and version and carried != version:
            raise RequestError(
                f"{reference!r} and the version {version!r} name two versions.",
                hint="Give the version once.",
            )
        record = self._existing(name)
        return record.version(record.find(version or carried or CHAMPION), BUCKET)

    def card(self, version: ModelVersion) -> ModelCard:
        """Return what is known of a version."""
        key = f"{version.model}/{version.version}/card.json"
        card = read_card(self._store.read(BUCKET, key), key)
        record, _ = self._read(version.model)
        history = tuple(
            change
            for change in reversed(record.changes)
            if version.version in {change.version, change.previous}
        )
        return replace(card, version=version, history=history)

    def reference(self, version: ModelVersion) -> ModelReference | None:
        """Return what later data and single predictions are held against, if it was kept."""
        key = f"{version.model}/{version.version}/{REFERENCE}"
        try:
            return read_reference(self._store.read(BUCKET, key), key)
        except NotFoundError:
            return None

    def load(self, version: ModelVersion) -> LoadedModel:
        """Load a version's model, once for each content."""
        return self._files.load(version.bucket, version.key)

    def register(self, run: Run, artifacts: Sequence[Artifact]) -> ModelVersion:
        """Take in the model that a succeeded run accepted; once only for each run.

        Raises:
            RequestError: The run has not succeeded, or accepted no model; the hint says why.
        """
        offer = read_offer(self._store, run, artifacts)

        def add(record: ModelRecord) -> ModelRecord:
            if record.of_run(run.id) is not None:
                return record
            folder = f"{record.name}/{self._claimed(record, run.id)}"
            return self._filed(record, offer, folder)

        record = self._change(offer.name, add, "registered")
        registered = record.of_run(run.id)
        if registered is None:
            raise UnavailableError(f"The model of run {run.id} was not kept.", hint="Try again.")
        return record.version(registered, BUCKET)

    def sync(self, runs: RunHistory) -> Sequence[ModelVersion]:
        """Take in what succeeded runs have accepted since the last time, oldest first."""
        known = {kept.run_id for model in self.models() for kept in model.versions}
        latest = runs.list(RunQuery(state=RunState.SUCCEEDED), limit=SYNCED_RUNS)
        added = []
        for run in reversed(latest.items):
            if run.id in known or run.id in self._examined:
                continue
            artifacts = runs.artifacts(run.id)
            if accepted(artifacts) is not None:
                added.append(self.register(run, artifacts))
            self._examined.add(run.id)
        return added

    def promote(self, model: str, version: str, alias: str = CHAMPION) -> ModelVersion:
        """Hand an alias to a version.

        Raises:
            NotFoundError: There is no such model or version.
            RequestError: There is no such alias.
        """
        _check_alias(alias)
        name, _ = split_reference(model)
        wanted = self._existing(name).find(version)

        def hand_over(record: ModelRecord) -> ModelRecord:
            changed = record.holding(alias, wanted.version)
            challenges = changed.aliases.get(CHALLENGER) == wanted.version
            return changed.without(CHALLENGER) if alias == CHAMPION and challenges else changed

        return self._change(name, hand_over, "promoted").version(wanted, BUCKET)

    def rollback(self, model: str, alias: str = CHAMPION) -> ModelVersion:
        """Hand an alias back to its previous holder.

        Raises:
            RequestError: It never had one.
        """
        _check_alias(alias)
        name, _ = split_reference(model)
        self._existing(name)
        record = self._change(name, lambda current: current.rolled_back(alias), "rolled back")
        return record.version(record.find(alias), BUCKET)

    def tag(self, version: ModelVersion, tags: Mapping[str, str]) -> ModelVersion:
        """Set tags of a version beside those it has; an empty value takes a tag away.

        Raises:
            RequestError: A tag cannot be kept.
        """
        check_tags(tags)
        record = self._change(
            version.model, lambda current: current.tagged(version.version, tags), "tagged"
        )
        return record.version(record.find(str(version.version)), BUCKET)

    def model(self, name: str) -> RegisteredModel:
        """Return a model by its name, which may carry a version.

        Raises:
            NotFoundError: There is no such model; the hint names the closest.
        """
        return self._existing(split_reference(name)[0]).as_model(BUCKET)

    def mark(self, model: str) -> str:
        """Return a mark that changes whenever a model's versions or aliases do."""
        return self._etag(f"{split_reference(model)[0]}/{RECORD}")

    def previous(self, model: str, alias: str = CHAMPION) -> ModelVersion:
        """Return the version that a rollback would hand an alias back to.

        Raises:
            RequestError: The alias never had another holder.
        """
        _check_alias(alias)
        record = self._existing(split_reference(model)[0]).rolled_back(alias)
        return record.version(record.find(alias), BUCKET)

    def _claimed(self, record: ModelRecord, run_id: str) -> int:
        """Return the number of a version to come, whose files only this run may write.

        Another machine may be about to register another run: who claims a number first has it.
        """
        number = 1 + max((kept.version for kept in record.versions), default=0)
        claim = run_id.encode()
        while True:
            key = f"{record.name}/{number}/{CLAIM}"
            if self._store.put_if(BUCKET, key, claim, "") or self._store.read(BUCKET, key) == claim:
                return number
            number += 1

    def _filed(self, record: ModelRecord, offer: Offer, folder: str) -> ModelRecord:
        """Put a version's files into its folder; return the record with the version."""
        added = VersionRecord(
            version=int(folder.rpartition("/")[2]),
            run_id=offer.run.id,
            algorithm=offer.card.version.algorithm,
            registered_at=offer.run.finished_at or clock.now(),
            metrics=dict(offer.card.metrics),
            key=f"{folder}/model.skops",
            tags=offer.tags,
        )
        grown = record.with_version(added)
        self._store.put(BUCKET, added.key, offer.model)
        if offer.reference is not None:
            self._store.put(BUCKET, f"{folder}/{REFERENCE}", offer.reference)
        noted = replace(
            offer.card,
            version=grown.version(added, BUCKET),
            data={"object": offer.run.parameters.get("data"), **offer.card.data},
            lineage=lineage(offer.run),
        )
        self._store.put(BUCKET, f"{folder}/card.json", cards().dump_json(noted, indent=2))
        return grown

    def _names(self) -> Sequence[str]:
        found: list[StoredObject] = []
        cursor = ""
        while True:
            try:
                page = self._store.list(BUCKET, limit=1000, cursor=cursor)
            except NotFoundError:
                return []
            found += page.items
            cursor = page.cursor
            if not page.has_more or not cursor:
                break
        return sorted(item.key.split("/")[0] for item in found if item.key.endswith(f"/{RECORD}"))

    def _existing(self, name: str) -> ModelRecord:
        record, _ = self._read(name)
        if not record.versions:
            raise not_found("model", name, self._names(), hint=NO_MODEL_YET)
        return record

    def _read(self, name: str) -> tuple[ModelRecord, str]:
        key = f"{name}/{RECORD}"
        etag = self._etag(key)
        if not etag:
            return ModelRecord(name=name), ""
        return ModelRecord.read(self._store.read(BUCKET, key), key), etag

    def _etag(self, key: str) -> str:
        try:
            return self._store.stat(BUCKET, key).etag
        except NotFoundError:
            return ""

    def _change(
        self, name: str, change: Callable[[ModelRecord], ModelRecord], action: str
    ) -> ModelRecord:
        """Change a record so that nothing another process wrote in between is lost."""
        key = f"{name}/{RECORD}"
        try:
            with FileLock(self._lock, timeout=LOCK_SECONDS):
                for _ in range(ATTEMPTS):
                    before, etag = self._read(name)
                    after = change(before)
                    by = self._caller or getpass.getuser()
                    after = after.noting(before, action, clock.now(), by)
                    # The lock only spares this machine attempts: the store decides who was first.
                    if after == before or self._store.put_if(BUCKET, key, after.to_json(), etag):
                        return after
        except Timeout as error:
            raise UnavailableError(
                "The model registry is being changed by another process.", hint="Try again."
            ) from error
        raise UnavailableError(
            "The model registry keeps changing under our hands.", hint="Try again."
        )


def split_reference(reference: str) -> tuple[str, str]:
    """Split `delay@challenger` or `delay:3` into the name and the version, which may be empty."""
    for mark in "@:":
        name, found, version = reference.strip().partition(mark)
        if found:
            return name.strip(), version.strip()
    return reference.strip(), ""


def _check_alias(alias: str) -> None:
    if alias not in ALIASES:
        raise RequestError(
            f"There is no alias {alias!r}.", hint=f"The aliases are {', '.join(ALIASES)}."
        )
