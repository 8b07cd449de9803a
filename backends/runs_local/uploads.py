"""Pipelines that people uploaded, by name and version."""

from collections.abc import Sequence
from pathlib import Path

from backends.runs_local.database import Database
from backends.runs_local.rows import keep_package, spec_of, text_of, text_of_spec, time_of
from core import clock
from core.errors import RequestError
from core.pipelines import PipelineSpec, PipelineVersion
from core.runs import Experiment


class Shelf:
    """Keeps uploaded pipelines and created experiments.

    Args:
        path: The SQLite file of the history.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path)

    def pipelines(self) -> Sequence[PipelineSpec]:
        """Return the newest version of every pipeline, by name."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT * FROM uploads WHERE number IN"
                " (SELECT max(number) FROM uploads GROUP BY pipeline) ORDER BY pipeline"
            ).fetchall()
            return [spec_of(db, row) for row in rows]

    def versions(self, pipeline: str) -> Sequence[PipelineVersion]:
        """Return the versions of a pipeline, newest first."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT * FROM uploads WHERE pipeline = ? ORDER BY number DESC", (pipeline,)
            ).fetchall()
        return [
            PipelineVersion(
                pipeline=row["pipeline"],
                version=row["version"],
                uploaded_at=time_of(row["uploaded_at"]),
            )
            for row in rows
        ]

    def keep(self, pipeline: PipelineSpec) -> PipelineVersion:
        """Keep a version of a pipeline; one that was there before becomes the newest again."""
        now = clock.now()
        with self._database.changing() as db:
            keep_package(db, pipeline)
            db.execute(
                "INSERT OR REPLACE INTO uploads (pipeline, version, uploaded_at, spec)"
                " VALUES (?, ?, ?, ?)",
                (pipeline.name, pipeline.version, text_of(now), text_of_spec(pipeline)),
            )
        return PipelineVersion(pipeline=pipeline.name, version=pipeline.version, uploaded_at=now)

    def create_experiment(self, name: str, description: str) -> Experiment:
        """Create an experiment; one that only runs have named so far gets its description.

        Raises:
            RequestError: One of that name was created before.
        """
        now = clock.now()
        with self._database.changing() as db:
            created = db.execute(
                "INSERT OR IGNORE INTO experiments VALUES (?, ?, ?)",
                (name, description, text_of(now)),
            )
            if created.rowcount == 0:
                raise RequestError(
                    f"There is an experiment {name!r} already.",
                    hint="Choose another name, or start runs in that one.",
                    quoted=[name],
                )
        return Experiment(name=name, description=description, created_at=now)
