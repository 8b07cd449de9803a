"""The nodes that a cluster makes of a run: drivers, groups, executors, iterations.

Laid out as Kubeflow Pipelines' workflows are: below `root`, each task has a driver beside a group
with the task's key, and the group holds the executor, which the cache skips.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import kfp_server_api as api


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a run is, by the keys of its tasks; what is not named succeeded."""

    states: Mapping[str, str] = field(default_factory=dict)
    cached: Sequence[str] = ()
    untaken: Sequence[str] = ()
    """Conditions that were false."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    not_reached: Sequence[str] = ()


def nodes_of(
    run_id: str,
    spec: Mapping[str, Any],
    values: Mapping[str, Any],
    progress: Progress,
    at: datetime,
) -> list[Any]:
    """Return the nodes of a run."""
    return list(_Nodes(run_id=run_id, spec=spec, progress=progress, at=at).all(values))


@dataclass
class _Nodes:
    run_id: str
    spec: Mapping[str, Any]
    progress: Progress
    at: datetime
    count: int = 0

    def all(self, values: Mapping[str, Any]) -> Iterator[Any]:
        root = self._node("root", "SUCCEEDED")
        below = list(self._below(self.spec["root"], values))
        root.child_tasks = [api.PipelineTaskDetailChildTask(pod_name=below[0].task_id)]
        for node in below:
            node.parent_task_id = node.parent_task_id or root.task_id
        workflow = self._node(f"{self.spec['pipelineInfo']['name']}-x7k2p", "SUCCEEDED")
        driver = self._node("root-driver", "SUCCEEDED")
        workflow.child_tasks = [api.PipelineTaskDetailChildTask(pod_name=driver.task_id)]
        driver.child_tasks = [api.PipelineTaskDetailChildTask(pod_name=root.task_id)]
        yield from (workflow, driver, root, *below)

    def _below(self, component: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[Any]:
        for key, task in component["dag"]["tasks"].items():
            if key in self.progress.not_reached:
                continue
            inner = self.spec.get("components", {}).get(task["componentRef"]["name"], {})
            inputs = {
                name: values.get(source.get("componentInputParameter", ""))
                for name, source in task.get("inputs", {}).get("parameters", {}).items()
            }
            if "dag" in inner:
                yield from self._group(key, task, inner, inputs)
            elif self._is_importer(inner):
                yield self._node(key, self.progress.states.get(key, "SUCCEEDED"))
            else:
                yield from self._task(key)

    def _task(self, key: str) -> Iterator[Any]:
        state = self.progress.states.get(key, "SUCCEEDED")
        reason = self.progress.reasons.get(key, "")
        driver = self._node(f"{key}-driver", "RUNNING" if state == "PENDING" else "SUCCEEDED")
        yield driver
        if state == "PENDING":
            return
        group = self._node(key, state)
        executor = self._node(
            "executor", "SKIPPED" if key in self.progress.cached else state, reason
        )
        executor.pod_name = f"{self.spec['pipelineInfo']['name']}-impl-{executor.task_id[-6:]}"
        driver.child_tasks = [api.PipelineTaskDetailChildTask(pod_name=group.task_id)]
        group.child_tasks = [api.PipelineTaskDetailChildTask(pod_name=executor.task_id)]
        executor.parent_task_id = group.task_id
        yield from (group, executor)

    def _group(
        self,
        key: str,
        task: Mapping[str, Any],
        inner: Mapping[str, Any],
        inputs: Mapping[str, Any],
    ) -> Iterator[Any]:
        yield self._node(f"{key}-driver", "SUCCEEDED")
        if key in self.progress.untaken:
            yield self._node(key, "SKIPPED")
            return
        group = self._node(key, "SUCCEEDED")
        yield group
        if "parameterIterator" not in task:
            yield from self._inside(group, inner, inputs)
            return
        items = inputs[task["parameterIterator"]["items"]["inputParameter"]]
        for number in range(len(items)):
            iteration = self._node(f"iteration({number}:{number})", "SUCCEEDED")
            iteration.parent_task_id = group.task_id
            yield iteration
            yield from self._inside(iteration, inner, inputs)

    def _inside(
        self, parent: Any, inner: Mapping[str, Any], inputs: Mapping[str, Any]
    ) -> Iterator[Any]:
        for node in self._below(inner, inputs):
            node.parent_task_id = node.parent_task_id or parent.task_id
            yield node

    def _is_importer(self, component: Mapping[str, Any]) -> bool:
        executors = self.spec["deploymentSpec"]["executors"]
        return "importer" in executors[component["executorLabel"]]

    def _node(self, name: str, state: str, reason: str = "") -> Any:
        self.count += 1
        started = self.at + timedelta(seconds=self.count)
        ended = None if state in {"RUNNING", "PENDING"} else started + timedelta(seconds=1)
        return api.V2beta1PipelineTaskDetail(
            run_id=self.run_id,
            task_id=f"{self.run_id[:8]}-{10**8 + self.count}",
            display_name=name,
            create_time=started,
            start_time=started,
            end_time=ended,
            state=state,
            error=api.GoogleRpcStatus(code=2, message=reason) if reason else None,
        )
