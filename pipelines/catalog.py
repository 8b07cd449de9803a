"""The pipelines that can be run, read from their compiled packages."""

import contextlib
import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from core.errors import RequestError, UnavailableError, not_found
from core.pipelines import Parameter, PipelineSpec, TaskNode
from pipelines.delay import parameters as delay
from pipelines.drift import parameters as drift
from pipelines.scoring import parameters as scoring

FOLDER = Path(__file__).parent
SHIPPED: Sequence[tuple[Path, Sequence[Parameter]]] = (
    (FOLDER / "delay" / "package.yaml", delay.PARAMETERS),
    (FOLDER / "scoring" / "package.yaml", scoring.PARAMETERS),
    (FOLDER / "drift" / "package.yaml", drift.PARAMETERS),
)
"""The pipelines that come with the project: packages, and what is known of their parameters."""

_TYPES = {
    "STRING": "string",
    "NUMBER_INTEGER": "integer",
    "NUMBER_DOUBLE": "number",
    "BOOLEAN": "boolean",
    "LIST": "list",
    "STRUCT": "struct",
}


class Catalog:
    """Every pipeline that can be run.

    Args:
        added: Pipelines beyond the ones that come with the project.
        uploaded: Returns the pipelines that people brought.
    """

    def __init__(
        self,
        added: Sequence[PipelineSpec] = (),
        uploaded: Callable[[], Sequence[PipelineSpec]] = tuple,
    ) -> None:
        self._added = tuple(added)
        self._uploaded = uploaded

    def with_uploaded(self, uploaded: Callable[[], Sequence[PipelineSpec]]) -> "Catalog":
        """Return this catalog with the pipelines that people brought."""
        return Catalog(self._added, uploaded)

    def shipped(self) -> frozenset[str]:
        """Return the names that no upload can take."""
        return frozenset(self._own())

    def all(self) -> Sequence[PipelineSpec]:
        """Return every pipeline, by name; an added one replaces a namesake."""
        by_name = self._own()
        # What is shipped can be run also while nobody can say what was uploaded.
        with contextlib.suppress(UnavailableError):
            by_name = {spec.name: spec for spec in self._uploaded()} | by_name
        return [by_name[name] for name in sorted(by_name)]

    def _own(self) -> dict[str, PipelineSpec]:
        return {spec.name: spec for spec in (*_shipped_pipelines(), *self._added)}

    def find(self, name: str) -> PipelineSpec:
        """Return a pipeline by its name.

        Raises:
            NotFoundError: There is no such pipeline; the hint names the closest.
            UnavailableError: Nobody can say which pipelines were uploaded.
        """
        wanted = name.strip()
        own = self._own()
        if wanted in own:
            return own[wanted]
        specs = {spec.name: spec for spec in self._uploaded()}
        if wanted not in specs:
            raise not_found("pipeline", name, [*own, *specs])
        return specs[wanted]


@cache
def _shipped_pipelines() -> Sequence[PipelineSpec]:
    return [
        read_package(package.read_text(encoding="utf-8"), documented)
        for package, documented in SHIPPED
    ]


def read_package(package: str, documented: Sequence[Parameter] = ()) -> PipelineSpec:
    """Read a compiled KFP v2 package.

    Args:
        package: YAML text.
        documented: What is known of its parameters beyond the package; they come in this order.

    Raises:
        RequestError: The text is not a KFP v2 package.
    """
    document = _document(package)
    root = document["root"]
    declared = root.get("inputDefinitions", {}).get("parameters", {})
    known = {parameter.name: parameter for parameter in documented}
    order = [*(name for name in known if name in declared), *(set(declared) - set(known))]
    return PipelineSpec(
        name=str(document["pipelineInfo"]["name"]),
        description=str(document["pipelineInfo"].get("description", "")),
        parameters=tuple(known.get(name) or _parameter(name, declared[name]) for name in order),
        tasks=tuple(_tasks(document["components"], root["dag"]["tasks"])),
        package=package,
        version=hashlib.sha256(package.encode("utf-8")).hexdigest()[:12],
    )


def _document(package: str) -> Mapping[str, Any]:
    try:
        # A package with a platform's settings has a second document, which changes no task.
        document = next(yaml.load_all(package, Loader=_LOADER), None)
    except yaml.YAMLError as error:
        raise RequestError(
            "The pipeline package is not YAML.", hint="Compile it with the KFP 2 compiler."
        ) from error
    shape = document if isinstance(document, dict) else {}
    root = shape.get("root")
    if "pipelineInfo" not in shape or not isinstance(root, dict) or "dag" not in root:
        raise RequestError(
            "The file is not a compiled KFP v2 pipeline.",
            hint="Compile it with the KFP 2 compiler.",
        )
    return {"components": {}, **shape}


# The loader written in C is ten times as fast, but not built everywhere.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _parameter(name: str, declared: Mapping[str, Any]) -> Parameter:
    default = declared.get("defaultValue")
    kind = _TYPES.get(str(declared.get("parameterType")), "string")
    if kind == "integer" and isinstance(default, float):
        default = int(default)
    return Parameter(
        name=name,
        type=kind,
        default=default,
        required=not declared.get("isOptional", False) and default is None,
        description=str(declared.get("description", "")),
    )


def _tasks(components: Mapping[str, Any], tasks: Mapping[str, Any]) -> list[TaskNode]:
    """Flatten the graph: a loop or a condition is replaced by the tasks inside it."""
    inner = {
        key: _tasks(components, components[task["componentRef"]["name"]]["dag"]["tasks"])
        for key, task in tasks.items()
        if "dag" in components.get(task["componentRef"]["name"], {})
    }
    nodes: list[TaskNode] = []
    for key in _ordered(tasks):
        task = tasks[key]
        after = tuple(
            name
            for needed in task.get("dependentTasks", ())
            for name in _last_names(tasks, inner, needed)
        )
        if key in inner:
            starts = {node.name for node in inner[key]}
            nodes += [
                TaskNode(
                    name=node.name,
                    after=node.after if starts & set(node.after) else after + node.after,
                    description=node.description,
                )
                for node in inner[key]
            ]
        else:
            nodes.append(TaskNode(name=_name(task, key), after=after))
    return nodes


def _last_names(
    tasks: Mapping[str, Any], inner: Mapping[str, list[TaskNode]], key: str
) -> list[str]:
    if key not in inner:
        return [_name(tasks[key], key)]
    waited_for = {name for node in inner[key] for name in node.after}
    return [node.name for node in inner[key] if node.name not in waited_for]


def _name(task: Mapping[str, Any], key: str) -> str:
    return str(task.get("taskInfo", {}).get("name") or key)


def _ordered(tasks: Mapping[str, Any]) -> list[str]:
    """Return the tasks so that each comes after what it waits for."""
    ordered: list[str] = []

    def visit(key: str) -> None:
        for needed in tasks[key].get("dependentTasks", ()):
            if needed in tasks and needed not in ordered:
                visit(needed)
        if key not in ordered:
            ordered.append(key)

    for key in tasks:
        visit(key)
    return ordered
