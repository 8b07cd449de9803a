"""What a compiled pipeline says about its tasks and its objects, before it runs."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from backends.runs_local.compiled import CompiledPackage, Component, compiled_of, read_compiled
from core.errors import RequestError


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTask:
    """A step that a run may reach."""

    path: str
    """Where it is in the nested graph: `for-loop-1/tune-model`."""
    label: str
    """What people call it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectInput:
    """A parameter whose value names an object."""

    parameter: str
    task: str = ""
    """The label of the task that imports it, if one does."""
    schema_title: str = "system.Dataset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What can be told of a run from its package alone."""

    tasks: tuple[PlannedTask, ...]
    """In an order in which they can run."""
    objects: tuple[ObjectInput, ...]


def read_plan(package: str) -> Plan:
    """Read the plan from a compiled package.

    Raises:
        RequestError: The text is not a compiled KFP v2 package.
    """
    return _plan(read_compiled(package))


def plan_of(document: object) -> Plan:
    """Read the plan from a compiled package that was read from its YAML.

    Raises:
        RequestError: It is not a compiled KFP v2 package.
    """
    return _plan(compiled_of(document))


def _plan(read: CompiledPackage) -> Plan:
    leaves = list(_walk(read, read.root, "", {}))
    labels = Counter(leaf.label for leaf in leaves)
    tasks = tuple(
        PlannedTask(path=leaf.path, label=leaf.label if labels[leaf.label] == 1 else leaf.path)
        for leaf in leaves
    )
    objects = tuple(
        ObjectInput(parameter=leaf.object, task=task.label, schema_title=leaf.schema_title)
        for leaf, task in zip(leaves, tasks, strict=True)
        if leaf.object
    )
    return Plan(tasks=tasks, objects=objects)


def in_order(tasks: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """Return the tasks of a graph in the one order in which they are run.

    Args:
        tasks: By name, the names of the tasks to wait for; names that are not here are no matter.

    Raises:
        RequestError: The tasks wait for one another in a circle.
    """
    ordered: list[str] = []
    waiting = sorted(tasks)
    while waiting:
        ready = [name for name in waiting if not set(tasks[name]) & set(waiting)]
        if not ready:
            raise RequestError("The pipeline's tasks wait for one another in a circle.")
        ordered += ready
        waiting = [name for name in waiting if name not in ready]
    return ordered


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leaf:
    path: str
    label: str
    object: str = ""
    schema_title: str = ""


def _walk(
    package: CompiledPackage, component: Component, path: str, outer: Mapping[str, str]
) -> Iterator[_Leaf]:
    """Yield the leaf tasks below a component.

    Args:
        package: The whole package.
        component: Where to look.
        path: Where it is in the graph.
        outer: The run's parameter behind each of the component's inputs; empty for the root,
            whose inputs are the parameters themselves.
    """
    tasks = component.dag.tasks if component.dag else {}
    for name in in_order({name: task.dependent_tasks for name, task in tasks.items()}):
        task = tasks[name]
        below = f"{path}/{name}" if path else name
        inputs = {
            inner: outer.get(source, "") if path else source
            for inner, value in task.inputs.parameters.items()
            if (source := value.component_input_parameter)
        }
        target = package.components[task.component_ref.name]
        if target.dag is not None:
            yield from _walk(package, target, below, inputs)
            continue
        importer = package.deployment_spec.executors[target.executor_label].importer
        uri = importer.artifact_uri.runtime_parameter if importer else ""
        yield _Leaf(
            path=below,
            label=task.task_info.name or name,
            object=inputs.get(uri, ""),
            schema_title=importer.type_schema.schema_title if importer else "",
        )
