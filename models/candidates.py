"""What a run offers the registry, and how it is written."""

from collections.abc import Sequence
from functools import cache

from pydantic import TypeAdapter, ValidationError

from core.errors import UnavailableError
from core.models import ModelCard, ModelReference
from core.pipelines import ParameterValue
from core.runs import Artifact, ArtifactKind, Run

DEFAULT = "default"
"""The experiment of runs that nobody put into one: it says nothing."""


def _proposed(artifacts: Sequence[Artifact]) -> Sequence[Artifact]:
    return [
        artifact
        for artifact in artifacts
        if artifact.kind is ArtifactKind.MODEL
        and not artifact.is_input
        and artifact.metadata.get("registers_as")
    ]


def accepted(artifacts: Sequence[Artifact]) -> Artifact | None:
    """Return the model that a run accepted; None where it accepted none."""
    passed = [item for item in _proposed(artifacts) if item.metadata.get("gate_passed") is True]
    return passed[0] if passed else None


def refusal(artifacts: Sequence[Artifact]) -> str:
    """Return why a run accepted no model."""
    return " ".join(str(item.metadata.get("gate_reasons", "")) for item in _proposed(artifacts))


def lineage(run: Run) -> dict[str, ParameterValue]:
    """Return where a run's model comes from."""
    return {
        "run": run.id,
        "run_name": run.name,
        "pipeline": run.pipeline,
        "pipeline_version": run.pipeline_version,
        "experiment": run.experiment,
        "parameters": dict(run.parameters),
    }


def tags_of(run: Run, candidate: Artifact) -> dict[str, str]:
    """Return what a run notes of its model, to be found among others by."""
    tags: dict[str, object] = {"split": run.parameters.get("split")}
    if run.experiment != DEFAULT:
        tags["experiment"] = run.experiment
    if run.parameters.get("exclude_cameras") is True:
        tags["cameras"] = "excluded"
    own = candidate.metadata.get("tags")
    tags |= own if isinstance(own, dict) else {}
    return {name: str(value) for name, value in sorted(tags.items()) if value not in (None, "")}


@cache
def _references() -> TypeAdapter[ModelReference]:
    return TypeAdapter(ModelReference)


@cache
def cards() -> TypeAdapter[ModelCard]:
    """Return what writes and reads cards."""
    return TypeAdapter(ModelCard)


def read_card(content: bytes, key: str) -> ModelCard:
    """Read a card.

    Raises:
        UnavailableError: It is damaged.
    """
    try:
        return cards().validate_json(content)
    except ValidationError as error:
        raise UnavailableError(
            f"The model card {key} is damaged.", hint="Run the pipeline again."
        ) from error


def read_reference(content: bytes, key: str) -> ModelReference:
    """Read what later data of a version are held against.

    Raises:
        UnavailableError: It is damaged.
    """
    try:
        return _references().validate_json(content)
    except ValidationError as error:
        raise UnavailableError(
            f"The model's reference {key} is damaged.", hint="Run the pipeline again."
        ) from error
