"""What the KFP agent can do with several runs at once."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from agents.toolbox import Tool
from agents.tools.references import find_run
from core.comparison import Comparison
from core.errors import AssistantError, NotFoundError, RequestError, not_found
from core.objects import ObjectStore
from core.runs import Artifact, ArtifactKind, Run, RunBackend
from pipelines.comparison import Measured, compare, known_metrics
from pipelines.uncertainty import auc_error, balanced_accuracy_error

FEWEST, MOST = 2, 10
_ROWS = ("test_rows", "testing_rows", "rows_tested", "n_test", "n")
"""What pipelines call the number of rows in their test part."""
_SAME = {"auc": "roc_auc", "macro_f1": "f1", "f1_score": "f1", "acc": "accuracy"}
"""Other words for metrics."""


@dataclass(frozen=True, slots=True)
class ComparisonTools:
    """Runs side by side."""

    runs: RunBackend
    store: ObjectStore

    def compare_runs(self, runs: list[str], metrics: list[str] = []) -> Comparison:  # noqa: B006 (never changed; the contract's default)
        """Compare runs: parameters, data versions and metrics side by side.

        Says which run is better, per metric, and whether the difference is more than noise.

        Args:
            runs: Two to ten runs: ids, names, `latest`, `latest failed`.
            metrics: Only these, such as `accuracy`; those that say how good a run is, if empty.
        """
        found = {run.id: run for run in (find_run(self.runs, name) for name in runs)}
        if not FEWEST <= len(found) <= MOST:
            raise RequestError(
                f"{len(found)} different runs cannot be compared.",
                hint=f"Name {FEWEST} to {MOST}: `list_runs` shows them.",
            )
        wanted = _asked_for(metrics, list(found.values()))
        return compare([self._measured(run) for run in found.values()], wanted)

    def _measured(self, run: Run) -> Measured:
        artifacts = self.runs.artifacts(run.id)
        details = [
            one
            for one in artifacts
            if one.kind is ArtifactKind.METRICS
            and not one.is_input
            and one.key.endswith("metrics.json")
        ]
        base = Measured(run=run, artifacts=artifacts)
        if not details:
            return base
        try:
            return self._with_test_part(base, details[-1])
        except AssistantError:
            # The numbers themselves are in the history; without the file only noise is unknown.
            return base

    def _with_test_part(self, base: Measured, details: Artifact) -> Measured:
        content = self.store.read(details.bucket, details.key)
        if base.run.pipeline == "delay-prediction":
            return _evaluated(base, content)
        return Measured(run=base.run, artifacts=base.artifacts, test_rows=_rows_in(content))

    def tools(self) -> tuple[Tool, ...]:
        """Return the tools of this agent."""
        return (Tool(self.compare_runs),)


def _asked_for(metrics: Sequence[str], runs: Sequence[Run]) -> Sequence[str]:
    """Return the metrics as the runs call them.

    Raises:
        NotFoundError: No run measured one of them.
    """
    known = {name.casefold(): name for name in known_metrics(runs)}
    asked = []
    for metric in metrics:
        plain = metric.strip().casefold().replace(" ", "_").replace("-", "_")
        name = known.get(plain) or known.get(_SAME.get(plain, ""))
        if name is None and not known:
            raise NotFoundError(
                "None of these runs measured anything.",
                hint="Compare runs that succeeded.",
            )
        if name is None:
            raise not_found("metric of these runs", metric, known.values())
        asked.append(name)
    return asked


def _evaluated(base: Measured, content: bytes) -> Measured:
    """Read the noise of the winner's scores from what the delay pipeline says of its test part."""
    from pipelines.delay.evaluation import Evaluation

    evaluation = Evaluation.read(content)
    best = evaluation.scores()
    negatives, positives = (sum(row) for row in best.confusion)
    errors = {
        "accuracy": best.accuracy_error,
        "balanced_accuracy": balanced_accuracy_error(best.confusion),
        "roc_auc": auc_error(best.roc_auc, negatives, positives),
    }
    return Measured(
        run=base.run,
        artifacts=base.artifacts,
        test_rows=evaluation.split.testing_rows,
        errors={name: error for name, error in errors.items() if error is not None},
    )


def _rows_in(content: bytes) -> int | None:
    try:
        told = json.loads(content)
    except ValueError:
        return None
    if not isinstance(told, dict):
        return None
    counts = [told.get(name) for name in _ROWS]
    return next((n for n in counts if isinstance(n, int) and n > 1), None)
