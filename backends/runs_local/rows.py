"""Rows of the history as values, and back."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from pydantic import TypeAdapter

from core.pipelines import PipelineSpec
from core.runs import Artifact, ArtifactKind, Run, RunState, Task, TaskState


def runs_of(db: sqlite3.Connection, rows: Sequence[sqlite3.Row]) -> tuple[Run, ...]:
    """Read runs with their metrics, without their tasks."""
    metrics: dict[str, dict[str, float]] = defaultdict(dict)
    marks = ", ".join("?" * len(rows))
    # One question for all of them: a page of runs must not cost a query for each.
    for run_id, name, value in db.execute(
        f"SELECT run_id, name, value FROM metrics WHERE run_id IN ({marks})",
        [row["id"] for row in rows],
    ):
        metrics[run_id][name] = value
    return tuple(run_of(row, metrics[row["id"]]) for row in rows)


def run_of(
    row: sqlite3.Row, metrics: Mapping[str, float], tasks: Iterable[sqlite3.Row] = ()
) -> Run:
    """Read a run."""
    return Run(
        id=row["id"],
        name=row["name"],
        pipeline=row["pipeline"],
        pipeline_version=row["version"],
        experiment=row["experiment"],
        state=RunState(row["state"]),
        parameters=json.loads(row["parameters"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        started_at=time_of(row["started_at"]),
        finished_at=time_of(row["finished_at"]),
        reason=row["reason"],
        tasks=tuple(map(task_of, tasks)),
        metrics=dict(metrics),
        attempt=row["attempt"],
        schedule=row["schedule"],
    )


def task_of(row: sqlite3.Row) -> Task:
    """Read a task."""
    return Task(
        name=row["name"],
        state=TaskState(row["state"]),
        started_at=time_of(row["started_at"]),
        finished_at=time_of(row["finished_at"]),
        reason=row["reason"],
    )


def artifact_of(row: sqlite3.Row) -> Artifact:
    """Read an artifact."""
    return Artifact(
        run_id=row["run_id"],
        task=row["task"],
        name=row["name"],
        kind=ArtifactKind(row["kind"]),
        bucket=row["bucket"],
        key=row["key"],
        bytes=row["bytes"],
        content_hash=row["content_hash"],
        metadata=json.loads(row["metadata"]),
        is_input=bool(row["is_input"]),
    )


def text_of(moment: datetime) -> str:
    """Write a time so that texts sort as the times they stand for."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def time_of(text: str | None) -> datetime | None:
    """Read a time; nothing where there is none."""
    return None if text is None else datetime.fromisoformat(text)


def keep_package(db: sqlite3.Connection, pipeline: PipelineSpec) -> None:
    """Keep the package of a pipeline, once for each version."""
    db.execute(
        "INSERT OR IGNORE INTO packages VALUES (?, ?, ?)",
        (pipeline.version, pipeline.name, pipeline.package),
    )


def text_of_spec(pipeline: PipelineSpec) -> str:
    """Write what is known of a pipeline, without its package."""
    return _SPEC.dump_json(replace(pipeline, package="", versions=())).decode()


def spec_of(db: sqlite3.Connection, row: sqlite3.Row) -> PipelineSpec:
    """Read a pipeline with the package of its version."""
    (package,) = db.execute(
        "SELECT package FROM packages WHERE version = ?", (row["version"],)
    ).fetchone()
    return replace(_SPEC.validate_json(row["spec"]), package=package)


_SPEC = TypeAdapter(PipelineSpec)
