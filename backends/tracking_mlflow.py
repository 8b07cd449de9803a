"""Logs ended runs to an MLflow server: parameters, metrics, plots, model."""

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from core.errors import SettingsError, UnavailableError
from core.objects import ObjectStore
from core.runs import Artifact, ArtifactKind, Run, RunState

RUN_TAG = "mlops_swarm.run_id"
LOGGED = frozenset(
    {ArtifactKind.METRICS, ArtifactKind.PLOT, ArtifactKind.REPORT, ArtifactKind.MODEL}
)
LONGEST_VALUE = 500
"""MLflow's own limit for a parameter."""
_STATES = {RunState.SUCCEEDED: "FINISHED", RunState.CANCELED: "KILLED"}


class MlflowTracking:
    """An MLflow server that runs are logged to.

    Args:
        uri: Its address.
        store: Where the runs' artifacts are.
    """

    def __init__(self, uri: str, store: ObjectStore) -> None:
        self._uri = uri
        self._store = store

    def log(self, run: Run, artifacts: Sequence[Artifact]) -> str:
        """Log a run that has ended, once; return the id that MLflow gave it.

        Raises:
            SettingsError: MLflow is not installed.
            UnavailableError: The server refused something or does not answer.
        """
        client = self._client()
        with _explained(self._uri):
            experiment = client.get_experiment_by_name(run.experiment)
            experiment_id = (
                experiment.experiment_id if experiment else client.create_experiment(run.experiment)
            )
            known = client.search_runs([experiment_id], f"tags.`{RUN_TAG}` = '{run.id}'")
            if known:
                return str(known[0].info.run_id)
            return self._log(client, experiment_id, run, artifacts)

    def _log(self, client: Any, experiment_id: str, run: Run, artifacts: Sequence[Artifact]) -> str:
        tags = {RUN_TAG: run.id, "pipeline": run.pipeline, "reason": run.reason[:LONGEST_VALUE]}
        started = _milliseconds(run.started_at)
        logged = client.create_run(experiment_id, started, tags, run.name)
        run_id = str(logged.info.run_id)
        for name, value in run.parameters.items():
            client.log_param(run_id, name, str(value)[:LONGEST_VALUE])
        for name, value in run.metrics.items():
            client.log_metric(run_id, name.replace(" ", "_"), value)
        with tempfile.TemporaryDirectory() as folder:
            for artifact in artifacts:
                if artifact.is_input or artifact.kind not in LOGGED:
                    continue
                path = Path(folder) / PurePosixPath(artifact.key).name
                self._store.download(artifact.bucket, artifact.key, path)
                client.log_artifact(run_id, str(path), artifact.task.partition(" ")[0])
        client.set_terminated(
            run_id, _STATES.get(run.state, "FAILED"), _milliseconds(run.finished_at)
        )
        return run_id

    def _client(self) -> Any:
        try:
            # Optional, and slow to import: only who tracks needs it.
            from mlflow.tracking import MlflowClient
        except ImportError as error:
            raise SettingsError(
                "MLFLOW_TRACKING_URI is set, but MLflow is not installed.",
                hint="Install it beside the assistant: pip install 'mlops-swarm[mlflow]'.",
            ) from error
        with _explained(self._uri):
            return MlflowClient(tracking_uri=self._uri)


def _milliseconds(instant: Any) -> int | None:
    return None if instant is None else int(instant.timestamp() * 1000)


@contextlib.contextmanager
def _explained(uri: str) -> Iterator[None]:
    from mlflow.exceptions import MlflowException

    try:
        yield
    except (MlflowException, OSError) as error:
        told = str(error).partition("\n")[0][:200]
        raise UnavailableError(
            f"The MLflow server {uri} did not take the run: {told}",
            hint="Is MLFLOW_TRACKING_URI right, and is the server up?",
        ) from error
