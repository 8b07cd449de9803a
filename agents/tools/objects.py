"""What the MinIO agent can do."""

from dataclasses import dataclass

from agents.toolbox import Tool
from agents.tools.metrics import read_run_metrics
from agents.tools.object_use import InUse, split_reference
from agents.tools.references import find_run
from core.errors import NotFoundError, RequestError, UnavailableError
from core.lineage import ObjectDetails, ObjectTrace
from core.metrics import RunMetrics
from core.objects import Bucket, ObjectStore, Plot, Preview, StoredObject
from core.paging import Page, page_of
from core.runs import Artifact, ArtifactKind, RunBackend
from objects.lineage import plot_of
from objects.preview import preview
from objects.tracing import trace


@dataclass(frozen=True, slots=True)
class ObjectTools:
    """Buckets, objects, and what runs left in them."""

    store: ObjectStore
    runs: RunBackend
    in_use: InUse

    def list_buckets(self) -> Page[Bucket]:
        """List the buckets, with how much is in them."""
        return page_of(self.store.buckets())

    def list_objects(
        self, bucket: str, prefix: str = "", limit: int = 50, cursor: str = ""
    ) -> Page[StoredObject]:
        """List the objects of a bucket, also those in its folders.

        Args:
            bucket: Its name.
            prefix: Only keys that begin so: `planned/`.
            limit: How many at most.
            cursor: The cursor of the previous page, to read on.
        """
        if limit < 1:
            raise RequestError(f"A list of {limit} objects is empty.", hint="Ask for 1 or more.")
        bucket, key = split_reference(bucket, prefix)
        return self.store.list(bucket, key, limit, cursor)

    def preview_object(self, bucket: str, key: str, rows: int = 10) -> Preview:
        """Show what is in an object: first rows and column profile of a table, text, a picture.

        Args:
            bucket: Its bucket.
            key: Its name in the bucket.
            rows: How many rows of a table.
        """
        if rows < 1:
            raise RequestError(f"A preview of {rows} rows is empty.", hint="Ask for 1 or more.")
        bucket, key = split_reference(bucket, key)
        return preview(self.store, bucket, key, rows)

    def describe_object(self, bucket: str, key: str) -> ObjectDetails:
        """Describe an object: its size, type, tags and versions, and the run that made it.

        Args:
            bucket: Its bucket.
            key: Its name in the bucket.
        """
        bucket, key = split_reference(bucket, key)
        versions = self.store.versions(bucket, key)
        found = self.store.stat(bucket, key)
        made = [one for one in self.runs.recorded(bucket, key) if not one.is_input]
        return ObjectDetails(
            object=found,
            versions=tuple(versions),
            made_by=next(iter(made), None),
            registered_as=self._registered_as(bucket, key),
        )

    def trace_object(self, bucket: str, key: str) -> ObjectTrace:
        """Trace an object: which run and task made it from which data, and which runs used it.

        Args:
            bucket: Its bucket.
            key: Its name in the bucket.
        """
        bucket, key = split_reference(bucket, key)
        return trace(self.runs, self.store, bucket, key, self._registered_as(bucket, key))

    def _registered_as(self, bucket: str, key: str) -> tuple[str, ...]:
        place = f"{bucket}/{key}"
        return tuple(user for known, user in self.in_use.registered() if known == place)

    def list_artifacts(self, run: str, kind: str = "") -> Page[Artifact]:
        """List what a run made.

        Args:
            run: An id, the beginning of one, a name, `latest` or `latest failed`.
            kind: `dataset`, `model`, `metrics`, `plot` or `report`; all if empty.
        """
        kinds = [known.value for known in ArtifactKind]
        wanted = kind.strip().casefold().removesuffix("s") if kind != "metrics" else kind
        wanted = "metrics" if wanted == "metric" else wanted
        if wanted and wanted not in kinds:
            raise RequestError(f"{kind!r} is no kind of artifact.", hint=f"One of: {kinds}.")
        found = find_run(self.runs, run)
        made = [
            artifact
            for artifact in self.runs.artifacts(found.id)
            if not artifact.is_input and (not wanted or artifact.kind == wanted)
        ]
        if not made and (why := self.runs.unseen(found.id)):
            raise UnavailableError(why)
        return page_of(made)

    def read_metrics(self, run: str) -> RunMetrics:
        """Read what a run measured: every model's scores, the baselines beside them, caveats.

        Args:
            run: An id, the beginning of one, a name, `latest` or `latest failed`.
        """
        return read_run_metrics(self.runs, self.store, find_run(self.runs, run))

    def show_plot(self, run: str, kind: str = "") -> Plot:
        """Show a plot that a run made.

        Args:
            run: An id, the beginning of one, a name, `latest` or `latest failed`.
            kind: `model_comparison`, `confusion_matrix`, `roc_curve`, `feature_importance` or
                `calibration`; the first there is if empty.
        """
        found = find_run(self.runs, run)
        if not found.state.ended:
            raise NotFoundError(
                f"Run {found.id} ({found.name}) is still {found.state}; it has no plots yet.",
                hint="Watch it and ask again when it ends.",
                quoted=[found.name],
            )
        return plot_of(self.runs, self.store, found.id, kind.strip().replace(" ", "_"))

    def tools(self) -> tuple[Tool, ...]:
        """Return the tools of this agent."""
        return (
            # Names of buckets are too narrow to carry an order; keys are not.
            Tool(self.list_buckets),
            Tool(self.list_objects, untrusted=True),
            Tool(self.preview_object, untrusted=True),
            Tool(self.describe_object),
            Tool(self.trace_object),
            Tool(self.list_artifacts),
            Tool(self.read_metrics),
            Tool(self.show_plot),
        )
