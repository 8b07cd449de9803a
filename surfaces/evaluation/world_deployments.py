"""Deployments in a world: they answer as soon as they are asked for, without a process."""

from pathlib import Path

from models.deployments.book import DeploymentBook
from models.deployments.processes import Service
from models.registry import Registry
from surfaces.evaluation.world_file import WorldFile
from surfaces.evaluation.world_runs import WorldRuns

NO_PROCESS = -1
ADDRESS = "http://127.0.0.1:8123"


class WorldLauncher:
    """Services that would take seconds to start: records, versions and schedules are real."""

    def start(self, name: str, folder: Path) -> Service:
        """Say that a service answers."""
        del name, folder
        return Service(pid=NO_PROCESS, started=0.0, address=ADDRESS)

    def lives(self, pid: int, started: float) -> bool:
        """Return whether it was started."""
        del started
        return pid == NO_PROCESS

    def stop(self, pid: int, started: float) -> None:
        """End nothing: nothing was started."""
        del pid, started


def tell_deployments(world: WorldFile, folder: Path, registry: Registry, runs: WorldRuns) -> None:
    """Deploy what a world's file says is deployed."""
    book = DeploymentBook(folder / "deployments", registry, WorldLauncher(), runs)
    for told in world.deployments:
        version = registry.find(str(told["model"]), str(told["version"]))
        book.serve(str(told["name"]), version, "")
