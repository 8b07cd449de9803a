"""KFP's local executor, watched: the one place that knows its private parts.

Written against the pinned version. The names replaced here are looked up in their modules at
every call, in a process that runs one pipeline and ends.
"""

import contextlib
import json
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import kfp.compiler.pipeline_spec_builder as spec_builder
import yaml
from kfp import dsl, local
from kfp.local import (
    cache,
    executor_input_utils,
    executor_output_utils,
    logging_utils,
    placeholder_utils,
    subprocess_task_handler,
    task_dispatcher,
    utils,
)
from kfp.local import status as kfp_status
from kfp.local.io import IOStore
from kfp.local.orchestrator import task_executor
from kfp.local.orchestrator.orchestrator_utils import OrchestratorUtils
from kfp.pipeline_spec import pipeline_spec_pb2

from backends.runs_local.component import Parent, read_call
from backends.runs_local.graph import Graph, Outputs, Place
from backends.runs_local.recording import Output
from backends.runs_local.reuse import Reuse
from backends.runs_local.values import filled_in, whole_again
from core.errors import RequestError
from core.pipelines import ParameterValue

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Watcher(Protocol):
    """Hears of everything that happens to the tasks of a run."""

    def started(self, path: str, items: tuple[str, ...]) -> tuple[str, Path]:
        """Hear that a task works now, and answer with its name and its log."""
        ...

    def forked(self, task: str) -> None:
        """Hear that the first process of a task is there, after what it had to wait for."""
        ...

    def skipped(self, path: str) -> None:
        """Hear that a task, or all tasks below it, will not be reached."""
        ...

    def ended(self, task: str, outputs: list[Output], *, cached: bool) -> None:
        """Hear that a task succeeded."""
        ...

    def failed(self, task: str, exit_code: int | None, reason: str) -> None:
        """Hear that a task failed."""
        ...


@dataclass
class _Current(threading.local):
    """The task that a thread works on."""

    log: Path = Path()
    place: str = ""
    task: str = ""
    attempts: int = 0
    exit_code: int | None = None
    may_share: bool = True
    """Whether the pipeline lets it be taken from the cache."""


@dataclass
class WatchedPipeline:
    """One execution of a compiled package.

    Args:
        watcher: Hears what happens.
        parent: Forks the tasks' processes.
        workers: How many tasks may work side by side.
        work: Where tasks leave their files.
        done: Where it is noted what succeeded, for later attempts of the run.
        cache: Where it is noted for all runs; none to do everything anew.
    """

    watcher: Watcher
    parent: Parent
    workers: int
    work: Path
    done: Path
    cache: Path | None
    _current: _Current = field(default_factory=_Current)

    def run(self, package: str, arguments: Mapping[str, ParameterValue]) -> None:
        """Run a package to its end; raises where a task failed."""
        logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(message)s")
        self._replace_parts()
        local.init(
            runner=local.SubprocessRunner(use_venv=False),
            pipeline_root=str(self.work),
            workspace_root=str(self.work / "workspace"),
            enable_caching=False,
        )
        self._slots = threading.BoundedSemaphore(self.workers)
        self._run_id = placeholder_utils.make_random_id()
        self._package = spec_builder.json_format.ParseDict(
            next(yaml.load_all(package, Loader=_LOADER)), pipeline_spec_pb2.PipelineSpec()
        )
        self._executors = {
            name: utils.struct_to_executor_spec(executor)
            for name, executor in self._package.deployment_spec["executors"].items()
        }
        graph = Graph(
            components=dict(self._package.components),
            leaf=self._leaf,
            skipped=lambda path: self.watcher.skipped("/".join(path)),
            workers=self.workers,
        )
        outputs = graph.run(self._package.root, arguments, Place())
        if graph.errors:
            raise graph.errors[0]
        if outputs is None:
            raise RequestError("A task failed.")

    def _replace_parts(self) -> None:
        task_dispatcher.run_single_task_implementation = self._per_attempt(
            task_dispatcher.run_single_task_implementation
        )
        subprocess_task_handler.SubprocessTaskHandler = self._handler
        task_executor.time = _Pauses(self._pause)
        reuse = Reuse(self.done, self.cache, lambda: (self._current.place, self._current.may_share))
        cache.get_local_cache = lambda: reuse
        # Both are swapped in and out by threads that do not know of one another.
        logging_utils.local_logger_context = contextlib.nullcontext
        logging_utils.indented_print = contextlib.nullcontext
        OrchestratorUtils.make_task_arguments = _then(
            filled_in, OrchestratorUtils.make_task_arguments
        )
        executor_input_utils.executor_input_to_dict = _then(
            _with_integers, executor_input_utils.executor_input_to_dict
        )
        executor_output_utils.get_outputs_from_executor_output = _then(
            lambda outputs: {name: whole_again(value) for name, value in outputs.items()},
            executor_output_utils.get_outputs_from_executor_output,
        )
        executor_output_utils.pb2_value_to_python = _with_none(
            executor_output_utils.pb2_value_to_python
        )
        spec_builder.to_protobuf_value = _from_none(spec_builder.to_protobuf_value)

    def _leaf(
        self, name: str, task: pipeline_spec_pb2.PipelineTaskSpec, store: IOStore, place: Place
    ) -> Outputs | None:
        """Run a task that is no graph."""
        current = self._current
        with self._slots:
            known, log = self.watcher.started("/".join([*place.path, name]), place.items)
            current.log, current.task = log, known
            current.place = "/".join([*place.folder, name])
            current.attempts, current.exit_code = 0, None
            current.may_share = task.caching_options.enable_cache
            with self._failures_told(known):
                outputs, status = self._executed(name, task, store)
        if status != kfp_status.Status.SUCCESS:
            self.watcher.failed(known, current.exit_code, "")
            return None
        is_importer = self._is_importer(task)
        made = [] if is_importer else _outputs(outputs)
        with self._failures_told(known):
            if is_importer:
                _check_imported(outputs["artifact"])
            self.watcher.ended(known, made, cached=not is_importer and current.attempts == 0)
        return dict(outputs)

    def _executed(
        self, name: str, task: pipeline_spec_pb2.PipelineTaskSpec, store: IOStore
    ) -> tuple[Outputs, Any]:
        # An attempt takes over what an earlier one did, whatever the pipeline says of the cache.
        reusable = pipeline_spec_pb2.PipelineTaskSpec()
        reusable.CopyFrom(task)
        reusable.caching_options.enable_cache = True
        outputs, status = task_executor.execute_single_task(
            task_name=name,
            task_spec=reusable,
            pipeline_resource_name=self._current.place,
            components=self._package.components,
            executors=self._executors,
            io_store=store,
            pipeline_root=str(self.work),
            runner=local.SubprocessRunner(use_venv=False),
            unique_pipeline_id=self._run_id,
            fail_stack=[],
        )
        return outputs, status

    def _pause(self, seconds: float) -> None:
        """Wait before another attempt; meanwhile other tasks may work."""
        self._slots.release()
        try:
            time.sleep(seconds)
        finally:
            self._slots.acquire()

    def _is_importer(self, task: pipeline_spec_pb2.PipelineTaskSpec) -> bool:
        label = self._package.components[task.component_ref.name].executor_label
        return bool(self._executors[label].WhichOneof("spec") == "importer")

    @contextlib.contextmanager
    def _failures_told(self, task: str) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self.watcher.failed(task, None, str(error))
            raise

    def _per_attempt(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Give every attempt of a task a folder of its own."""

        def run_single_task_implementation(**call: Any) -> Any:
            current = self._current
            current.attempts += 1
            place = current.place
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
        return _Handler(
            self.watcher, self.parent, self._current, full_command, dict(env_vars or {})
        )


class _Pauses:
    """Stands where KFP looks for the clock: it only sleeps between the attempts of a task."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self.sleep = sleep


class _Handler:
    """Stands where KFP would start a subprocess."""

    def __init__(
        self,
        watcher: Watcher,
        parent: Parent,
        current: _Current,
        command: list[str],
        environment: dict[str, str],
    ) -> None:
        self._watcher, self._parent, self._current = watcher, parent, current
        self._command, self._environment = command, environment

    def run(self) -> Any:
        current = self._current
        call = read_call(self._command, self._environment, current.log)
        code = current.exit_code = self._parent.run(call, self._forked)
        return kfp_status.Status.SUCCESS if code == 0 else kfp_status.Status.FAILURE

    def _forked(self) -> None:
        if self._current.attempts == 1:
            self._watcher.forked(self._current.task)


def _check_imported(artifact: Any) -> None:
    """Refuse what an importer only noted: KFP does not look whether anything is there."""
    if not Path(artifact.path).exists():
        raise RequestError(
            f"{artifact.uri} cannot be read on this machine.",
            hint="Let a parameter of the pipeline name the object as bucket/key.",
        )


def _then(after: Callable[..., Any], original: Callable[..., Any]) -> Callable[..., Any]:
    def both(*given: Any, **named: Any) -> Any:
        return after(original(*given, **named))

    return both


def _with_integers(call: dict[str, Any]) -> dict[str, Any]:
    values = call.get("inputs", {}).get("parameterValues", {})
    values.update({name: whole_again(value) for name, value in values.items()})
    return call


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


def _with_none(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Read a value that was never set as nothing: an optional parameter without a default."""

    def pb2_value_to_python(value: Any) -> Any:
        return None if value.WhichOneof("kind") is None else original(value)

    return pb2_value_to_python


def _from_none(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def to_protobuf_value(value: Any) -> Any:
        return spec_builder.struct_pb2.Value(null_value=0) if value is None else original(value)

    return to_protobuf_value
