"""From the nodes of a workflow to the tasks that people know.

A cluster makes several nodes of each task: a driver that decides whether the task runs, a group
with the task's key, and in it the executor, which is skipped where the cache had the outputs. The
workflow, its root, loops, iterations and conditions are nodes too.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter

from backends.runs_kubeflow.records import Node
from backends.runs_local.package import Plan, PlannedTask
from core.runs import RunState, Task, TaskState

EXECUTOR = "executor"
DRIVER = "-driver"
_ITERATION = re.compile(r"iteration\S*?[(-](\d+)")

_STATES: Mapping[str, TaskState] = {
    "PENDING": TaskState.PENDING,
    "RUNTIME_STATE_UNSPECIFIED": TaskState.PENDING,
    "RUNNING": TaskState.RUNNING,
    "PAUSED": TaskState.RUNNING,
    "CANCELING": TaskState.RUNNING,
    "SUCCEEDED": TaskState.SUCCEEDED,
    "SKIPPED": TaskState.SKIPPED,
    "FAILED": TaskState.FAILED,
    "CANCELED": TaskState.CANCELED,
}
_OPEN = frozenset({TaskState.PENDING, TaskState.RUNNING})


@dataclass(frozen=True)
class Workflow:
    """The nodes of one run."""

    nodes: Sequence[Node]
    plan: Plan
    state: RunState
    loops: Mapping[str, Sequence[Sequence[object]]] = field(default_factory=dict)
    """What the loops round a task go over, the outermost first, by its path; empty if unknown."""

    def tasks(self) -> tuple[Task, ...]:
        """Return the tasks in the order of the plan; what was not reached is there too."""
        found = tuple(task for planned in self.plan.tasks for task in self._tasks_of(planned))
        return found if self.plan.tasks else self._without_a_plan()

    def pods(self, task: str) -> Sequence[str]:
        """Return what the cluster may call the pod of a task, the likeliest first."""
        for planned in self.plan.tasks:
            for name, node in self._named(planned):
                if name == task:
                    return self._pods_of(node)
        return next((self._pods_of(n) for n in self.nodes if n.display_name == task), ())

    @cached_property
    def _by_id(self) -> Mapping[str, Node]:
        named = {node.pod_name: node for node in self.nodes if node.pod_name}
        return {**named, **{node.task_id: node for node in self.nodes}}

    @cached_property
    def _parents(self) -> Mapping[str, Node]:
        """The node that each node came out of, by the id of the latter."""
        parents = {
            self._by_id[child].task_id: node
            for node in self.nodes
            for child in self._children_ids(node)
            if child in self._by_id
        }
        told = {
            n.task_id: self._by_id[n.parent_task_id]
            for n in self.nodes
            if n.parent_task_id in self._by_id
        }
        return {**parents, **told}

    @staticmethod
    def _children_ids(node: Node) -> Sequence[str]:
        return [
            name for child in node.child_tasks for name in (child.task_id, child.pod_name) if name
        ]

    def _executors(self, node: Node) -> Sequence[Node]:
        return [
            other
            for other in self.nodes
            if other.display_name.split("(")[0] == EXECUTOR
            and self._parents.get(other.task_id) is node
        ]

    def _pods_of(self, node: Node) -> Sequence[str]:
        executors = self._executors(node) or [node]
        names = (name for found in reversed(executors) for name in (found.pod_name, found.task_id))
        return tuple(dict.fromkeys(name for name in names if name))

    def _named(self, planned: PlannedTask) -> Sequence[tuple[str, Node]]:
        """Return a planned task's nodes, one for each iteration of its loops, with their names."""
        key = planned.path.rpartition("/")[2]
        nodes = [
            node for node in self.nodes if node.display_name == key and self._belongs(node, planned)
        ]
        named: list[tuple[str, Node]] = []
        placed = sorted(((self._place(planned, node), node) for node in nodes), key=itemgetter(0))
        for place, node in placed:
            item = self._item(planned, place)
            name = f"{planned.label} [{item}]" if item else planned.label
            taken = sum(known == name or known.startswith(f"{name} #") for known, _ in named)
            named.append((f"{name} #{taken + 1}" if taken else name, node))
        return named

    def _belongs(self, node: Node, planned: PlannedTask) -> bool:
        """Return whether a node is this task rather than a namesake in another sub-graph."""
        *outer, key = planned.path.split("/")
        twins = [other for other in self.plan.tasks if other.path.split("/")[-1] == key]
        if len(twins) == 1:
            return True
        above = {found.display_name for found in self._above(node)}
        if outer:
            return outer[-1] in above
        return not any(part in above for other in twins for part in other.path.split("/")[:-1])

    def _above(self, node: Node) -> Sequence[Node]:
        above: list[Node] = []
        while (parent := self._parents.get(node.task_id)) is not None and parent not in above:
            above.append(parent)
            node = parent
        return above

    def _place(self, planned: PlannedTask, node: Node) -> tuple[int, ...]:
        """Return the numbers of the iterations that a node is in, the outermost first."""
        depth = len(self.loops.get(planned.path, ()))
        found = (_ITERATION.search(above.display_name) for above in self._above(node))
        # What a loop is followed by comes out of its nodes as well, so only as many count.
        return tuple(int(match.group(1)) for match in found if match)[:depth][::-1]

    def _item(self, planned: PlannedTask, place: tuple[int, ...]) -> str:
        """Return what tells an iteration from the others: its item, or its number."""
        loops = self.loops.get(planned.path, ())
        return ", ".join(
            str(items[number]) if number < len(items) else str(number + 1)
            for items, number in zip(loops, place, strict=False)
        )

    def _tasks_of(self, planned: PlannedTask) -> Sequence[Task]:
        named = self._named(planned)
        if named:
            return [self._task(name, node) for name, node in named]
        key = planned.path.rpartition("/")[2]
        driver = next((n for n in self.nodes if n.display_name == key + DRIVER), None)
        if driver is not None and (driver.state == "FAILED" or not self.state.ended):
            return [self._task(planned.label, driver)]
        state = TaskState.SKIPPED if self.state.ended else TaskState.PENDING
        return [Task(name=planned.label, state=state)]

    def _task(self, name: str, node: Node) -> Task:
        executors = self._executors(node)
        state = _STATES.get(node.state, TaskState.PENDING)
        if node.display_name.endswith(DRIVER) and state is not TaskState.FAILED:
            # A driver only decides whether its task runs.
            return Task(name=name, state=TaskState.PENDING)
        if state in {TaskState.SUCCEEDED, TaskState.SKIPPED} and self._is_cached(node, executors):
            state = TaskState.CACHED
        if self.state.ended and state in _OPEN:
            # Its pod was at work when the run ended, and ended with it.
            state = TaskState.CANCELED if state is TaskState.RUNNING else TaskState.SKIPPED
        faults = [found.error.message for found in (*executors, node) if found.error]
        reason = next((text for text in faults if text), "The task failed; its log may say why.")
        return Task(
            name=name,
            state=state,
            started_at=node.start_time or node.create_time,
            finished_at=None if state in _OPEN else node.end_time,
            reason=reason if state is TaskState.FAILED else "",
        )

    def _is_cached(self, node: Node, executors: Sequence[Node]) -> bool:
        if executors:
            return all(found.state == "SKIPPED" for found in executors)
        # Without an executor: the driver ran, and then nothing was left to do.
        driver = next((n for n in self.nodes if n.display_name == node.display_name + DRIVER), None)
        return node.state == "SKIPPED" and driver is not None and driver.state == "SUCCEEDED"

    def _without_a_plan(self) -> tuple[Task, ...]:
        """Return what looks like a task: a node with an executor."""
        nodes = [node for node in self.nodes if self._executors(node)]
        return tuple(self._task(node.display_name, node) for node in nodes)
