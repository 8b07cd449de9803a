"""Answers about pipelines and runs."""

from posixpath import commonpath

from backends.chat_builtin.answers.base import write_answer, write_list
from backends.chat_builtin.answers.phrases import ago, duration, number, plural, table
from core.paging import Page
from core.pipelines import PipelineSpec, PipelineVersion
from core.quantities import size
from core.runs import Artifact, ArtifactKind, Run, RunLogs, RunState, Task, TaskState

SHOWN_LOG_LINES = 12


@write_list.register
def _pipelines(first: PipelineSpec, page: Page[PipelineSpec]) -> str:
    del first
    lines = "\n".join(f"- **{item.name}** — {item.description}" for item in page)
    return f"{plural(page.total, 'pipeline')}:\n\n{lines}"


@write_list.register
def _runs(first: Run, page: Page[Run]) -> str:
    del first
    rows = [_run_row(run) for run in page]
    return table(("run", "id", "pipeline", "state", "started", "took"), rows)


def _run_row(run: Run) -> tuple[str, ...]:
    took = duration(run.seconds) if run.seconds is not None else ""
    return (run.name, f"`{run.id}`", run.pipeline, run.state, ago(run.started_at), took)


@write_list.register
def _artifacts(first: Artifact, page: Page[Artifact]) -> str:
    folder = f"{first.bucket}/{commonpath([artifact.key for artifact in page])}"
    if len(page) == 1:
        folder = folder.rpartition("/")[0]
    lines = [
        f"- `{f'{a.bucket}/{a.key}'.removeprefix(f'{folder}/')}` — {a.kind}, {size(a.bytes)}"
        for a in sorted(page, key=lambda artifact: _ORDER.index(artifact.kind))
    ]
    head = f"Run `{first.run_id}` made {plural(page.total, 'artifact')} in `{folder}`:\n\n"
    return head + "\n".join(lines)


_ORDER = (
    ArtifactKind.REPORT,
    ArtifactKind.METRICS,
    ArtifactKind.PLOT,
    ArtifactKind.MODEL,
    ArtifactKind.DATASET,
)
"""What people look for first."""


@write_answer.register
def _pipeline(value: PipelineSpec, tool: str, request: str) -> str:
    del request
    if tool == "upload_pipeline":
        count = f", {plural(len(value.versions), 'version')} by now" if value.versions else ""
        return (
            f"**{value.name}** can be run now (version {value.version}{count}):"
            f" {plural(len(value.tasks), 'task')}. Next: “run {value.name}”."
        )
    rows = [
        (
            f"`{p.name}`",
            p.type,
            "required" if p.required else f"`{_default(p.default)}`",
            p.description,
        )
        for p in value.parameters
    ]
    steps = " → ".join(node.name for node in value.tasks)
    others = [f"{one.version}{_since(one)}" for one in value.versions[:5]]
    versions = f"Versions, newest first: {', '.join(others)}.\n\n" if len(others) > 1 else ""
    return (
        f"**{value.name}** (version {value.version}) — {value.description}\n\n"
        f"Tasks: {steps}.\n\n{versions}"
        f"{table(('parameter', 'type', 'default', 'what it does'), rows)}"
    )


def _since(version: PipelineVersion) -> str:
    return f" ({version.uploaded_at:%Y-%m-%d})" if version.uploaded_at else ""


def _default(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


@write_answer.register
def _run(value: Run, tool: str, request: str) -> str:
    del request
    about = f"Run `{value.id}` ({value.name}) of {value.pipeline}"
    if tool == "start_run":
        return f"{about} has started. Ask “how is it going” at any time; I tell you when it ends."
    if tool == "watch_run":
        if value.state.ended:
            return f"{about} has ended already: {value.state}."
        return f"I watch {about[:1].lower()}{about[1:]} and tell you when it ends."
    if tool == "retry_run":
        return (
            f"{about} is tried again: attempt {value.attempt}. What succeeded is reused; I tell you"
            " when it ends if you ask me to."
        )
    if tool == "delete_run":
        return f"{about} is in the trash; what it made stays in the store."
    if tool == "cancel_run":
        return f"{about} was stopped: {value.state}. Its logs and finished tasks are kept."
    return f"{about} {_how_it_goes(value)}"


def _how_it_goes(run: Run) -> str:
    if run.state is RunState.FAILED:
        failed = [task.name for task in run.tasks if task.state is TaskState.FAILED]
        where = f" in task `{failed[0]}`" if failed else ""
        following = "Next: “why did it fail”, “show its logs”, or “retry it”."
        return f"**failed**{where}: {run.reason}\n\n{following}"
    if run.state is RunState.CANCELED:
        return f"was stopped after {duration(run.seconds)}." if run.seconds else "was stopped."
    if run.state is RunState.SUCCEEDED:
        return _success(run)
    if run.state is RunState.PENDING:
        return "has not begun yet."
    done = [t for t in run.tasks if t.state in {TaskState.SUCCEEDED, TaskState.CACHED}]
    busy = [t.name for t in run.tasks if t.state is TaskState.RUNNING]
    now = f", now {_and(busy)}" if busy else ""
    return (
        f"is **running**: {plural(len(done), 'task')} done{now}. It started {ago(run.started_at)}."
    )


def _success(run: Run) -> str:
    cached = sum(task.state is TaskState.CACHED for task in run.tasks)
    reused = f" ({plural(cached, 'task')} reused from the cache)" if cached else ""
    text = f"**succeeded** in {duration(run.seconds)}{reused}." if run.seconds else "**succeeded**."
    if run.metrics:
        shown = [f"{name.replace('_', ' ')} {number(v)}" for name, v in run.metrics.items()][:4]
        text += f" Measured: {', '.join(shown)}."
    slow = sorted((t for t in run.tasks if t.seconds), key=lambda task: -(task.seconds or 0))[:1]
    if slow:
        text += f" {_slowest(slow[0])}"
    return (
        f"{text}\n\nNext: “which model won”, “show the confusion matrix”, “what files did it make”."
    )


def _slowest(task: Task) -> str:
    return f"The longest task was `{task.name}` ({duration(task.seconds)})."


def _and(names: list[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return ", ".join(quoted[:-1]) + f" and {quoted[-1]}" if len(quoted) > 1 else quoted[0]


@write_answer.register
def _logs(value: RunLogs, tool: str, request: str) -> str:
    del tool, request
    whose = (
        f"task `{value.task}` of run `{value.run_id}`" if value.task else f"run `{value.run_id}`"
    )
    if not value.lines:
        return f"The log of {whose} is empty so far."
    shown = value.lines[-SHOWN_LOG_LINES:]
    head = (
        f"The last {plural(len(shown), 'line')} of {plural(value.total_lines, 'line')} of {whose}:"
    )
    # A fence longer than any run of backticks inside keeps the log from ending its own block.
    body = "\n".join(line.replace("```", "'''") for line in shown)
    where = f"\n\nThe whole log: `{value.path}`" if value.path else ""
    return f"{head}\n\n```text\n{body}\n```{where}"
