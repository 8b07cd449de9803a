"""The pipelines that were uploaded to a cluster."""

import threading
import time
from collections.abc import Sequence

from backends.runs_kubeflow.cluster import Cluster
from backends.runs_kubeflow.listing import first
from backends.runs_kubeflow.names import Names
from backends.runs_kubeflow.packages import caches, read_spec, upload_of, version_in
from backends.runs_kubeflow.records import Reference
from core.errors import RequestError
from core.pipelines import PipelineSpec, PipelineVersion

MOST = 1000
KEPT_SECONDS = 10
"""How long the list of pipelines is good for; asking takes a call for each of them."""
VERSIONS_LOOKED_AT = 5


class Shelf:
    """Uploads pipelines and reads them back.

    Args:
        cluster: Where they are.
        names: What their ids stand for.
        image: Takes the place of the image of every task; empty for the package's own.
    """

    def __init__(self, cluster: Cluster, names: Names, image: str) -> None:
        self._cluster = cluster
        self._names = names
        self._image = image
        self._lock = threading.Lock()
        self._pipelines: Sequence[PipelineSpec] = ()
        self._good_until = 0.0

    def pipelines(self) -> Sequence[PipelineSpec]:
        """Return the newest version of every pipeline, by name."""
        with self._lock:
            if time.monotonic() > self._good_until:
                self._pipelines = self._ask()
                self._good_until = time.monotonic() + KEPT_SECONDS
            return self._pipelines

    def versions(self, pipeline: str) -> Sequence[PipelineVersion]:
        """Return the versions of a pipeline, newest first."""
        record = self._cluster.pipeline_named(pipeline)
        if record is None:
            return []
        newest: dict[str, PipelineVersion] = {}
        for version in first(self._cluster.versions(record.pipeline_id), MOST):
            called = version_in(version.called)
            told = PipelineVersion(
                pipeline=pipeline, version=called, uploaded_at=version.created_at
            )
            newest.setdefault(called, told)
        return list(newest.values())

    def upload(self, pipeline: PipelineSpec) -> PipelineVersion:
        """Upload a pipeline, or a new version of one."""
        version = self._names.version(self.uploaded(pipeline, use_cache=True))
        return PipelineVersion(
            pipeline=pipeline.name,
            version=pipeline.version,
            uploaded_at=version.created_at if version else None,
        )

    def uploaded(self, pipeline: PipelineSpec, *, use_cache: bool) -> Reference:
        """Return the version that runs a pipeline, which is uploaded if it is not there yet."""
        compiled = upload_of(pipeline, image=self._image, use_cache=True)
        reference = self._names.uploaded(pipeline, compiled)
        if not use_cache:
            # Beside the one that caches, which is what the list of pipelines shows.
            changed = upload_of(pipeline, image=self._image, use_cache=False)
            reference = self._names.uploaded(pipeline, changed)
        with self._lock:
            self._good_until = 0.0
        return reference

    def _ask(self) -> Sequence[PipelineSpec]:
        found = []
        for record in first(self._cluster.pipelines(), MOST):
            versions = self._cluster.versions(record.pipeline_id, page=VERSIONS_LOOKED_AT).items
            newest = next((version for version in versions if caches(version.called)), None)
            if newest is None or not newest.pipeline_spec:
                continue
            try:
                found.append(read_spec(record.called, newest.called, newest.pipeline_spec))
            except RequestError:
                # Of the first API: it can be looked at there, but not run from here.
                continue
        return sorted(found, key=lambda spec: spec.name)
