"""A registered version as one file, so that a run can be handed a model as it is handed a table."""

import io
import zipfile
from collections.abc import Mapping, Sequence, Set
from datetime import datetime

from core.errors import NotFoundError
from core.models import ModelVersion
from core.objects import ObjectStore, StoredObject
from core.pipelines import Due, ParameterValue, PipelineSpec
from models.candidates import REFERENCE
from models.registry import BUCKET, Registry

BUNDLE = "bundle.zip"
MEMBERS = ("model.skops", "card.json", REFERENCE)
DATA = "data"
TABLES = (".csv", ".tsv", ".parquet", ".pq")
SCORED = ".scored."
"""What the predictions for a table have in their name."""
MOST_TABLES = 10_000
MODEL_FILE = "model_file"
"""The parameter of a pipeline that takes a bundle."""


class Bundles:
    """Finds the bundle that a run needs, and writes it where it is not there yet.

    Args:
        registry: The registered versions.
        store: Where they are kept.
    """

    def __init__(self, registry: Registry, store: ObjectStore) -> None:
        self._registry = registry
        self._store = store

    def fill(
        self, pipeline: PipelineSpec, parameters: Mapping[str, ParameterValue]
    ) -> Mapping[str, ParameterValue]:
        """Return a run's parameters with the objects that they stand for.

        A prefix in place of a table is the newest table below it, a model the file of its version.

        Raises:
            NotFoundError: There is no such model or version, or no table below the prefix.
        """
        objects = {parameter.name for parameter in pipeline.parameters if parameter.is_object}
        data = str(parameters.get(DATA) or "")
        if DATA in objects and data.endswith("/"):
            parameters = {**parameters, DATA: self._newest(data)}
        if MODEL_FILE not in objects or parameters.get(MODEL_FILE):
            return parameters
        version = self._registry.find(
            str(parameters.get("model") or "delay"), str(parameters.get("version") or "")
        )
        return {**parameters, MODEL_FILE: self.of(version)}

    def spread(
        self,
        pipeline: PipelineSpec,
        parameters: Mapping[str, ParameterValue],
        seen: Set[str] | None,
        since: datetime,
    ) -> Due:
        """Return the runs of a firing: one for every table below a prefix that was not seen yet.

        The first firing takes what came since its schedule was made, or else the newest table.
        What learns from a table, rather than applying a model to it, always takes the newest.

        Raises:
            AssistantError: The prefix cannot be looked at.
        """
        objects = {parameter.name for parameter in pipeline.parameters if parameter.is_object}
        data = str(parameters.get(DATA) or "")
        if not {DATA, MODEL_FILE} <= objects or not data.endswith("/"):
            return Due(runs=(parameters,))
        tables = self._tables(data)
        if seen is not None:
            due = [table for table in tables if _mark(table) not in seen]
        else:
            due = [table for table in tables if table.modified_at >= since] or [*tables[-1:]]
        return Due(
            runs=tuple({**parameters, DATA: table.reference} for table in due),
            seen=frozenset(_mark(table) for table in tables),
        )

    def _tables(self, place: str) -> Sequence[StoredObject]:
        """Return the tables below a prefix, the newest last; predictions are none."""
        bucket, _, prefix = place.partition("/")
        tables = [
            found
            for found in self._store.list(bucket, prefix, limit=MOST_TABLES)
            if found.key.casefold().endswith(TABLES) and SCORED not in found.key
        ]
        return sorted(tables, key=lambda found: (found.modified_at, found.key))

    def _newest(self, place: str) -> str:
        """Return the newest table below a prefix."""
        tables = self._tables(place)
        if not tables:
            raise NotFoundError(
                f"There is no table below {place} yet.",
                hint=f"Upload one there, or name a table: {DATA}=datasets/june.csv.",
            )
        return tables[-1].reference

    def of(self, version: ModelVersion) -> str:
        """Return `bucket/key` of a version's bundle."""
        folder = f"{version.model}/{version.version}"
        key = f"{folder}/{BUNDLE}"
        try:
            self._store.stat(BUCKET, key)
        except NotFoundError:
            self._store.put(BUCKET, key, self._packed(folder), content_type="application/zip")
        return f"{BUCKET}/{key}"

    def _packed(self, folder: str) -> bytes:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in MEMBERS:
                try:
                    archive.writestr(name, self._store.read(BUCKET, f"{folder}/{name}"))
                except NotFoundError:
                    # Versions from before references were kept have none.
                    if name != REFERENCE:
                        raise
        return content.getvalue()


def _mark(table: StoredObject) -> str:
    """Return what tells a table with its content from every other one."""
    return f"{table.key} {table.etag}"
