"""How pipelines, runs, their logs and their numbers are shown."""

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from core.metrics import RunMetrics
from core.pipelines import PipelineSpec
from core.runs import Run, RunLogs, RunState, TaskState
from surfaces.rendering.anything import facts, listing, notes, render, section, table
from surfaces.words import clean, duration, moment, number, share, short, words

SYMBOLS: dict[RunState | TaskState, tuple[str, str]] = {
    RunState.PENDING: ("○", "dim"),
    RunState.RUNNING: ("●", "cyan"),
    RunState.SUCCEEDED: ("✓", "green"),
    RunState.FAILED: ("✗", "red"),
    RunState.CANCELED: ("■", "yellow"),
    RunState.SKIPPED: ("-", "dim"),
    TaskState.CACHED: ("↺", "green"),
}
"""A sign and a colour by state; the sign alone is enough to read it."""


def state(value: RunState | TaskState) -> Text:
    """Return a state with its sign."""
    # Run and task states are strings: equal words find the same entry.
    sign, colour = SYMBOLS[value]
    return Text(f"{sign} {value.value.lower()}", style=colour)


@listing.register
def _runs(first: Run, items: Sequence[Run]) -> RenderableType:
    del first
    grid = table("run", "name", "pipeline", "state", "started", "took")
    for run in items:
        grid.add_row(
            words(run.id[:8], "cyan"),
            words(run.name),
            words(run.pipeline),
            state(run.state),
            words(moment(run.started_at or run.created_at)),
            words(duration(run.seconds)),
        )
    return grid


@render.register
def _run(run: Run) -> RenderableType:
    head = facts(
        {
            "run": Text.assemble((clean(run.id), "cyan"), "  ", clean(run.name)),
            "pipeline": run.pipeline,
            "experiment": run.experiment,
            "state": state(run.state),
            "attempt": str(run.attempt) if run.attempt > 1 else "",
            "started by": f"the schedule {run.schedule}" if run.schedule else "",
            "reason": words(run.reason, "red") if run.reason else "",
            "started": moment(run.started_at),
            "took": duration(run.seconds) if run.seconds is not None else "",
            "parameters": short(run.parameters) if run.parameters else "",
            "metrics": short(run.metrics) if run.metrics else "",
        }
    )
    if not run.tasks:
        return head
    tasks = table("task", "state", "started", "took")
    for task in run.tasks:
        tasks.add_row(
            words(task.name),
            state(task.state),
            words(moment(task.started_at)),
            words(duration(task.seconds)),
        )
        if task.reason:
            tasks.add_row(words(f"  {task.reason}", "red"))
    return Group(head, section("Tasks"), tasks)


@listing.register
def _pipelines(first: PipelineSpec, items: Sequence[PipelineSpec]) -> RenderableType:
    del first
    grid = table("pipeline", "what it does", "parameters", "tasks", numbers=("parameters", "tasks"))
    for pipeline in items:
        grid.add_row(
            words(pipeline.name, "cyan"),
            words(pipeline.description.partition("\n")[0]),
            words(len(pipeline.parameters)),
            words(len(pipeline.tasks)),
        )
    return grid


@render.register
def _pipeline(pipeline: PipelineSpec) -> RenderableType:
    parameters = table("parameter", "type", "default", "meaning")
    for parameter in pipeline.parameters:
        meaning = parameter.description
        if parameter.choices:
            meaning = f"{meaning} One of {', '.join(parameter.choices)}.".strip()
        parameters.add_row(
            words(parameter.name, "cyan"),
            words(parameter.type),
            words("required" if parameter.required else parameter.default),
            words(meaning),
        )
    graph = table("task", "after", "what it does")
    for task in pipeline.tasks:
        graph.add_row(words(task.name), words(task.after or ""), words(task.description))
    return Group(
        Text.assemble((clean(pipeline.name), "bold cyan"), f"  version {pipeline.version}"),
        Text(clean(pipeline.description)),
        section("Parameters"),
        parameters if pipeline.parameters else Text("None.", style="dim"),
        section("Tasks"),
        graph,
        *_versions(pipeline),
    )


def _versions(pipeline: PipelineSpec) -> Sequence[RenderableType]:
    uploaded = [one for one in pipeline.versions if one.uploaded_at]
    if not uploaded:
        return ()
    grid = table("version", "uploaded")
    for one in uploaded:
        grid.add_row(words(one.version), words(moment(one.uploaded_at)))
    return section("Versions"), grid


@render.register
def _logs(logs: RunLogs) -> RenderableType:
    what = f"{logs.task} of run {logs.run_id[:8]}" if logs.task else f"run {logs.run_id[:8]}"
    shown = (
        f"the last {len(logs.lines)} of {logs.total_lines} lines" if logs.truncated else "all lines"
    )
    parts: list[RenderableType] = [Text(f"{clean(what)}: {shown}", style="dim")]
    parts.append(Text("\n".join(clean(line) for line in logs.lines) or "Nothing was written."))
    if logs.path and logs.truncated:
        parts.append(Text(f"The whole log: {clean(logs.path)}", style="dim"))
    return Group(*parts)


@render.register
def _metrics(metrics: RunMetrics) -> RenderableType:
    parts: list[RenderableType] = [
        facts(
            {
                "run": Text.assemble(
                    (clean(metrics.run_id[:8]), "cyan"), "  ", clean(metrics.run_name)
                ),
                "state": state(metrics.state),
                "winner": words(metrics.winner, "bold green") if metrics.winner else "",
                "why": metrics.why,
                "split": metrics.split,
                "verdict": metrics.verdict,
                "gate": metrics.gate,
                "baselines": _scores(metrics.baselines),
                "metrics": "" if metrics.models else _scores(metrics.metrics),
                "report": metrics.report,
            }
        )
    ]
    if metrics.models:
        parts += [section("Models, best first"), _models(metrics)]
    if metrics.subgroups:
        parts.append(section("Subgroups"))
        parts.append(facts({name: _scores(v) for name, v in metrics.subgroups.items()}))
    return Group(*parts, *notes(metrics.notes))


def _models(metrics: RunMetrics) -> RenderableType:
    headings = ("cv acc.", "acc.", "bal. acc.", "macro F1", "ROC AUC")
    grid = table("model", *headings, "", numbers=headings)
    for model in metrics.models:
        won = model.name == metrics.winner
        remark = "winner" if won else "within noise" if model.within_noise else ""
        values = (
            model.cv_accuracy,
            model.accuracy,
            model.balanced_accuracy,
            model.macro_f1,
            model.roc_auc,
        )
        grid.add_row(
            words(model.name, "bold green" if won else ""),
            *(Text(f"{value:.3f}") for value in values),
            Text(remark, style="dim"),
        )
    return grid


def _scores(values: Mapping[str, float]) -> Text:
    return Text(
        ", ".join(
            f"{clean(name)} {share(v) if 'accuracy' in name else number(v)}"
            for name, v in values.items()
        )
    )
