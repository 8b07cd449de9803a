"""A registered version as one file, so that a run can be handed a model as it is handed a table."""

import io
import zipfile
from collections.abc import Mapping

from core.errors import NotFoundError
from core.models import ModelVersion
from core.objects import ObjectStore
from core.pipelines import ParameterValue, PipelineSpec
from models.registry import BUCKET, REFERENCE, Registry

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

    def _newest(self, place: str) -> str:
        """Return the newest table below a prefix; predictions are none."""
        bucket, _, prefix = place.partition("/")
        tables = [
            found
            for found in self._store.list(bucket, prefix, limit=MOST_TABLES)
            if found.key.casefold().endswith(TABLES) and SCORED not in found.key
        ]
        if not tables:
            raise NotFoundError(
                f"There is no table below {place} yet.",
                hint=f"Upload one there, or name a table: {DATA}=datasets/june.csv.",
            )
        return max(tables, key=lambda found: (found.modified_at, found.key)).reference

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
