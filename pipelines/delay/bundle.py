"""Reads a registered version as one file: the model, its card, what later data is held against."""

import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import TypeAdapter, ValidationError

from core.errors import RequestError
from core.models import ModelCard, ModelReference
from pipelines.delay import training
from pipelines.delay.fast import FastModel, PlainModel, answering

MODEL = "model.skops"
CARD = "card.json"
REFERENCE = "reference.json"
LARGEST_BYTES = 1 << 30
"""A larger member is no model of ours, or a file made to fill the memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A version that can answer."""

    card: ModelCard
    reference: ModelReference | None
    scorer: FastModel | PlainModel

    @property
    def name(self) -> str:
        """`delay:2`."""
        return f"{self.card.version.model}:{self.card.version.version}"


def read_bundle(path: Path, folder: Path) -> Bundle:
    """Read a bundle that the registry wrote.

    Args:
        path: The file.
        folder: Where the model may be unpacked.

    Raises:
        RequestError: It is not a bundle, or holds types that are not trusted.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = {name: _member(archive, name) for name in archive.namelist()}
        card = _cards().validate_json(members[CARD])
        reference = (
            _references().validate_json(members[REFERENCE]) if REFERENCE in members else None
        )
        model_file = folder / MODEL
        model_file.write_bytes(members[MODEL])
    except (zipfile.BadZipFile, KeyError, ValidationError) as error:
        raise RequestError(
            f"{path.name} is no bundle of a registered model.",
            hint="Leave model_file empty and name the model instead.",
        ) from error
    model = training.load(model_file)
    return Bundle(card=card, reference=reference, scorer=scorer_of(model, reference))


def scorer_of(model: Any, reference: ModelReference | None) -> FastModel | PlainModel:
    """Return the fastest that answers as a model does, proved on its background rows."""
    columns = tuple(str(name) for name in model.feature_names_in_)
    rows = list(reference.background) if reference else []
    sample = pd.DataFrame(rows, columns=list(columns))
    if reference is not None:
        numbers = [name for name, profile in reference.features.items() if profile.quantiles]
        sample = sample.astype({name: float for name in numbers if name in columns})
    return answering(model, sample)


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    if name not in {MODEL, CARD, REFERENCE} or archive.getinfo(name).file_size > LARGEST_BYTES:
        raise RequestError(
            f"A bundle of a model has no {name!r}.", hint="Let the registry make it."
        )
    return archive.read(name)


@cache
def _cards() -> TypeAdapter[ModelCard]:
    return TypeAdapter(ModelCard)


@cache
def _references() -> TypeAdapter[ModelReference]:
    return TypeAdapter(ModelReference)
