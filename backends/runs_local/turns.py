"""Whose turn it is: a home works on a limited number of runs at once, in the order of asking."""

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from backends.runs_local.database import Database
from backends.runs_local.processes import Worker
from backends.runs_local.records import OPEN
from backends.runs_local.rows import artifact_of
from core.pipelines import ParameterValue
from core.runs import Artifact, RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A run that may start now, as it was asked for."""

    run_id: str
    attempt: int
    pipeline: str
    package: str
    parameters: dict[str, ParameterValue]
    inputs: tuple[Artifact, ...]
    use_cache: bool


class RunQueue:
    """Hands out the runs that wait, each to one process only.

    Args:
        path: The SQLite file of the history.
        at_once: How many runs may be at work.
    """

    def __init__(self, path: Path, at_once: int) -> None:
        self._database = Database(path)
        self._at_once = at_once

    def next(self, claimant: Worker) -> Turn | None:
        """Claim the run that has waited longest, if a place is free.

        Args:
            claimant: Who answers for it until its worker does.
        """
        with self._database.changing() as db:
            (taken,) = db.execute(
                f"SELECT count(*) FROM runs WHERE {OPEN} AND worker_pid != 0"
            ).fetchone()
            if taken >= self._at_once:
                return None
            row = db.execute(
                "SELECT id FROM runs WHERE state = ? AND worker_pid = 0"
                " ORDER BY queued_at, number LIMIT 1",
                (RunState.PENDING,),
            ).fetchone()
            if row is None:
                return None
            db.execute(
                "UPDATE runs SET worker_pid = ?, worker_started = ?, worker_detached = ?,"
                " launches = launches + 1 WHERE id = ?",
                (claimant.pid, claimant.started, claimant.detached, row["id"]),
            )
            return _turn(db, row["id"])

    def hand_over(self, run_id: str, attempt: int, worker: Worker) -> None:
        """Note which process answers for a run from now on."""
        with self._database.changing() as db:
            db.execute(
                "UPDATE runs SET worker_pid = ?, worker_started = ?, worker_detached = ?"
                " WHERE id = ? AND attempt = ?",
                (worker.pid, worker.started, worker.detached, run_id, attempt),
            )

    def put_back(self, run_id: str, worker: Worker) -> None:
        """Let a run wait again whose worker was lost before it began; it keeps its place."""
        with self._database.changing() as db:
            db.execute(
                "UPDATE runs SET worker_pid = 0 WHERE id = ? AND state = ? AND worker_pid = ?",
                (run_id, RunState.PENDING, worker.pid),
            )


def _turn(db: sqlite3.Connection, run_id: str) -> Turn:
    row = db.execute(
        "SELECT runs.*, packages.package FROM runs JOIN packages USING (version) WHERE id = ?",
        (run_id,),
    ).fetchone()
    inputs = db.execute(
        "SELECT * FROM artifacts WHERE run_id = ? AND is_input = 1 ORDER BY number", (run_id,)
    )
    return Turn(
        run_id=run_id,
        attempt=row["attempt"],
        pipeline=row["pipeline"],
        package=row["package"],
        parameters=json.loads(row["parameters"]),
        inputs=tuple(artifact_of(found) for found in inputs),
        use_cache=bool(row["use_cache"]),
    )
