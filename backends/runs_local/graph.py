"""The order of the tasks of a run: each starts as soon as what it needs is there.

KFP's own orchestrator runs one task after another, and gives loops and branches values that it
finds by their names. This one goes by what the compiled package says: every input of a task, a
loop or a branch names where it comes from.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any

from kfp.local.io import IOStore
from kfp.local.orchestrator.orchestrator_utils import OrchestratorUtils
from kfp.pipeline_spec import pipeline_spec_pb2 as spec

from backends.runs_local.conditions import holds
from backends.runs_local.package import in_order
from backends.runs_local.values import whole_again
from core.errors import RequestError

ITEM_CHARACTERS = 40
_WHATEVER_HAPPENED = spec.PipelineTaskSpec.TriggerPolicy.ALL_UPSTREAM_TASKS_COMPLETED
_INTEGER = spec.ParameterType.NUMBER_INTEGER

Outputs = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a graph is in the graphs around it."""

    path: tuple[str, ...] = ()
    """The names of the tasks that stand for it, as the package has them."""
    folder: tuple[str, ...] = ()
    """The same with the numbers of iterations: no two tasks share it."""
    items: tuple[str, ...] = ()
    """What the iterations around it work on, in words."""

    def inside(self, name: str) -> "Place":
        """Return the place of a task's own graph."""
        return replace(self, path=(*self.path, name), folder=(*self.folder, name))

    def iteration(self, name: str, number: int, item: str) -> "Place":
        """Return the place of one iteration of a loop."""
        return Place(
            path=(*self.path, name),
            folder=(*self.folder, f"{name}-iteration-{number}"),
            items=(*self.items, item),
        )


class _End(Enum):
    SUCCEEDED = auto()
    FAILED = auto()
    SKIPPED = auto()


@dataclass(frozen=True, slots=True)
class _Ended:
    end: _End
    outputs: Outputs = field(default_factory=dict)


Leaf = Callable[[str, spec.PipelineTaskSpec, IOStore, Place], Outputs | None]
"""Runs a task that is no graph: its name, what the package says, the values around it, its place.
Returns nothing where it failed."""


@dataclass
class Graph:
    """The tasks of a run.

    Args:
        components: What each task of the package is.
        leaf: Runs a task that is no graph.
        skipped: Hears of the tasks that will not be reached.
        workers: How many iterations of a loop are begun at once, where the loop does not say.
    """

    components: Mapping[str, spec.ComponentSpec]
    leaf: Leaf
    skipped: Callable[[tuple[str, ...]], None]
    workers: int
    errors: list[BaseException] = field(default_factory=list)
    """What kept tasks from being tried at all."""

    def run(
        self, component: spec.ComponentSpec, arguments: Mapping[str, Any], place: Place
    ) -> Outputs | None:
        """Run a graph to its end and return its outputs; nothing if a task failed."""
        store = IOStore()
        known = OrchestratorUtils.join_user_inputs_and_defaults(
            dag_arguments=dict(arguments), dag_inputs_spec=component.input_definitions
        )
        for name, value in known.items():
            store.put_parent_input(name, value)
        tasks = component.dag.tasks
        last = {name: task for name, task in tasks.items() if _is_exit(task)}
        body = {name: task for name, task in tasks.items() if name not in last}
        went_well = self._run_all(body, store, place)
        # What cleans up runs in every case, and is told how the rest went.
        went_well = self._run_all(last, store, place) and went_well
        return _outputs(component.dag.outputs, store) if went_well else None

    def _run_all(
        self, tasks: Mapping[str, spec.PipelineTaskSpec], store: IOStore, place: Place
    ) -> bool:
        waiting = list(in_order({name: task.dependent_tasks for name, task in tasks.items()}))
        ends: dict[str, _End] = {}
        working: dict[Future[_Ended], str] = {}
        with ThreadPoolExecutor(max_workers=max(1, len(tasks))) as threads:
            while waiting or working:
                for name in [n for n in waiting if _is_ready(tasks, n, ends)]:
                    waiting.remove(name)
                    if _is_in_vain(tasks[name], ends):
                        ends[name] = self._skip(name, place, store)
                        continue
                    future = threads.submit(self._task, name, tasks[name], store, place)
                    working[future] = name
                if working:
                    for future in wait(working, return_when=FIRST_COMPLETED).done:
                        name = working.pop(future)
                        ends[name] = self._note(name, future, store)
        return _End.FAILED not in ends.values()

    def _note(self, name: str, future: Future[_Ended], store: IOStore) -> _End:
        error = future.exception()
        if error is not None:
            self.errors.append(error)
        ended = _Ended(_End.FAILED) if error is not None else future.result()
        for key, value in ended.outputs.items():
            store.put_task_output(name, key, value)
        if ended.end is not _End.SKIPPED:
            store.put_task_status(name, ended.end.name)
        return ended.end

    def _skip(self, name: str, place: Place, store: IOStore) -> _End:
        store.put_task_status(name, "FAILED")
        self._tell_skipped(name, place)
        return _End.FAILED

    def _tell_skipped(self, name: str, place: Place) -> None:
        # Other iterations of a loop may still take the branch.
        if not place.items:
            self.skipped((*place.path, name))

    def _task(self, name: str, task: spec.PipelineTaskSpec, store: IOStore, place: Place) -> _Ended:
        component = self.components[task.component_ref.name]
        if component.WhichOneof("implementation") != "dag":
            return _ended(self.leaf(name, task, store, place))
        arguments = arguments_of(name, task, store)
        condition = task.trigger_policy.condition
        if condition and not holds(condition, arguments):
            self._tell_skipped(name, place)
            return _Ended(_End.SKIPPED)
        if task.WhichOneof("iterator") is None:
            return _ended(self.run(component, arguments, place.inside(name)))
        return self._loop(name, task, component, arguments, place)

    def _loop(
        self,
        name: str,
        task: spec.PipelineTaskSpec,
        component: spec.ComponentSpec,
        arguments: Mapping[str, Any],
        place: Place,
    ) -> _Ended:
        items, item_input = _items(name, task, component, arguments)
        if not items:
            self._tell_skipped(name, place)
        width = task.iterator_policy.parallelism_limit or self.workers
        with ThreadPoolExecutor(max_workers=width) as threads:
            made = list(
                threads.map(
                    lambda numbered: self.run(
                        component,
                        {**arguments, item_input: numbered[1]},
                        place.iteration(name, numbered[0], _in_words(numbered[1], numbered[0])),
                    ),
                    enumerate(items),
                )
            )
        outputs = [each for each in made if each is not None]
        if len(outputs) < len(made):
            return _Ended(_End.FAILED)
        return _Ended(_End.SUCCEEDED, _collected(component, outputs))


def arguments_of(name: str, task: spec.PipelineTaskSpec, store: IOStore) -> dict[str, Any]:
    """Return the values of a task's inputs.

    Raises:
        RequestError: Nothing gave one of them.
    """
    try:
        return dict(OrchestratorUtils.make_task_arguments(task.inputs, store))
    except ValueError as error:
        raise RequestError(
            f"The task {name} needs a result that no task before it gave: {error}",
            hint="Was it to come from a branch that was not taken?",
        ) from error


def _is_exit(task: spec.PipelineTaskSpec) -> bool:
    """Whether it runs after everything else; others only do not mind when something failed."""
    return task.trigger_policy.strategy == _WHATEVER_HAPPENED and any(
        value.HasField("task_final_status") for value in task.inputs.parameters.values()
    )


def _is_ready(
    tasks: Mapping[str, spec.PipelineTaskSpec], name: str, ends: Mapping[str, _End]
) -> bool:
    return all(needed in ends for needed in tasks[name].dependent_tasks if needed in tasks)


def _is_in_vain(task: spec.PipelineTaskSpec, ends: Mapping[str, _End]) -> bool:
    return task.trigger_policy.strategy != _WHATEVER_HAPPENED and any(
        ends.get(needed) is _End.FAILED for needed in task.dependent_tasks
    )


def _ended(outputs: Outputs | None) -> _Ended:
    return _Ended(_End.FAILED) if outputs is None else _Ended(_End.SUCCEEDED, outputs)


def _items(
    name: str,
    task: spec.PipelineTaskSpec,
    component: spec.ComponentSpec,
    arguments: Mapping[str, Any],
) -> tuple[list[Any], str]:
    """Return what a loop goes over, and the input that takes one of it."""
    if task.WhichOneof("iterator") == "artifact_iterator":
        return arguments[task.artifact_iterator.items.input_artifact], (
            task.artifact_iterator.item_input
        )
    source, item_input = task.parameter_iterator.items, task.parameter_iterator.item_input
    items = json.loads(source.raw) if source.raw else arguments[source.input_parameter]
    items = json.loads(items) if isinstance(items, str) and items[:1] == "[" else items
    if not isinstance(items, list):
        raise RequestError(
            f"{name} goes over a list, but was given {items!r}.",
            hint="Mend the parameter or the task that it comes from.",
        )
    declared = component.input_definitions.parameters[item_input].parameter_type
    items = whole_again(items)
    if declared == spec.ParameterType.NUMBER_DOUBLE:
        items = [float(item) for item in items]
    return items, item_input


def _in_words(item: object, number: int) -> str:
    """Return what an iteration works on, as short as people would say it."""
    if isinstance(item, dict):
        text = ", ".join(f"{name}={value}" for name, value in item.items())
    elif isinstance(item, float) and item.is_integer():
        text = str(int(item))
    else:
        text = str(item) if isinstance(item, str | int | float) else ""
    return text if 0 < len(text) <= ITEM_CHARACTERS else f"#{number + 1}"


def _collected(component: spec.ComponentSpec, made: Sequence[Outputs]) -> Outputs:
    """Return the outputs of all iterations as lists; an iteration may have skipped one."""
    declared = component.output_definitions
    parameters = {
        name: [each[name] for each in made if name in each] for name in declared.parameters
    }
    artifacts = {
        name: list(_flat(each[name] for each in made if name in each))
        for name in declared.artifacts
    }
    return {**parameters, **artifacts}


def _flat(values: Iterable[Any]) -> Iterable[Any]:
    for value in values:
        # A task takes a list of artifacts, never a list of lists, however deep the loops are.
        yield from value if isinstance(value, list) else [value]


def _outputs(wanted: spec.DagOutputsSpec, store: IOStore) -> Outputs:
    """Return a graph's outputs; one that comes from a branch not taken is left out."""
    sources: dict[str, list[tuple[str, str]]] = {}
    for name, parameter in wanted.parameters.items():
        one_of = parameter.value_from_oneof.parameter_selectors
        chosen = one_of or [parameter.value_from_parameter]
        sources[name] = [(one.producer_subtask, one.output_parameter_key) for one in chosen]
    for name, artifact in wanted.artifacts.items():
        sources[name] = [
            (one.producer_subtask, one.output_artifact_key) for one in artifact.artifact_selectors
        ]
    outputs = {}
    for name, places in sources.items():
        for task, key in places:
            try:
                outputs[name] = store.get_task_output(task, key)
            except ValueError:
                continue
    return outputs
