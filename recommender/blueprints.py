"""Writes a runnable beginning of a pipeline on a platform; never over a file that exists."""

import os
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

from core.blueprints import Blueprint, BlueprintFile
from core.errors import RequestError, UnavailableError, not_found
from core.pipelines import PipelineSpec
from recommender.outlooks import OUTLOOKS

BLUEPRINTS = ("aws", "azure", "gcp", "mlflow-aws", "kubeflow-azure", "airflow")
WITH_SCIENCE = "delay-prediction"
"""The pipeline whose tasks are there as plain functions, for every platform."""
ANY_PACKAGE = ("gcp", "kubeflow-azure")
"""The platforms that run a compiled package as it is, and so every pipeline."""
_OTHER_WORDS: Mapping[str, str] = {
    "amazon": "aws",
    "sagemaker": "aws",
    "azure ml": "azure",
    "azureml": "azure",
    "microsoft": "azure",
    "google": "gcp",
    "google cloud": "gcp",
    "vertex": "gcp",
    "vertex ai": "gcp",
    "mlflow": "mlflow-aws",
    "mlflow on aws": "mlflow-aws",
    "kubeflow": "kubeflow-azure",
    "kfp": "kubeflow-azure",
    "kubeflow on azure": "kubeflow-azure",
    "apache airflow": "airflow",
}
_ENDING = ".template"
_DEFAULTS = {"seed": "42", "test_size": "0.2", "folds": "5", "minimum_accuracy": "0.6"}


def blueprint_named(word: str) -> str:
    """Return a blueprint by what people call it.

    Raises:
        NotFoundError: There is none; the hint names the closest.
    """
    plain = " ".join(word.casefold().replace("_", "-").split())
    known = _OTHER_WORDS.get(plain, plain.replace(" ", "-"))
    if known not in BLUEPRINTS:
        raise not_found("blueprint", word, [*BLUEPRINTS, *_OTHER_WORDS])
    return known


def plan(platform: str, pipeline: PipelineSpec) -> Sequence[BlueprintFile]:
    """Return the files of a blueprint, without writing anything.

    Raises:
        NotFoundError: There is no such blueprint.
        RequestError: The platform cannot run this pipeline as it is.
    """
    name = blueprint_named(platform)
    if pipeline.name == WITH_SCIENCE:
        folders: tuple[str, ...] = ("common", name)
        package: list[BlueprintFile] = []
    elif name in ANY_PACKAGE:
        folders = (f"any-{name}",)
        package = [BlueprintFile(path="pipeline.yaml", text=pipeline.package)]
    else:
        raise RequestError(
            f"A blueprint for {name} needs a pipeline's tasks as plain functions, and those of"
            f" {pipeline.name} are only there as a compiled package.",
            hint=f"{' and '.join(ANY_PACKAGE)} run a compiled package as it is; for {name}, take"
            f" {WITH_SCIENCE} and put your own functions into its science.py.",
        )
    values = _values(name, pipeline)
    found = {
        path: BlueprintFile(path=path, text=Template(text).substitute(values))
        for folder in folders
        for path, text in _templates(folder)
    }
    return sorted([*found.values(), *package], key=lambda file: file.path)


def write(platform: str, folder: str, pipeline: PipelineSpec) -> Blueprint:
    """Write a blueprint into a folder.

    Raises:
        NotFoundError: There is no such blueprint.
        RequestError: A file is there already, or the platform cannot run this pipeline.
        UnavailableError: The folder cannot be written; what was begun is taken away again.
    """
    files = plan(platform, pipeline)
    root = Path(folder).expanduser()
    refuse_existing(root, folder, files)
    written: list[Path] = []
    try:
        for file in files:
            path = root / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            _create(path, file.text)
            written.append(path)
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        raise UnavailableError(
            f"The folder {folder!r} cannot be written: {error.strerror or error}.",
            hint="Name a folder that you may write; nothing was left behind.",
        ) from error
    name = blueprint_named(platform)
    return Blueprint(
        platform=name,
        pipeline=pipeline.name,
        folder=folder,
        files=tuple(file.path for file in files),
        next_steps=OUTLOOKS[_platform_of(name)].steps,
    )


def refuse_existing(root: Path, folder: str, files: Sequence[BlueprintFile]) -> None:
    """Refuse a folder in which a file of the blueprint is there already.

    Raises:
        RequestError: One is; or the folder is a file.
    """
    if root.exists() and not root.is_dir():
        raise RequestError(f"{folder} is a file, not a folder.", hint="Name another folder.")
    # A link may lead out of the folder, so one in a file's place counts as the file.
    there = [file.path for file in files if os.path.lexists(root / file.path)]
    linked = [
        str(part)
        for file in files
        for part in Path(file.path).parents
        if str(part) != "." and (root / part).is_symlink()
    ]
    if there or linked:
        named = ", ".join([*there, *dict.fromkeys(linked)][:3])
        raise RequestError(
            f"{folder} has {named} already, and nothing is overwritten.",
            hint="Name an empty or a new folder.",
        )


def _create(path: Path, text: str) -> None:
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
    with os.fdopen(opened, "w", encoding="utf-8") as file:
        file.write(text)


def _platform_of(blueprint: str) -> str:
    names = {"aws": "AWS", "azure": "Azure", "gcp": "GCP", "airflow": "Airflow"}
    return names.get(blueprint) or {"mlflow-aws": "MLflow", "kubeflow-azure": "Kubeflow"}[blueprint]


def _values(blueprint: str, pipeline: PipelineSpec) -> Mapping[str, str]:
    defaults = {p.name: str(p.default) for p in pipeline.parameters if p.default is not None}
    shown = ", ".join(f"{name}={value}" for name, value in defaults.items()) or "none"
    chosen = {name: defaults.get(name, value) for name, value in _DEFAULTS.items()}
    return {
        **chosen,
        "pipeline": pipeline.name,
        "description": " ".join(pipeline.description.split()),
        "parameters": shown,
        "gives_up": OUTLOOKS[_platform_of(blueprint)].gives_up,
    }


def _templates(folder: str) -> Iterator[tuple[str, str]]:
    """Yield the path and the text of each template in a folder of the package."""
    root = resources.files("recommender").joinpath("data", "blueprints", folder)
    yield from _below(root, "")


def _below(place: Traversable, prefix: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(place.iterdir(), key=lambda item: item.name):
        if entry.is_dir():
            yield from _below(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(_ENDING):
            yield f"{prefix}{entry.name.removesuffix(_ENDING)}", entry.read_text("utf-8")
