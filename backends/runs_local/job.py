"""What a worker is told about its run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.objects import ObjectStore
from core.pipelines import ParameterValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A run for a worker; it travels through a pipe, never over a disk or a command line."""

    run_id: str
    pipeline: str
    package: str
    arguments: Mapping[str, ParameterValue]
    """Parameters, with the paths of staged files in place of object references."""
    home: Path
    store: ObjectStore
    workers: int
    preload: tuple[str, ...]
    use_cache: bool

    @property
    def database(self) -> Path:
        """Where the history is."""
        return self.home / "runs.db"

    @property
    def logs(self) -> Path:
        """Where the run's logs are."""
        return self.home / "logs" / self.run_id

    @property
    def work(self) -> Path:
        """Where the run's tasks leave their files."""
        return self.home / "work" / self.run_id
