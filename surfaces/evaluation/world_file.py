"""The description of a world, as its file gives it."""

from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import RequestError
from core.pipelines import ParameterValue
from core.runs import RunState


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WorldPipeline(_Part):
    """A pipeline of the world."""

    name: str
    description: str
    parameters: dict[str, ParameterValue] = {}
    tasks: tuple[str, ...] = ()
    """In order, each after the one before; empty for a pipeline that the project ships."""


class WorldRun(_Part):
    """A run of the world's history."""

    id: str
    name: str
    pipeline: str
    experiment: str
    state: RunState
    started: datetime
    minutes: float
    metrics: dict[str, float] = {}
    best_model: str = ""
    parameters: dict[str, ParameterValue] = {}
    failed_task: str = ""
    cause: str = ""
    running_task: str = ""


class WorldSchedule(_Part):
    """A schedule of the world."""

    name: str
    pipeline: str
    cron: str
    state: Literal["enabled", "paused"]
    last_fired: datetime | None = None
    missed: tuple[datetime, ...] = ()
    """What follows from its fields, the world's clock and when it fired last."""


class WorldObject(_Part):
    """An object of the world."""

    key: str
    rows: int = 0
    tags: dict[str, str] = {}


class WorldVersion(_Part):
    """A version of a registered model."""

    version: int
    run: str


class WorldModel(_Part):
    """A registered model."""

    name: str
    versions: tuple[WorldVersion, ...]
    aliases: dict[str, int]
    alias_history: dict[str, tuple[int, ...]] = {}


class WorldBuckets(_Part):
    """The buckets; what pipelines and the registry fill is listed for people to read."""

    datasets: tuple[WorldObject, ...]
    artifacts: dict[str, tuple[str, ...]]
    models: tuple[str, ...]
    scratch: tuple[str, ...]


class WorldFile(_Part):
    """Everything that a world holds at its beginning."""

    clock: datetime
    pipelines: tuple[WorldPipeline, ...]
    experiments: tuple[dict[str, str], ...]
    runs: tuple[WorldRun, ...]
    schedules: tuple[WorldSchedule, ...] = ()
    buckets: WorldBuckets
    models: tuple[WorldModel, ...]
    deployments: tuple[dict[str, Any], ...] = ()
    sources: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


@cache
def read_world(name: str) -> WorldFile:
    """Read the description of a world.

    Raises:
        RequestError: There is no such world, or its file cannot be used.
    """
    folder = resources.files("surfaces.evaluation").joinpath("worlds")
    known = sorted(item.name.removesuffix(".yaml") for item in folder.iterdir())
    known = [world for world in known if world.isidentifier() and world != "files"]
    if name not in known:
        raise RequestError(f"There is no world {name!r}.", hint=f"There is: {', '.join(known)}.")
    try:
        text = folder.joinpath(f"{name}.yaml").read_text("utf-8")
        return WorldFile.model_validate(yaml.safe_load(text))
    except ValidationError as error:
        raise RequestError(f"The world {name!r} cannot be used: {error}.") from error


@cache
def working_files() -> dict[str, str]:
    """Return what lies in a world's working folder, by path."""
    folder = resources.files("surfaces.evaluation").joinpath("worlds")
    files: dict[str, str] = yaml.safe_load(folder.joinpath("files.yaml").read_text("utf-8"))
    return files
