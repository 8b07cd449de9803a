"""From the files that a run left to the numbers a person asked for."""

from collections.abc import Mapping

from core.errors import NotFoundError
from core.metrics import RunMetrics
from core.objects import ObjectStore
from core.runs import Artifact, ArtifactKind, Run, RunBackend, RunState


def read_run_metrics(runs: RunBackend, store: ObjectStore, run: Run) -> RunMetrics:
    """Return what a run measured.

    Raises:
        NotFoundError: The run has not ended, or measured nothing; the hint says why.
    """
    made = [a for a in runs.artifacts(run.id) if not a.is_input]
    details = _object(made, ArtifactKind.METRICS, "metrics.json")
    if details is None and not run.metrics:
        raise _no_metrics(run, runs.unseen(run.id))
    report = _object(made, ArtifactKind.REPORT, "")
    base = RunMetrics(
        run_id=run.id,
        run_name=run.name,
        pipeline=run.pipeline,
        state=run.state,
        metrics=dict(run.metrics),
        report=f"{report.bucket}/{report.key}" if report else "",
    )
    if details is None or run.pipeline != "delay-prediction":
        return base
    from agents.tools.evaluation import with_evaluation

    return with_evaluation(base, store.read(details.bucket, details.key))


def _object(made: list[Artifact], kind: ArtifactKind, ending: str) -> Artifact | None:
    fitting = [a for a in made if a.kind is kind and a.key.endswith(ending)]
    return fitting[-1] if fitting else None


def _no_metrics(run: Run, unseen: str) -> NotFoundError:
    hints: Mapping[RunState, str] = {
        RunState.RUNNING: "It is still running: watch it and ask again when it ends.",
        RunState.PENDING: "It has not started yet: watch it and ask again when it ends.",
        RunState.FAILED: f"It failed: {run.reason}",
        RunState.CANCELED: "It was stopped before it measured anything.",
    }
    return NotFoundError(
        f"Run {run.id} ({run.name}) has no metrics.",
        hint=hints.get(run.state, unseen or "Its pipeline stores none."),
        quoted=[run.name, run.reason],
    )
