"""What a run left behind: its artifacts and metrics, and why some of them cannot be seen."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backends.runs_kubeflow.history import History, plain_parameters
from backends.runs_kubeflow.listing import first
from backends.runs_kubeflow.outputs import Outputs, RunPlace
from backends.runs_kubeflow.packages import output_schemas
from backends.runs_kubeflow.records import RunRecord
from core.errors import AssistantError, NotFoundError, UnavailableError
from core.runs import Artifact

LATEST = 200
"""Runs that are looked through for one that read an object."""
_RUN_ID = re.compile("(?<=/)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=/)")


@dataclass(frozen=True, slots=True)
class Results:
    """Joins the runs of a cluster with the object store."""

    history: History
    outputs: Outputs
    root: str
    """Where runs write that were not told otherwise; empty for the cluster's own place."""

    def artifacts(self, record: RunRecord) -> Sequence[Artifact]:
        """Return what a run read and made, as far as the object store shows it."""
        inputs = self.history.plan(record).objects
        read = [
            *self.outputs.inputs(
                record.run_id, inputs, plain_parameters(record.parameters), record.created_at
            )
        ]
        try:
            return [*read, *self._made(record)]
        except UnavailableError:
            # What a run read is worth telling without what it made; `unseen` says the rest.
            return read

    def recorded(self, bucket: str, key: str, content_hash: str) -> Sequence[Artifact]:
        """Return which of the latest runs read an object, and which run made it.

        A cluster records nothing of objects: what was read is told by the parameters of runs, and
        what was made by the run's id in the key.
        """
        read: list[Artifact] = []
        for record in first(self.history.cluster.runs([]), LATEST):
            parameters = plain_parameters(record.parameters)
            named = [
                item
                for item in self.history.plan(record).objects
                if content_hash or parameters.get(item.parameter) == f"{bucket}/{key}"
            ]
            read += [
                found
                for found in self.outputs.inputs(
                    record.run_id, named, parameters, record.created_at
                )
                if (found.bucket, found.key) == (bucket, key)
                or (content_hash and found.content_hash == content_hash)
            ]
        return [*read, *self._maker(bucket, key)]

    def _maker(self, bucket: str, key: str) -> Sequence[Artifact]:
        for run_id in _RUN_ID.findall(key):
            try:
                made = self._made(self.history.cluster.run(run_id))
            except (NotFoundError, UnavailableError):
                # Not the id of a run, or not of one that is left.
                continue
            return [found for found in made if (found.bucket, found.key) == (bucket, key)]
        return []

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
