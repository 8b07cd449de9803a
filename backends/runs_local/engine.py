"""Starting, ending and repeating runs; what `LocalRuns` does beyond keeping books."""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from backends.runs_local.history import NewRun, RunHistory
from backends.runs_local.launching import Launcher
from backends.runs_local.logs import put_aside
from backends.runs_local.package import Plan, read_plan
from backends.runs_local.parameters import complete_parameters
from backends.runs_local.records import OpenRun
from backends.runs_local.space import FULL, is_full
from backends.runs_local.staging import Named, named_objects, stage
from core.errors import AssistantError, RequestError, UnavailableError
from core.objects import ObjectStore
from core.pipelines import Fill, ParameterValue, PipelineSpec, as_given
from core.runs import Run, RunState, TaskState

WORKER_DIED = "The worker process ended before the run did."
LAUNCHES = 3
"""How often a worker may be lost before it began its run."""
_DONE = frozenset({TaskState.SUCCEEDED, TaskState.CACHED})


class RunEngine:
    """Brings runs into the history and their workers to life.

    Args:
        home: Where history, logs, staged inputs and the tasks' files are kept.
        store: Where objects are.
        history: What happened so far.
        launcher: Starts the workers.
        refuse: Raises where a package cannot be run.
        fill: Fills in what follows from a run's parameters.
    """

    def __init__(
        self,
        home: Path,
        store: ObjectStore,
        history: RunHistory,
        launcher: Launcher,
        refuse: Callable[[str], None],
        fill: Fill = as_given,
    ) -> None:
        self._fill = fill
        self._home = home
        self._store = store
        self._history = history
        self._launcher = launcher
        self._refuse = refuse

    def check(
        self, pipeline: PipelineSpec, parameters: Mapping[str, ParameterValue]
    ) -> Mapping[str, ParameterValue]:
        """Return the parameters as a run would use them, without starting one."""
        complete = self._fill(pipeline, complete_parameters(pipeline, parameters))
        self._refuse(pipeline.package)
        self._named(pipeline, read_plan(pipeline.package), complete)
        return complete

    def start(
        self,
        pipeline: PipelineSpec,
        parameters: Mapping[str, ParameterValue],
        *,
        experiment: str = "default",
        name: str = "",
        use_cache: bool = True,
        schedule: str = "",
    ) -> Run:
        """Queue a run, and start it if there is a place."""
        complete = self._fill(pipeline, complete_parameters(pipeline, parameters))
        self._refuse(pipeline.package)
        plan = read_plan(pipeline.package)
        named = self._named(pipeline, plan, complete)
        with self._writable():
            staged = stage(self._store, self._home / "staging", named)
        run_id = secrets.token_hex(4)
        self._history.add(
            NewRun(
                id=run_id,
                pipeline=pipeline,
                parameters=complete,
                experiment=experiment,
                name=name,
                tasks=plan.tasks,
                inputs=[item.artifact(run_id) for item in staged],
                use_cache=use_cache,
                schedule=schedule,
            )
        )
        return self._launched(run_id)

    def start_scheduled(
        self, pipeline: PipelineSpec, parameters: Mapping[str, ParameterValue], schedule: str
    ) -> Run:
        """Start a run that nobody watches: what keeps it from starting is noted as its end."""
        try:
            return self.start(pipeline, parameters, schedule=schedule)
        except AssistantError as error:
            return self.not_started(pipeline, parameters, schedule, error)

    def not_started(
        self,
        pipeline: PipelineSpec,
        parameters: Mapping[str, ParameterValue],
        schedule: str,
        error: AssistantError,
    ) -> Run:
        """Note a run of a schedule that could not be started as a failed one, with the reason."""
        run_id = secrets.token_hex(4)
        self._history.add(
            NewRun(
                id=run_id,
                pipeline=pipeline,
                parameters=parameters,
                experiment="default",
                name="",
                tasks=(),
                schedule=schedule,
                ended=f"It could not be started: {error}",
            )
        )
        return self._history.get(run_id)

    def retry(self, run_id: str) -> Run:
        """Queue a new attempt of a run that failed or was stopped, under the same id."""
        run = self._history.get(run_id)
        if run.state not in {RunState.FAILED, RunState.CANCELED}:
            raise _cannot_retry(run)
        pipeline = self._history.package_of(run)
        plan = read_plan(pipeline)
        self._refuse(pipeline)
        marked = {item.name for item in self._history.artifacts(run_id) if item.is_input}
        named = named_objects(self._store, plan.objects, marked, run.parameters)
        with self._writable():
            staged = stage(self._store, self._home / "staging", named)
            reused = [task.name for task in run.tasks if task.state in _DONE]
            put_aside(self._home / "logs" / run_id, attempt=run.attempt, keep=reused)
        inputs = [item.artifact(run_id) for item in staged]
        if self._history.reopen(run_id, run.attempt, plan.tasks, inputs) is None:
            raise _cannot_retry(self._history.get(run_id))
        return self._launched(run_id)

    def cancel(self, run_id: str) -> Run:
        """Stop a run and everything it started; a run that ended is returned as it is."""
        found = self._history.open_runs().get(run_id)
        # First the history, so that the worker cannot take its dying tasks for failures.
        if found is not None and self._history.finish(run_id, RunState.CANCELED):
            if found.worker is not None:
                found.worker.end()
            self._launcher.advance()
        return self._history.get(run_id)

    def settle(self) -> None:
        """End the runs whose worker is gone: no run is at work for ever; then go on."""
        self._launcher.reap()
        gone = False
        for run_id, run in self._history.open_runs().items():
            if run.worker is None:
                gone = True
            elif not run.worker.lives():
                gone = True
                self._without_worker(run_id, run)
        if gone:
            self._launcher.advance()

    def _without_worker(self, run_id: str, run: OpenRun) -> None:
        assert run.worker is not None
        if run.state is RunState.PENDING and run.launches < LAUNCHES:
            self._launcher.put_back(run_id, run.worker)
        elif self._history.finish(
            run_id, RunState.FAILED, FULL if is_full(self._home) else WORKER_DIED, run.attempt
        ):
            run.worker.end()

    def _launched(self, run_id: str) -> Run:
        self._launcher.advance()
        run = self._history.get(run_id)
        if run.state is RunState.FAILED and run.started_at is None and not run.schedule:
            raise UnavailableError(
                f"The run {run_id} could not be started: {run.reason}",
                hint="Is the machine out of memory, processes or disk?",
            )
        return run

    def _named(
        self, pipeline: PipelineSpec, plan: Plan, parameters: Mapping[str, ParameterValue]
    ) -> Sequence[Named]:
        marked = {parameter.name for parameter in pipeline.parameters if parameter.is_object}
        return named_objects(self._store, plan.objects, marked, parameters)

    @contextmanager
    def _writable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise UnavailableError(
                f"The folder for runs, {self._home}, cannot be written: {error.strerror}.",
                hint="Is the disk full or read-only?",
            ) from error


def _cannot_retry(run: Run) -> RequestError:
    if run.state is RunState.SUCCEEDED:
        return RequestError(
            f"The run {run.name} succeeded; there is nothing to try again.",
            hint="Start a new run of its pipeline instead.",
        )
    return RequestError(
        f"The run {run.name} is {run.state.casefold()}.",
        hint="Stop it first, or wait until it has ended.",
    )
