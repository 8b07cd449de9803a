"""The experiments and schedules of a world, told to the real backend at the times they came."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from backends.runs_local import LocalRuns
from backends.runs_local.schedules import ScheduleBook
from core.clock import held
from pipelines.catalog import Catalog
from surfaces.evaluation.world_file import WorldFile, WorldRun, WorldSchedule

DEFAULT = "default"
"""The experiment that is always there."""
BEFORE = timedelta(days=30)
"""How long before the world's clock its experiments began."""
A_MOMENT = timedelta(minutes=1)


def tell_experiments(world: WorldFile, runs: LocalRuns) -> None:
    """Create the experiments of a world."""
    with held(world.clock - BEFORE):
        for experiment in world.experiments:
            if experiment["name"] != DEFAULT:
                runs.create_experiment(experiment["name"], experiment.get("description", ""))


def tell_schedules(world: WorldFile, folder: Path, runs: LocalRuns, catalog: Catalog) -> None:
    """Create the schedules of a world, with what they started last and missed since."""
    # Paused ones first: the clock of the others must not let them fire.
    for schedule in sorted(world.schedules, key=lambda one: one.state != "paused"):
        created = (schedule.last_fired or world.clock) - A_MOMENT
        with held(created):
            made = runs.schedule(
                catalog.find(schedule.pipeline), schedule.cron, {}, name=schedule.name
            )
            if schedule.state == "paused":
                runs.pause(made.id)
        if schedule.last_fired is not None:
            _fire(ScheduleBook(folder / "runs.db"), schedule, schedule.last_fired, world.runs)


def _fire(
    book: ScheduleBook, schedule: WorldSchedule, at: datetime, runs: Sequence[WorldRun]
) -> None:
    """Let a schedule have fired once; the run that came of it is in the history already."""
    started = next(
        (run.id for run in runs if run.started == at and run.pipeline == schedule.pipeline), ""
    )
    with held(at):
        for firing in book.claim_due():
            book.fired(firing, started)
