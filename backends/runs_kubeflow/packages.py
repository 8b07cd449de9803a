"""Compiled packages: made fit for a cluster, and read back from one."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from backends.runs_local.package import Plan, in_order, plan_of, read_plan
from core.errors import RequestError
from core.pipelines import Parameter, ParameterValue, PipelineSpec, TaskNode

UNCACHED = "-uncached"
_OURS = re.compile(rf"([0-9a-f]{{12}})(?:-[0-9a-f]{{6}})?({UNCACHED})?")
"""A version's name as it is uploaded: the package's hash, the image's, and whether it caches."""

# The loader written in C is ten times as fast, but not built everywhere.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

_TYPES = {
    "STRING": "string",
    "NUMBER_INTEGER": "integer",
    "NUMBER_DOUBLE": "number",
    "BOOLEAN": "boolean",
    "LIST": "list",
    "STRUCT": "struct",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A package as it is uploaded."""

    name: str
    """The version's name."""
    package: str


def upload_of(pipeline: PipelineSpec, *, image: str, use_cache: bool) -> Upload:
    """Return the version of a pipeline that runs with an image, and with a cache or without.

    Args:
        pipeline: What to run.
        image: Takes the place of the image of every task; empty for the package's own.
        use_cache: Whether tasks may reuse earlier outputs; a package decides it when it is
            compiled, and a run cannot change that.

    Raises:
        RequestError: It is not a compiled package.
    """
    read_plan(pipeline.package)
    if not image and use_cache:
        return Upload(name=pipeline.version, package=pipeline.package)
    documents = list(yaml.load_all(pipeline.package, Loader=_LOADER))
    spec = documents[0]
    if image:
        for container in _containers(spec):
            container["image"] = image
    if not use_cache:
        for task in _all_tasks(spec):
            task["cachingOptions"] = {}
    name = pipeline.version
    name += f"-{hashlib.sha256(image.encode()).hexdigest()[:6]}" if image else ""
    name += "" if use_cache else UNCACHED
    return Upload(name=name, package=yaml.dump_all(documents, Dumper=_DUMPER, sort_keys=False))


def version_in(name: str) -> str:
    """Return the version that a name of an uploaded version stands for."""
    ours = _OURS.fullmatch(name)
    return ours.group(1) if ours else name


def caches(name: str) -> bool:
    """Return whether the version of a name was uploaded as it was compiled."""
    ours = _OURS.fullmatch(name)
    return ours is None or not ours.group(2)


def package_text(pipeline_spec: Mapping[str, Any]) -> str:
    """Return a package as YAML, from how the API tells it."""
    platform = pipeline_spec.get("platform_spec")
    spec = _spec(pipeline_spec)
    documents = [spec, platform] if platform else [spec]
    return yaml.dump_all(documents, Dumper=_DUMPER, sort_keys=False, allow_unicode=True)


def name_in(pipeline_spec: Mapping[str, Any]) -> str:
    """Return the pipeline's name that is written in a package; empty where there is none."""
    spec = _spec(pipeline_spec)
    return str((spec.get("pipelineInfo") or {}).get("name") or "")


def read_spec(name: str, version: str, pipeline_spec: Mapping[str, Any]) -> PipelineSpec:
    """Read a package that was uploaded.

    Args:
        name: What the pipeline is called on the cluster.
        version: The version's name.
        pipeline_spec: The package as the API tells it.

    Raises:
        RequestError: It is not a KFP v2 package.
    """
    spec = _spec(pipeline_spec)
    plan = plan_of(spec)
    imported = {item.parameter for item in plan.objects}
    inputs = (spec["root"].get("inputDefinitions") or {}).get("parameters") or {}
    return PipelineSpec(
        name=name,
        description=str((spec.get("pipelineInfo") or {}).get("description") or ""),
        parameters=tuple(
            _parameter(key, declared, is_object=key in imported) for key, declared in inputs.items()
        ),
        tasks=tuple(_nodes(spec, spec["root"], ())),
        package=package_text(pipeline_spec),
        version=version_in(version),
    )


def _parameter(name: str, declared: Mapping[str, Any], *, is_object: bool) -> Parameter:
    kind = _TYPES.get(str(declared.get("parameterType")), "string")
    default = declared.get("defaultValue")
    if kind == "integer" and isinstance(default, float):
        default = int(default)
    return Parameter(
        name=name,
        type=kind,
        default=default,
        required=not declared.get("isOptional", False) and default is None,
        description=str(declared.get("description") or ""),
        is_object=is_object,
    )


def _nodes(
    spec: Mapping[str, Any], component: Mapping[str, Any], outer: Sequence[str]
) -> Iterator[TaskNode]:
    """Yield the tasks below a component; one that waits for a loop waits for all in it."""
    tasks = component["dag"]["tasks"]
    leaves: dict[str, Sequence[TaskNode]] = {}
    for key in in_order({key: task.get("dependentTasks", ()) for key, task in tasks.items()}):
        task = tasks[key]
        after = [
            node.name
            for needed in task.get("dependentTasks", ())
            for node in leaves.get(needed, ())
        ]
        inner = spec.get("components", {}).get(task["componentRef"]["name"], {})
        waits = tuple(after) or tuple(outer)
        if "dag" in inner:
            leaves[key] = tuple(_nodes(spec, inner, waits))
        else:
            name = str((task.get("taskInfo") or {}).get("name") or key)
            leaves[key] = (TaskNode(name=name, after=waits),)
        yield from leaves[key]


def _containers(spec: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for executor in (spec.get("deploymentSpec") or {}).get("executors", {}).values():
        if "container" in executor:
            yield executor["container"]


def _all_tasks(spec: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for component in (spec["root"], *(spec.get("components") or {}).values()):
        yield from component.get("dag", {}).get("tasks", {}).values()


def plan_in(pipeline_spec: Mapping[str, Any]) -> Plan:
    """Return the plan of a package as the API tells it; an empty one where it cannot be read."""
    try:
        return plan_of(_spec(pipeline_spec))
    except RequestError:
        # A package of the first API, or none any more: the nodes of a run are all there is.
        return Plan(tasks=(), objects=())


def defaults_in(pipeline_spec: Mapping[str, Any]) -> Mapping[str, ParameterValue]:
    """Return the default of every parameter that a package declares, None where it has none."""
    inputs = (_spec(pipeline_spec).get("root") or {}).get("inputDefinitions") or {}
    return {
        name: _parameter(name, declared, is_object=False).default
        for name, declared in (inputs.get("parameters") or {}).items()
    }


def output_schemas(pipeline_spec: Mapping[str, Any]) -> Mapping[tuple[str, str], str]:
    """Return the KFP type of every output in a package, by its task's and its own name."""
    spec = _spec(pipeline_spec)
    components = spec.get("components") or {}
    graphs = [spec.get("root") or {}, *components.values()]
    return {
        (str((task.get("taskInfo") or {}).get("name") or key), name): str(
            (declared.get("artifactType") or {}).get("schemaTitle") or ""
        )
        for graph in graphs
        for key, task in (graph.get("dag") or {}).get("tasks", {}).items()
        for name, declared in (
            (components.get(task["componentRef"]["name"], {}).get("outputDefinitions") or {})
            .get("artifacts", {})
            .items()
        )
    }


def loops_in(
    pipeline_spec: Mapping[str, Any], parameters: Mapping[str, Any]
) -> Mapping[str, Sequence[Sequence[object]]]:
    """Return what the loops round each task go over, by the task's path.

    Args:
        pipeline_spec: The package as the API tells it.
        parameters: The run's; a loop over anything else is there without its items.
    """
    spec = _spec(pipeline_spec)
    return dict(_looped(spec, spec["root"], "", (), parameters))


def _looped(
    spec: Mapping[str, Any],
    component: Mapping[str, Any],
    path: str,
    loops: Sequence[Sequence[object]],
    values: Mapping[str, Any],
) -> Iterator[tuple[str, Sequence[Sequence[object]]]]:
    for key, task in component["dag"]["tasks"].items():
        below = f"{path}/{key}" if path else key
        inputs = {
            name: values.get(source.get("componentInputParameter", ""))
            for name, source in (task.get("inputs") or {}).get("parameters", {}).items()
        }
        around = (*loops, *_items(task, inputs))
        inner = spec.get("components", {}).get(task["componentRef"]["name"], {})
        if "dag" in inner:
            yield from _looped(spec, inner, below, around, inputs)
        elif around:
            yield below, around


def _items(task: Mapping[str, Any], inputs: Mapping[str, Any]) -> Iterator[Sequence[object]]:
    if "artifactIterator" in task:
        yield ()
    if "parameterIterator" in task:
        over = task["parameterIterator"].get("items") or {}
        items = inputs.get(over.get("inputParameter", "")) or over.get("raw")
        if isinstance(items, str):
            # Written in the pipeline rather than given: YAML reads what JSON writes.
            items = yaml.load(items, Loader=_LOADER)
        yield items if isinstance(items, list) else ()


def _spec(pipeline_spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the pipeline's part of a package; a package with a platform's part has two."""
    spec: Mapping[str, Any] = pipeline_spec.get("pipeline_spec", pipeline_spec)
    return spec
