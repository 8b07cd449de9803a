"""What a run left behind: its artifacts and metrics, and why some of them cannot be seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backends.runs_kubeflow.history import History, plain_parameters
from backends.runs_kubeflow.outputs import Outputs, RunPlace
from backends.runs_kubeflow.packages import output_schemas, plan_in
from backends.runs_kubeflow.records import RunRecord
from core.errors import AssistantError, UnavailableError
from core.runs import Artifact


@dataclass(frozen=True, slots=True)
class Results:
    """Joins the runs of a cluster with the object store."""

    history: History
    outputs: Outputs
    root: str
    """Where runs write that were not told otherwise; empty for the cluster's own place."""

    def artifacts(self, record: RunRecord) -> Sequence[Artifact]:
        """Return what a run read and made, as far as the object store shows it."""
        inputs = plan_in(self.history.spec_of(record)).objects
        read = [*self.outputs.inputs(record.run_id, inputs, plain_parameters(record.parameters))]
        try:
            return [*read, *self._made(record)]
        except UnavailableError:
            # What a run read is worth telling without what it made; `unseen` says the rest.
            return read

    def unseen(self, record: RunRecord) -> str:
        """Say why what a run made cannot be seen from here; empty if it can."""
        try:
            self._made(record)
        except UnavailableError as error:
            return str(error)
        return ""

    def metrics(self, record: RunRecord) -> Mapping[str, float]:
        """Return what a succeeded run measured; nothing where that cannot be seen."""
        if record.state != "SUCCEEDED":
            return {}
        try:
            return self.outputs.metrics(self._made(record))
        except AssistantError:
            # How a run went is known without its store; `unseen` says what is wrong with that.
            return {}

    def place(self, record: RunRecord) -> RunPlace | None:
        """Return where a run writes, if that can be a bucket of ours."""
        try:
            return self._place(record)
        except UnavailableError:
            return None

    def _made(self, record: RunRecord) -> Sequence[Artifact]:
        schemas = output_schemas(self.history.spec_of(record))
        return self.outputs.artifacts(self._place(record), schemas)

    def _place(self, record: RunRecord) -> RunPlace:
        root = record.pipeline_root or self.root
        return self.outputs.place(root, self.history.pipeline_of(record), record.run_id)
