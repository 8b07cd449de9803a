"""Pipelines that can be run: the types."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What a firing of a schedule starts."""

    runs: tuple[Mapping[str, ParameterValue], ...]
    """The parameters of each run; none where there is nothing to do."""
    seen: frozenset[str] | None = None
    """Marks of the objects that were there, for the next firing; None where none were looked at."""


class Spread(Protocol):
    """Returns the runs of a firing: one for each object that came since the firing before."""

    def __call__(
        self,
        pipeline: PipelineSpec,
        parameters: Mapping[str, ParameterValue],
        seen: Set[str] | None,
        since: datetime,
    ) -> Due:
        """Return the runs of a firing.

        Args:
            pipeline: What runs.
            parameters: As the schedule has them.
            seen: What the firing before has seen; None for the first one.
            since: When the schedule was made.

        Raises:
            AssistantError: Where the objects would be cannot be looked at.
        """
        ...


def one_run(
    pipeline: PipelineSpec,
    parameters: Mapping[str, ParameterValue],
    seen: Set[str] | None,
    since: datetime,
) -> Due:
    """Return one run with the parameters as they are."""
    del pipeline, seen, since
    return Due(runs=(parameters,))
