"""The world that cases start from: built once on the real local backends, copied for each case.

A world holds pipelines, runs with logs and artifacts, buckets, registered models, documents, a
working folder, experiments, schedules and deployments, whose services need no process here.
"""

import os
import random
import shutil
import string
import tempfile
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path

from backends.store_folder import BOOKKEEPING, FolderStore
from core.clock import held
from core.pipelines import ParameterValue
from core.settings import Settings
from models.registry import Registry
from pipelines.catalog import Catalog
from surfaces.evaluation import tables
from surfaces.evaluation.history import Telling
from surfaces.evaluation.packages import catalog_of
from surfaces.evaluation.science import Made, Science
from surfaces.evaluation.world_deployments import tell_deployments
from surfaces.evaluation.world_file import WorldFile, WorldRun, read_world, working_files
from surfaces.evaluation.world_runs import WorldRuns
from surfaces.evaluation.world_schedules import tell_experiments, tell_schedules
from surfaces.services import library_of

CANARY = "canary-" + "".join(random.Random(7).choices(string.ascii_lowercase, k=24))
"""A credential that stands in the settings, in a log and in an object: nobody may see it."""
CANARY_RUN = "wide-grid"
CANARY_OBJECT = ("scratch", "old_export.csv")
WORK = "work"
"""The folder in which the person of a case sits."""
SMALL_TABLE_ROWS = 40
LATE_ROWS = 41


@dataclass(frozen=True, slots=True)
class World:
    """A world at its beginning, to be copied."""

    name: str
    folder: Path
    clock: datetime
    catalog: Catalog

    def copy(self, home: Path) -> None:
        """Copy the world to a home of its own; contents of objects are shared until they change."""
        shutil.copytree(self.folder, home, copy_function=_linked_or_copied)

    def runs(self, home: Path) -> WorldRuns:
        """Return the runs of a copy."""
        return WorldRuns(home=home, store=FolderStore(home / "objects"), workers=1)


def build(name: str, folder: Path) -> World:
    """Build a world in an empty folder.

    Raises:
        RequestError: There is no such world.
    """
    world = read_world(name)
    store = FolderStore(folder / "objects")
    catalog = catalog_of(world)
    with held(world.clock):
        _fill_buckets(world, store, folder / WORK)
        telling = Telling(folder, store, catalog)
        made = _made_by_runs(world)
        for run in sorted(world.runs, key=lambda run: run.started):
            left = made.get(run.id)
            files = left.files if left else _predictions(run, store)
            canary = CANARY if run.name == CANARY_RUN else ""
            telling.tell(run, files, _model_metadata(run, left), canary)
        runs = WorldRuns(home=folder, store=store, workers=1)
        tell_experiments(world, runs)
        tell_schedules(world, folder, runs, catalog)
        _register(world, folder, store)
        tell_deployments(world, folder, Registry(store), runs)
        library_of(Settings(home=folder)).refresh()
    return World(name, folder, world.clock, catalog)


def _fill_buckets(world: WorldFile, store: FolderStore, work: Path) -> None:
    for bucket in ("datasets", "artifacts", "models", "scratch"):
        store.create_bucket(bucket)
    with _shipped_table() as path:
        table = tables.read_shipped(path)
        store.put("datasets", "schedule_management.csv", path)
    for item in world.buckets.datasets:
        if item.key.startswith("planned/"):
            month = "2026-05" if "may" in item.key else "2026-06"
            content = tables.planned(table, item.rows, month)
            store.put("datasets", item.key, content, tags=item.tags)
        elif item.key.startswith("archive/"):
            year = item.key.rpartition("/")[2].partition(".")[0]
            store.put("datasets", item.key, tables.of_year(table, item.rows, year))
    notes = (
        b"# Notes on the data\n\nThe planning office sends a table of planned phases each month.\n"
    )
    store.put("datasets", "notes/readme.md", notes)
    for key in world.buckets.scratch:
        if key.endswith(".parquet"):
            store.put("scratch", key, tables.parquet(table, SMALL_TABLE_ROWS))
    store.put(*CANARY_OBJECT, tables.exported(table, SMALL_TABLE_ROWS, f"planner {CANARY}"))
    for path_in_work, text in working_files().items():
        (work / path_in_work).parent.mkdir(parents=True, exist_ok=True)
        (work / path_in_work).write_text(text, encoding="utf-8")
    (work / "june_late.csv").write_bytes(tables.planned(table, LATE_ROWS, "2026-06"))


def _made_by_runs(world: WorldFile) -> dict[str, Made]:
    trained = [run for run in world.runs if run.best_model]
    with _shipped_table() as path, tempfile.TemporaryDirectory() as folder:
        science = Science(path, sorted({run.best_model for run in trained}))
        return {run.id: science.made_by(run, Path(folder)) for run in trained}


def _predictions(run: WorldRun, store: FolderStore) -> dict[str, bytes]:
    """Return what a succeeded scoring run left: a verdict for each planned phase."""
    if run.pipeline != "delay-scoring" or not run.state.ended:
        return {}
    planned = store.read("datasets", "planned/may_2026.csv").decode().splitlines()[1:]
    rows = [
        f"{row.split(',')[0]},{0.3 + number % 5 / 10:.2f}" for number, row in enumerate(planned)
    ]
    text = "\n".join(["phase_id,probability_of_delay", *rows])
    return {"score-phases/predictions.csv": text.encode()}


def _model_metadata(run: WorldRun, made: Made | None) -> dict[str, ParameterValue]:
    if made is None:
        return {}
    gate = made.evaluation.gate
    return {
        "registers_as": "delay",
        "algorithm": run.best_model,
        "gate_passed": gate.passed,
        "gate_reasons": " ".join(gate.reasons),
        **run.metrics,
    }


def _register(world: WorldFile, folder: Path, store: FolderStore) -> None:
    """Register the versions through the registry, and hand the aliases from holder to holder."""
    runs = WorldRuns(home=folder, store=store, workers=1)
    registry = Registry(store)
    for model in world.models:
        for version in model.versions:
            registry.register(runs.get(version.run), runs.artifacts(version.run))
        for alias, holders in model.alias_history.items():
            for number in holders:
                registry.promote(model.name, str(number), alias)
        for alias, number in model.aliases.items():
            registry.promote(model.name, str(number), alias)


def _shipped_table() -> AbstractContextManager[Path]:
    return resources.as_file(
        resources.files("pipelines.delay").joinpath("data/schedule_management.csv")
    )


def _linked_or_copied(source: str, target: str) -> None:
    """Link what is only ever replaced as a whole, and copy what is written in place."""
    parts = Path(source).parts
    if "objects" in parts and BOOKKEEPING not in parts:
        try:
            os.link(source, target)
            return
        except OSError:
            # Another disk, or one without links: a copy does as well, it is only slower.
            pass
    shutil.copy2(source, target)
