"""The experiments of a cluster."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from backends.runs_kubeflow.cluster import Cluster
from backends.runs_kubeflow.listing import first
from backends.runs_kubeflow.names import Names
from backends.runs_kubeflow.queries import archived
from core.errors import RequestError
from core.runs import Experiment

MOST = 1000
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Experiments:
    """Lists and makes experiments."""

    cluster: Cluster
    names: Names

    def all(self) -> Sequence[Experiment]:
        """Return every experiment, the latest used first; counting the runs takes a call each."""
        found = [
            Experiment(
                name=self.names.experiment(record.experiment_id),
                description=record.description,
                created_at=record.created_at,
                runs=self.cluster.runs(
                    [archived(False)], experiment_id=record.experiment_id, page=1
                ).total,
                last_run_at=record.last_run_created_at,
            )
            for record in first(self.cluster.experiments(), MOST)
        ]
        return sorted(
            found, key=lambda item: item.last_run_at or item.created_at or _NEVER, reverse=True
        )

    def check_free(self, name: str) -> None:
        """Make sure that no experiment has a name.

        Raises:
            RequestError: One has.
        """
        if self.names.experiments_named(name):
            raise RequestError(
                f"There is an experiment {name!r} already.",
                hint="Choose another name, or start runs in that one.",
                quoted=[name],
            )

    def create(self, name: str, description: str) -> Experiment:
        """Create an experiment."""
        record = self.cluster.create_experiment(name, description)
        return Experiment(name=name, description=description, created_at=record.created_at)
