"""KFP's local orchestrator, watched: the one place that knows its private parts.

Written against the pinned version. The orchestrator looks the names replaced here up in their
modules at every call, in a process that runs one pipeline and ends.
"""

import contextlib
import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import kfp.compiler.pipeline_spec_builder as spec_builder
from kfp import components, dsl, local
from kfp.local import (
    executor_output_utils,
    graph_utils,
    logging_utils,
    pipeline_orchestrator,
    subprocess_task_handler,
    task_dispatcher,
)
from kfp.local import status as kfp_status
from kfp.local.orchestrator import enhanced_dag_orchestrator, task_executor

from backends.runs_local.component import read_call, run_call
from backends.runs_local.package import in_order, path_without_iterations
from backends.runs_local.recording import Output
from core.errors import RequestError
from core.pipelines import ParameterValue

ITEM_CHARACTERS = 40


class Watcher(Protocol):
    """Hears of everything that happens to the tasks of a run."""

    def started(self, path: str, items: tuple[str, ...]) -> tuple[str, Path]:
        """Hear that a task works now, and answer with its name and its log."""
        ...

    def forked(self, task: str) -> None:
        """Hear that the first process of a task is there, after what it had to wait for."""
        ...

    def ended(self, task: str, outputs: list[Output], *, cached: bool) -> None:
        """Hear that a task succeeded."""
        ...

    def failed(self, task: str, exit_code: int | None, reason: str) -> None:
        """Hear that a task failed."""
        ...


@dataclass
class _Current(threading.local):
    """The task that a thread works on; loops have a thread per iteration."""

    log: Path = Path()
    path: str = ""
    task: str = ""
    attempts: int = 0
    exit_code: int | None = None


@dataclass
class WatchedPipeline:
    """One execution of a compiled package.

    Args:
        watcher: Hears what happens.
        workers: How many tasks may work side by side.
        work: Where tasks leave their files.
        cache: Where KFP keeps its cache; none for no cache.
    """

    watcher: Watcher
    workers: int
    work: Path
    cache: Path | None
    _current: _Current = field(default_factory=_Current)
    _items: dict[str, str] = field(default_factory=dict)
    """What each iteration of a loop works on, by its place in the graph."""

    def run(self, package: str, arguments: Mapping[str, ParameterValue]) -> None:
        """Run a package to its end; raises where a task failed."""
        self._slots = threading.BoundedSemaphore(self.workers)
        logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(message)s")
        self._replace_parts()
        local.init(
            runner=local.SubprocessRunner(use_venv=False),
            pipeline_root=str(self.work),
            workspace_root=str(self.work / "workspace"),
            enable_caching=self.cache is not None,
            cache_root=str(self.cache or self.work / "cache"),
        )
        pipeline = components.load_component_from_text(package)
        pipeline_orchestrator.run_local_pipeline(pipeline.pipeline_spec, dict(arguments))

    def _replace_parts(self) -> None:
        enhanced_dag_orchestrator.execute_task = self._in_its_place(
            enhanced_dag_orchestrator.execute_task
        )
        enhanced_dag_orchestrator.ParallelExecutor = self._widened(
            enhanced_dag_orchestrator.ParallelExecutor
        )
        task_executor.execute_single_task = self._watched(task_executor.execute_single_task)
        task_dispatcher.run_single_task_implementation = self._per_attempt(
            task_dispatcher.run_single_task_implementation
        )
        subprocess_task_handler.SubprocessTaskHandler = self._handler
        conditions = enhanced_dag_orchestrator.ConditionEvaluator
        conditions._resolve_pipeline_channel = staticmethod(
            _quotable(conditions._resolve_pipeline_channel)
        )
        logging.getLogger().addHandler(_ConditionFailures(logging.WARNING))
        graph_utils.topological_sort_tasks = _stack_of
        # Both are swapped in and out by threads that do not know of one another.
        logging_utils.local_logger_context = contextlib.nullcontext
        logging_utils.indented_print = contextlib.nullcontext
        executor_output_utils.pb2_value_to_python = _with_none(
            executor_output_utils.pb2_value_to_python
        )
        spec_builder.to_protobuf_value = _from_none(spec_builder.to_protobuf_value)

    def _in_its_place(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Tell every nested graph where it is, and remember what iterations work on."""

        def execute_task(**call: Any) -> Any:
            task_name, task = call["task_name"], call["task_spec"]
            if call["components"][task.component_ref.name].WhichOneof("implementation") == "dag":
                place = f"{call['pipeline_resource_name']}/{task_name}"
                if "-iteration-" in task_name:
                    self._items[place] = _item(task, task_name)
                else:
                    call["pipeline_resource_name"] = place
            return original(**call)

        return execute_task

    def _widened(self, original: Callable[[], Any]) -> Callable[[], Any]:
        """Let loops be as wide as the settings say; the slots keep the tasks to that number."""

        def parallel_executor() -> Any:
            executor = original()
            executor.conservative_max = executor.max_workers = self.workers
            return executor

        return parallel_executor

    def _watched(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def execute_single_task(**call: Any) -> Any:
            resource = call["pipeline_resource_name"]
            parts = resource.split("/")[1:]
            path = path_without_iterations("/".join([*parts, call["task_name"]]))
            with self._slots:
                task, log = self.watcher.started(path, self._items_along(resource))
                current = self._current
                current.log, current.path, current.task = log, call["task_name"], task
                current.attempts, current.exit_code = 0, None
                with self._failures_told(task):
                    outputs, status = original(**call)
                    executor = call["components"][call["task_spec"].component_ref.name]
                    is_importer = _is_importer(call, executor)
                    if status == kfp_status.Status.SUCCESS:
                        made = [] if is_importer else _outputs(outputs)
                        cached = not is_importer and current.attempts == 0
                        self.watcher.ended(task, made, cached=cached)
                if status != kfp_status.Status.SUCCESS:
                    self.watcher.failed(task, current.exit_code, "")
                return outputs, status

        return execute_single_task

    @contextlib.contextmanager
    def _failures_told(self, task: str) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self.watcher.failed(task, None, str(error))
            raise

    def _items_along(self, resource: str) -> tuple[str, ...]:
        parts = resource.split("/")
        places = ("/".join(parts[: end + 1]) for end in range(1, len(parts)))
        return tuple(self._items[place] for place in places if place in self._items)

    def _per_attempt(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Give every attempt of a task a folder of its own."""

        def run_single_task_implementation(**call: Any) -> Any:
            current = self._current
            current.attempts += 1
            place = f"{call['pipeline_resource_name']}/{current.path}"
            if current.attempts > 1:
                place += f"-attempt-{current.attempts}"
                with current.log.open("a", encoding="utf-8") as log:
                    log.write(f"Attempt {current.attempts}\n")
            outputs, status = original(**{**call, "pipeline_resource_name": place})
            if status == kfp_status.Status.SUCCESS:
                for output in _outputs(outputs):
                    _write_numbers(output)
            return outputs, status

        return run_single_task_implementation

    def _handler(
        self, *, image: str, full_command: list[str], pipeline_root: str, runner: Any, env_vars: Any
    ) -> "_Handler":
        del image, pipeline_root, runner
        return _Handler(self.watcher, self._current, full_command, dict(env_vars or {}))


class _Handler:
    """Stands where KFP would start a subprocess."""

    def __init__(
        self, watcher: Watcher, current: _Current, command: list[str], environment: dict[str, str]
    ) -> None:
        self._watcher, self._current = watcher, current
        self._command, self._environment = command, environment

    def run(self) -> Any:
        current = self._current
        call = read_call(self._command, self._environment, current.log)
        code = current.exit_code = run_call(call, self._forked)
        return kfp_status.Status.SUCCESS if code == 0 else kfp_status.Status.FAILURE

    def _forked(self) -> None:
        if self._current.attempts == 1:
            self._watcher.forked(self._current.task)


class _ConditionFailures(logging.Handler):
    """Ends a run whose condition cannot be told, which KFP would take for false and go on."""

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if message.startswith("Condition evaluation failed"):
            raise RequestError(f"A condition of the pipeline cannot be told: {message}.")


class _Quotable(str):
    """A text that stays one text when KFP writes it between quotes into an expression."""

    __slots__ = ()

    def __format__(self, form: str) -> str:
        del form
        plain = str(self).replace("\\", "\\\\").replace("'", "\\'")
        return plain.replace("\n", "\\n").replace("\r", "\\r")


def _quotable(original: Callable[..., Any]) -> Callable[..., Any]:
    def resolve(*place: Any) -> Any:
        value = original(*place)
        return _Quotable(value) if isinstance(value, str) else value

    return resolve


def _stack_of(tasks: Mapping[str, Any]) -> list[str]:
    """Order tasks as the plan does, the last one first; KFP's own order differs by process."""
    return list(reversed(in_order({name: task.dependent_tasks for name, task in tasks.items()})))


def _is_importer(call: Mapping[str, Any], component: Any) -> bool:
    executor = call["executors"][component.executor_label]
    return bool(executor.WhichOneof("spec") == "importer")


def _outputs(values: Mapping[str, Any]) -> list[Output]:
    return [
        Output(
            name=name,
            path=Path(value.path),
            schema_title=value.schema_title,
            metadata=dict(value.metadata),
        )
        for name, value in sorted(values.items())
        if isinstance(value, dsl.Artifact)
    ]


def _write_numbers(output: Output) -> None:
    """Write a metrics output that has numbers but no file: without one it is never cached."""
    if output.path.exists() or not output.schema_title.endswith("Metrics"):
        return
    output.path.parent.mkdir(parents=True, exist_ok=True)
    output.path.write_text(
        json.dumps(dict(output.metadata), indent=2, sort_keys=True), encoding="utf-8"
    )


def _item(task: Any, task_name: str) -> str:
    """Return what an iteration works on, as short as people would say it."""
    constants = {
        name: executor_output_utils.pb2_value_to_python(value.runtime_value.constant)
        for name, value in task.inputs.parameters.items()
        if "loop-item" in name and value.HasField("runtime_value")
    }
    number = int(task_name.rpartition("-")[2]) + 1
    item = constants[min(constants, key=len)] if constants else None
    if isinstance(item, dict):
        text = ", ".join(f"{name}={value}" for name, value in item.items())
    elif isinstance(item, float) and item.is_integer():
        text = str(int(item))
    else:
        text = "" if item is None else str(item)
    return text if 0 < len(text) <= ITEM_CHARACTERS else f"#{number}"


def _with_none(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Read a value that was never set as nothing: an optional parameter without a default."""

    def pb2_value_to_python(value: Any) -> Any:
        return None if value.WhichOneof("kind") is None else original(value)

    return pb2_value_to_python


def _from_none(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def to_protobuf_value(value: Any) -> Any:
        return spec_builder.struct_pb2.Value(null_value=0) if value is None else original(value)

    return to_protobuf_value
