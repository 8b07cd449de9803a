"""Pipelines that can be run: the types."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from typing_extensions import TypeAliasType

ParameterValue = TypeAliasType(
    "ParameterValue",
    "str | int | float | bool | list[ParameterValue] | dict[str, ParameterValue] | None",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of a pipeline."""

    name: str
    type: str
    """`string`, `integer`, `number`, `boolean`, `list` or `struct`."""
    default: ParameterValue = None
    required: bool = False
    description: str = ""
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    """The least and the greatest number it can be."""
    is_object: bool = False
    """Whether its value names an object as `bucket/key`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskNode:
    """A task in a pipeline's graph."""

    name: str
    after: tuple[str, ...] = ()
    """Names of the tasks it waits for."""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineVersion:
    """A version of a pipeline that was shipped or uploaded."""

    pipeline: str
    version: str
    uploaded_at: datetime | None = None
    """None for what is shipped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineSpec:
    """A pipeline that can be run."""

    name: str
    description: str
    parameters: tuple[Parameter, ...]
    tasks: tuple[TaskNode, ...]
    package: str
    """The compiled KFP v2 package, as YAML text."""
    version: str
    """The first 12 hexadecimal digits of the package's SHA-256."""
    versions: tuple[PipelineVersion, ...] = ()
    """Newest first; only in a description, empty in lists."""


Fill = Callable[[PipelineSpec, Mapping[str, ParameterValue]], Mapping[str, ParameterValue]]
"""Returns a run's parameters with what follows from them: the file of the model they name."""


def as_given(
    pipeline: PipelineSpec, parameters: Mapping[str, ParameterValue]
) -> Mapping[str, ParameterValue]:
    """Return a run's parameters as they are."""
    del pipeline
    return parameters
