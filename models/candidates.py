"""What a run offers the registry, and how it is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath

from pydantic import TypeAdapter, ValidationError

from core.errors import NotFoundError, RequestError, UnavailableError
from core.models import ModelCard, ModelReference
from core.objects import ObjectStore
from core.pipelines import ParameterValue
from core.runs import Artifact, ArtifactKind, Run, RunState

REFERENCE = "reference.json"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a succeeded run offers the registry."""

    run: Run
    name: str
    """Of the model that it is a version of."""
    model: bytes
    card: ModelCard
    reference: bytes | None
    tags: dict[str, str]


def read_offer(store: ObjectStore, run: Run, artifacts: Sequence[Artifact]) -> Offer:
    """Read the model that a run accepted, with what lies beside it.

    Raises:
        RequestError: The run has not succeeded, or accepted no model; the hint says why.
    """
    if run.state is not RunState.SUCCEEDED:
        raise RequestError(
            f"Run {run.id} is {run.state}; only a succeeded run can register a model.",
            hint="Wait for it, or retry it.",
        )
    candidate = accepted(artifacts)
    if candidate is None:
        raise RequestError(
            f"Run {run.id} accepted no model.",
            hint=refusal(artifacts) or "Start a pipeline that trains one.",
        )
    card_key = _beside(candidate, "card.json")
    try:
        reference = store.read(candidate.bucket, _beside(candidate, REFERENCE))
    except NotFoundError:
        reference = None
    return Offer(
        run=run,
        name=str(candidate.metadata["registers_as"]),
        model=store.read(candidate.bucket, candidate.key),
        card=read_card(store.read(candidate.bucket, card_key), card_key),
        reference=reference,
        tags=tags_of(run, candidate),
    )


def _beside(artifact: Artifact, name: str) -> str:
    """Return the key of a file that a task left beside an artifact.

    A cluster names files after the task's outputs, without endings.
    """
    place = PurePosixPath(artifact.key)
    return str(place.with_name(name if place.suffix else PurePosixPath(name).stem))


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
