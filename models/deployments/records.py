"""What is remembered of a deployment, one folder each."""

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from core.deployments import DeploymentMode
from core.errors import RequestError, UnavailableError, not_found

RECORD = "deployment.json"
KEY = "api_key"
LOG = "service.log"
RECORDED = "recorded.db"
KEY_BYTES = 32
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,61}[a-z0-9]|[a-z0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentRecord:
    """What was deployed, and who answers for it."""

    name: str
    model: str
    version: int
    """The version at the time of deploying."""
    follows: str = ""
    """The alias whose holder is used; empty where the version is fixed."""
    mode: DeploymentMode
    created_at: datetime
    by: str
    address: str = ""
    pid: int = 0
    started: float = 0.0
    """When the process began, by the system's clock: tells it from a later one of its number."""
    schedule: str = ""
    source: str = ""

    @property
    def reference(self) -> str:
        """What is used: `delay@champion`, `delay:2`."""
        return f"{self.model}@{self.follows}" if self.follows else f"{self.model}:{self.version}"


class Records:
    """Deployments as folders.

    Args:
        folder: Where the folders are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def place(self, name: str) -> Path:
        """Return a deployment's folder.

        Raises:
            RequestError: The name cannot be one.
        """
        if not _NAME.fullmatch(name):
            raise RequestError(
                f"A deployment cannot be called {name!r}.",
                hint="Use small letters, digits and hyphens: delay-api.",
            )
        return self.folder / name

    def names(self) -> Sequence[str]:
        """Return the names of all deployments."""
        if not self.folder.is_dir():
            return []
        return sorted(path.parent.name for path in self.folder.glob(f"*/{RECORD}"))

    def read(self, name: str) -> DeploymentRecord:
        """Return what is remembered of a deployment.

        Raises:
            NotFoundError: There is no such deployment; the hint names the closest.
            UnavailableError: Its file is damaged.
        """
        names = self.names()
        if name not in names:
            raise not_found("deployment", name, names, hint="`list_deployments` shows them.")
        path = self.folder / name / RECORD
        try:
            return _adapter().validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise UnavailableError(
                f"The deployment's file {path} is damaged.", hint="Move it away and deploy again."
            ) from error

    def write(self, record: DeploymentRecord) -> None:
        """Remember a deployment, all of it or nothing."""
        folder = self.place(record.name)
        draft = folder / f".{RECORD}"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft.write_bytes(_adapter().dump_json(record, indent=2))
            draft.replace(folder / RECORD)
        except OSError as error:
            raise UnavailableError(
                f"The deployment {record.name} cannot be remembered: {error.strerror}.",
                hint="Is the disk full or read-only?",
            ) from error

    def key(self, name: str) -> str:
        """Return the key that requests must carry; made up once for each deployment."""
        path = self.place(name) / KEY
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(handle, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(KEY_BYTES))
        return path.read_text("ascii").strip()

    def keys(self) -> Sequence[str]:
        """Return the keys of all deployments, to be masked."""
        known = []
        for path in self.folder.glob(f"*/{KEY}"):
            with contextlib.suppress(OSError, UnicodeDecodeError):
                known.append(path.read_text("ascii").strip())
        return known

    def forget(self, name: str) -> Path | None:
        """Forget a deployment; return the file of what it recorded, which stays."""
        folder = self.place(name)
        recorded = folder / RECORDED
        for path in (folder / RECORD, folder / KEY):
            path.unlink(missing_ok=True)
        if recorded.exists():
            return recorded
        shutil.rmtree(folder, ignore_errors=True)
        return None


@cache
def _adapter() -> TypeAdapter[DeploymentRecord]:
    return TypeAdapter(DeploymentRecord)
