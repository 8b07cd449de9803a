"""What a worker is told about its run."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from backends.store_folder import FolderStore
from backends.stores import open_store
from core.objects import ObjectStore
from core.services import S3Settings


class FolderPlace(BaseModel):
    """A store in a folder of this machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["folder"] = "folder"
    root: Path


StorePlace = Annotated[FolderPlace | S3Settings, Field(discriminator="kind")]
"""Where objects are, with all that is needed to open the store again."""


class Job(BaseModel):
    """A run for a worker; it travels through a pipe as JSON, never over a disk or a command line.

    Its keys to the store would be seen in either.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_id: str
    attempt: int = 1
    pipeline: str
    package: str
    arguments: dict[str, Any]
    """Parameters, with the paths of staged files in place of object references."""
    home: Path
    store: StorePlace
    workers: int
    preload: tuple[str, ...]
    at_once: int
    """How many runs may be at work in this home."""
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
        """Where the tasks of this attempt leave their files."""
        return self.home / "work" / self.run_id / f"attempt-{self.attempt}"

    @property
    def done(self) -> Path:
        """Where it is noted what succeeded, for later attempts."""
        return self.home / "work" / self.run_id / "done"

    def written(self) -> bytes:
        """Return the job as JSON, with the keys to the store that it otherwise hides."""
        told = self.model_dump(mode="json")
        told["store"] |= {
            name: value.get_secret_value()
            for name, value in self.store
            if isinstance(value, SecretStr)
        }
        return json.dumps(told).encode()


def place_of(store: ObjectStore) -> StorePlace:
    """Describe a store so that another process can open it."""
    if isinstance(store, FolderStore):
        return FolderPlace(root=store.root)
    settings = getattr(store, "settings", None)
    if not isinstance(settings, S3Settings):
        raise TypeError(f"A worker cannot open a {type(store).__name__}.")
    return settings


def store_at(place: StorePlace, home: Path) -> ObjectStore:
    """Open the store that a description names.

    Raises:
        SettingsError: It cannot be understood.
    """
    if isinstance(place, FolderPlace):
        return FolderStore(place.root)
    return open_store(place, home)
