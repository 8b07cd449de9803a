"""What the KFP agent can do."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from agents.events import Effect
from agents.toolbox import Tool
from agents.tools.experiments import find_experiment
from agents.tools.references import find_run, parse_state
from agents.tools.times import parse_since
from core.errors import RequestError, not_found
from core.paging import Page, page_of
from core.pipelines import ParameterValue, PipelineSpec, PipelineVersion
from core.runs import Run, RunBackend, RunLogs, RunQuery
from pipelines.catalog import Catalog


@dataclass(frozen=True, slots=True)
class PipelineTools:
    """Pipelines and their runs."""

    catalog: Catalog
    runs: RunBackend

    def list_pipelines(self, search: str = "") -> Page[PipelineSpec]:
        """List the pipelines that can be run.

        Args:
            search: Words that the name or the description must contain.
        """
        words = search.casefold().split()
        return page_of(
            [
                pipeline
                for pipeline in self.catalog.all()
                if all(w in f"{pipeline.name} {pipeline.description}".casefold() for w in words)
            ]
        )

    def describe_pipeline(self, pipeline: str) -> PipelineSpec:
        """Describe a pipeline: its purpose, parameters with defaults, task graph and versions.

        Args:
            pipeline: Its name.
        """
        found = self.catalog.find(pipeline)
        shipped = PipelineVersion(pipeline=found.name, version=found.version)
        return replace(found, versions=tuple(self.runs.versions(found.name)) or (shipped,))

    def start_run(
        self,
        pipeline: str,
        parameters: dict[str, ParameterValue] = {},  # noqa: B006 (never changed; the contract's default)
        experiment: str = "",
        name: str = "",
        use_cache: bool = True,
    ) -> Run:
        """Start a run of a pipeline and return at once.

        Args:
            pipeline: Its name.
            parameters: Values by parameter name; what is not given keeps its default.
            experiment: The experiment it belongs to; `default` if empty.
            name: A name for the run; one is made up if empty.
            use_cache: Whether tasks with the same inputs as before may reuse their outputs.
        """
        return self.runs.start(
            self.catalog.find(pipeline),
            parameters,
            experiment=experiment or "default",
            name=name,
            use_cache=use_cache,
        )

    def start_run_details(
        self,
        pipeline: str,
        parameters: dict[str, ParameterValue],
        experiment: str,
        name: str,
        use_cache: bool,
    ) -> Mapping[str, str]:
        """Say what a run touches, how long it takes and what differs from the last one."""
        del name
        spec = self.catalog.find(pipeline)
        chosen = self.runs.check(spec, parameters)
        details = {
            "runs": f"{spec.name}: {len(spec.tasks)} tasks, {self.runs.place}",
            "parameters": ", ".join(f"{key}={_short(value)}" for key, value in chosen.items()),
        }
        reads = [str(chosen[p.name]) for p in spec.parameters if p.is_object]
        if reads:
            details["reads"] = ", ".join(reads)
        details["writes"] = f"artifacts/{spec.name}/<run id>/, and a model version if it is good"
        seconds = self.runs.typical_seconds(spec.name)
        details["takes"] = (
            f"about {_duration(seconds)} (median of earlier runs)"
            if seconds is not None
            else "unknown: no earlier run of it succeeded here"
        )
        last = self.runs.list(RunQuery(pipeline=spec.name), limit=1)
        if last.items:
            details["differs"] = _difference(last.items[0], chosen)
        if experiment:
            known = {one.name for one in self.runs.experiments()}
            details["experiment"] = experiment if experiment in known else f"{experiment} (new)"
        if not use_cache:
            details["cache"] = "not used: every task runs again"
        return details

    def list_runs(
        self,
        pipeline: str = "",
        state: str = "",
        experiment: str = "",
        since: str = "",
        limit: int = 10,
    ) -> Page[Run]:
        """List runs, newest first.

        Args:
            pipeline: Only runs of this pipeline.
            state: `PENDING`, `RUNNING`, `SUCCEEDED`, `FAILED`, `CANCELED` or `SKIPPED`.
            experiment: Only runs of this experiment.
            since: A date, `yesterday`, `last week` or a span such as `24h`.
            limit: How many at most.
        """
        if limit < 1:
            raise RequestError(f"A list of {limit} runs is empty.", hint="Ask for 1 or more.")
        if pipeline:
            self._check_pipeline(pipeline)
        query = RunQuery(
            pipeline=pipeline,
            state=parse_state(state),
            experiment=find_experiment(self.runs, experiment) if experiment else "",
            since=parse_since(since),
        )
        return self.runs.list(query, limit)

    def describe_run(self, run: str) -> Run:
        """Describe a run: its state, tasks with times, parameters and metrics.

        Args:
            run: An id, the beginning of one, a name, or `latest`, `latest failed`.
        """
        return find_run(self.runs, run)

    def read_logs(self, run: str, task: str = "", tail: int = 100) -> RunLogs:
        """Read the last lines that a run, or one task of it, wrote.

        Args:
            run: An id, the beginning of one, a name, `latest` or `latest failed`.
            task: Only this task; all if empty.
            tail: How many lines.
        """
        if tail < 1:
            raise RequestError(f"{tail} lines are none.", hint="Ask for 1 or more.")
        found = find_run(self.runs, run)
        if task:
            task = _find_task(found, task)
        return self.runs.logs(found.id, task, tail)

    def watch_run(self, run: str) -> Run:
        """Watch a run and tell the person when it ends; returns at once.

        Args:
            run: An id, the beginning of one, a name, `latest` or `latest failed`.
        """
        return find_run(self.runs, run)

    def cancel_run(self, run: str) -> Run:
        """Stop a run and everything it started.

        Args:
            run: An id, the beginning of one, a name, or `latest running`.
        """
        found = find_run(self.runs, run)
        if found.state.ended:
            raise RequestError(
                f"Run {found.id} ({found.name}) has ended already: {found.state}.",
                hint="Only a running run can be stopped.",
                quoted=[found.name],
            )
        return self.runs.cancel(found.id)

    def cancel_run_details(self, run: str) -> Mapping[str, str]:
        """Say which run stops and what is kept of it."""
        found = find_run(self.runs, run)
        done = sum(task.seconds is not None for task in found.tasks)
        return {
            "stops": f"{found.id} ({found.name}), {found.state}",
            "keeps": f"its logs and what its {done} finished tasks made",
        }

    def _check_pipeline(self, name: str) -> None:
        known = {pipeline.name for pipeline in self.catalog.all()}
        if name not in known and not self.runs.list(RunQuery(pipeline=name), limit=1).items:
            raise not_found("pipeline", name, known)

    def tools(self) -> tuple[Tool, ...]:
        """Return the tools of this agent."""
        return (
            Tool(self.list_pipelines),
            Tool(self.describe_pipeline),
            Tool(self.start_run, Effect.WRITES, details=self.start_run_details),
            Tool(self.list_runs),
            Tool(self.describe_run),
            Tool(self.read_logs, untrusted=True),
            Tool(self.watch_run),
            Tool(self.cancel_run, Effect.WRITES, details=self.cancel_run_details),
        )


def _find_task(run: Run, name: str) -> str:
    names = [task.name for task in run.tasks]
    if name in names:
        return name
    wanted = name.strip().casefold().replace(" ", "-").replace("_", "-")
    same = [known for known in names if known.casefold().replace(" ", "-") == wanted]
    if len(same) == 1:
        return same[0]
    raise not_found("task of this run", name, names)


def _difference(last: Run, chosen: Mapping[str, ParameterValue]) -> str:
    changes = [
        f"{name} {_short(last.parameters.get(name))} → {_short(value)}"
        for name, value in chosen.items()
        if last.parameters.get(name) != value
    ]
    return f"from {last.id}: {', '.join(changes)}" if changes else f"in nothing from {last.id}"


def _short(value: ParameterValue) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_short(item) for item in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"
