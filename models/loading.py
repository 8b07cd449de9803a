"""Loads registered models, and only what is known to be harmless."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from core.errors import RequestError, UnavailableError
from core.models import TRUSTED_TYPES
from core.objects import ObjectStore

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

KEPT_MODELS = 4
"""How many loaded models stay in memory."""


class Classifier(Protocol):
    """What a fitted scikit-learn classifier offers."""

    feature_names_in_: "npt.NDArray[np.object_]"

    def predict_proba(self, rows: "pd.DataFrame") -> "npt.NDArray[np.float64]":
        """Return each row's probability of each class."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """A model that can answer."""

    classifier: Classifier
    columns: tuple[str, ...]
    """The features it wants, in this order."""
    etag: str

    def probabilities(self, rows: "pd.DataFrame") -> "npt.NDArray[np.float64]":
        """Return each row's probability of delay."""
        return self.classifier.predict_proba(rows[list(self.columns)])[:, 1]


class ModelFiles:
    """Model files of an object store, each content loaded once."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._loaded: dict[tuple[str, str], LoadedModel] = {}

    def load(self, bucket: str, key: str) -> LoadedModel:
        """Load a model, or return it where its content is already in memory.

        Raises:
            NotFoundError: There is no such object.
            RequestError: The file holds types that are not trusted.
            UnavailableError: The file is damaged.
        """
        etag = self._store.stat(bucket, key).etag
        kept = self._loaded.get((bucket, key))
        if kept is not None and kept.etag == etag:
            return kept
        classifier = read_model(self._store.read(bucket, key), key)
        columns = tuple(str(name) for name in classifier.feature_names_in_)
        loaded = LoadedModel(classifier=classifier, columns=columns, etag=etag)
        self._loaded[bucket, key] = loaded
        while len(self._loaded) > KEPT_MODELS:
            self._loaded.pop(next(iter(self._loaded)))
        return loaded


def read_model(content: bytes, key: str) -> Classifier:
    """Read a model file without executing anything that is not on the trusted list.

    Raises:
        RequestError: The file holds other types.
        UnavailableError: The file is damaged.
    """
    import zipfile

    import skops.io

    try:
        unknown = sorted(set(skops.io.get_untrusted_types(data=content)) - TRUSTED_TYPES)
        if unknown:
            raise RequestError(
                f"The model {key} holds the type {unknown[0]}, which is not trusted.",
                hint="Use a model that the pipeline made.",
            )
        model: Classifier = skops.io.loads(content, trusted=sorted(TRUSTED_TYPES))
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise UnavailableError(
            f"The model {key} is damaged.", hint="Run the pipeline again."
        ) from error
    return model
