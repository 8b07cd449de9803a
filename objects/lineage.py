"""What a run left in the store, found by what it is."""

from pathlib import PurePosixPath

from pydantic import TypeAdapter, ValidationError

from core.charts import Chart
from core.errors import NotFoundError, not_found
from core.objects import ObjectStore, Plot
from core.runs import Artifact, ArtifactKind, RunBackend

FIRST_PLOT = "model_comparison"
"""What to show of a run when no kind is asked for."""

_CHART = TypeAdapter(Chart)


def plot_of(runs: RunBackend, store: ObjectStore, run_id: str, kind: str = "") -> Plot:
    """Return a plot that a run made.

    Args:
        runs: Where the run is.
        store: Where its artifacts are.
        run_id: The run's full id.
        kind: `confusion_matrix` and the like; empty for the most telling one.

    Raises:
        NotFoundError: There is no such run, it made no plots, or none of this kind.
    """
    run = runs.get(run_id)
    plots = {_kind_of(item): item for item in _made(runs, run_id, ArtifactKind.PLOT)}
    if not plots:
        raise NotFoundError(
            f"The run {run.name} made no plots.",
            hint=runs.unseen(run_id) or f"It is {run.state.lower()}.",
            quoted=[run.name],
        )
    wanted = _plain(kind) or (FIRST_PLOT if FIRST_PLOT in plots else min(plots))
    if wanted not in plots:
        raise not_found(f"plot of the run {run.id}", kind, plots)
    return Plot(
        run_id=run_id,
        kind=wanted,
        artifact=plots[wanted],
        chart=_chart_beside(store, plots[wanted]),
        others=tuple(sorted(plots.keys() - {wanted})),
    )


def _made(runs: RunBackend, run_id: str, kind: ArtifactKind) -> list[Artifact]:
    return [item for item in runs.artifacts(run_id) if item.kind is kind and not item.is_input]


def _kind_of(plot: Artifact) -> str:
    return _plain(str(plot.metadata.get("plot") or PurePosixPath(plot.key).stem))


def _plain(kind: str) -> str:
    return "_".join(kind.casefold().replace("-", " ").replace("_", " ").split())


def _chart_beside(store: ObjectStore, plot: Artifact) -> Chart | None:
    key = str(PurePosixPath(plot.key).with_suffix(".json"))
    try:
        return _CHART.validate_json(store.read(plot.bucket, key))
    except (NotFoundError, ValidationError):
        # A chart is an extra that only some pipelines give; the picture tells the same.
        return None
