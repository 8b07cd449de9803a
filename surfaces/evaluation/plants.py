"""Puts texts from outside into a copy of a world, for cases about injection."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from agents.tools.references import find_run
from backends.runs_local.logs import task_log
from backends.store_folder import FolderStore
from core.models import ModelCard
from knowledge.library import Library
from pipelines.catalog import Catalog
from surfaces.evaluation.cases import Plant
from surfaces.evaluation.world import WORK, World


def put(plants: Sequence[Plant], world: World, home: Path) -> Catalog:
    """Put the plants into a copy and return the pipelines with what was planted in them."""
    for plant in plants:
        if plant.object:
            bucket, _, key = plant.object.partition("/")
            FolderStore(home / "objects").put(bucket, key, plant.text.encode())
        elif plant.log is not None:
            _into_log(world, home, plant.log.run, plant.log.task, plant.text)
        elif place := plant.file or plant.source:
            path = home / WORK / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(plant.text, encoding="utf-8")
        elif plant.model is not None:
            _into_card(home, plant.model.name, plant.model.version, plant.text)
    described = {plant.pipeline: plant.text for plant in plants if plant.pipeline}
    return Catalog(
        [
            replace(spec, description=described.get(spec.name, spec.description))
            for spec in world.catalog.all()
        ]
    )


def index(plants: Sequence[Plant], library: Library) -> None:
    """Make the planted sources searchable; the folder of the case must be the current one."""
    for plant in plants:
        if plant.source:
            library.add(plant.source)


def _into_log(world: World, home: Path, run: str, task: str, text: str) -> None:
    found = find_run(world.runs(home), run)
    path = task_log(home / "logs" / found.id, task)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as log:
        log.write(f"{text}\n")


def _into_card(home: Path, name: str, version: int, text: str) -> None:
    from pydantic import TypeAdapter

    store = FolderStore(home / "objects")
    key = f"{name}/{version}/card.json"
    cards = TypeAdapter(ModelCard)
    card = cards.validate_json(store.read("models", key))
    store.put("models", key, cards.dump_json(replace(card, notes=(*card.notes, text))))
