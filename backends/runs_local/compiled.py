"""A compiled KFP v2 package as it is written, as far as this machine looks at it."""

from collections.abc import Mapping
from functools import lru_cache

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from core.errors import RequestError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Read(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore")


class InputParameter(_Read):
    """Where a parameter of a task comes from."""

    component_input_parameter: str = ""


class Inputs(_Read):
    """What a task takes."""

    parameters: dict[str, InputParameter] = {}


class Named(_Read):
    """A reference, or what something is called."""

    name: str = ""


class Trigger(_Read):
    """When a task starts."""

    condition: str = ""


class CompiledTask(_Read):
    """A task of a graph."""

    component_ref: Named
    task_info: Named = Named()
    inputs: Inputs = Inputs()
    dependent_tasks: list[str] = []
    trigger_policy: Trigger = Trigger()


class Dag(_Read):
    """A graph of tasks."""

    tasks: dict[str, CompiledTask] = {}


class Component(_Read):
    """A step, or a graph of steps."""

    dag: Dag | None = None
    executor_label: str = ""


class Schema(_Read):
    """The type of an artifact."""

    schema_title: str = ""


class Uri(_Read):
    """The address of an artifact."""

    runtime_parameter: str = ""
    constant: str = ""


class Importer(_Read):
    """A step that takes an artifact from elsewhere."""

    artifact_uri: Uri = Uri()
    type_schema: Schema = Schema()


class Container(_Read):
    """A command in an image."""

    command: list[str] = []
    args: list[str] = []


class Executor(_Read):
    """How a step is carried out."""

    importer: Importer | None = None
    container: Container | None = None


class Deployment(_Read):
    """How all steps are carried out."""

    executors: dict[str, Executor] = {}


class CompiledPackage(_Read):
    """A whole package."""

    components: dict[str, Component] = {}
    deployment_spec: Deployment = Field(default_factory=Deployment)
    root: Component
    platforms: Mapping[str, object] = {}
    """From the second document, which asks for what only a cluster has."""


@lru_cache(maxsize=32)
def read_compiled(package: str) -> CompiledPackage:
    """Read a compiled package.

    Raises:
        RequestError: The text is not a compiled KFP v2 package.
    """
    try:
        documents = list(yaml.load_all(package, Loader=_LOADER))
        beside = documents[1] if len(documents) > 1 else None
        first = {**documents[0], "platforms": (beside or {}).get("platforms", {})}
    except (yaml.YAMLError, IndexError, TypeError, AttributeError) as error:
        raise _not_a_package() from error
    return compiled_of(first)


def compiled_of(document: object) -> CompiledPackage:
    """Read a compiled package that was read from its YAML.

    Raises:
        RequestError: It is not a compiled KFP v2 package.
    """
    try:
        return CompiledPackage.model_validate(document)
    except ValidationError as error:
        raise _not_a_package() from error


def _not_a_package() -> RequestError:
    return RequestError(
        "The pipeline's package is not a compiled KFP v2 package.",
        hint="Compile it with kfp.compiler.Compiler().",
    )
