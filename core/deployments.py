"""Models in use: the types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class DeploymentMode(StrEnum):
    """How a model is put to use."""

    BATCH = "batch"
    REAL_TIME = "real-time"
    STREAMING = "streaming"
    EDGE = "edge"


class DeploymentState(StrEnum):
    """Where a deployment stands."""

    RUNNING = "running"
    PAUSED = "paused"
    """Its schedule is paused."""
    ENDED = "ended"
    """It was not stopped, but nothing works for it any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A model that answers, or that is asked by the clock."""

    name: str
    model: str
    version: int
    """The version that is used now."""
    follows: str = ""
    """The alias whose holder it uses; empty where its version is fixed."""
    mode: DeploymentMode
    state: DeploymentState
    address: str = ""
    """Of a real-time service: `http://127.0.0.1:8123`."""
    pages: Mapping[str, str] = field(default_factory=dict)
    """Of a real-time service: where it predicts, describes itself and tells its counts."""
    key_file: str = ""
    """Where the key is that its requests must carry; only its owner can read the file."""
    schedule: str = ""
    """Of a batch deployment: the schedule that starts its runs."""
    source: str = ""
    """Of a batch deployment: below which prefix new tables are scored, as `bucket/prefix/`."""
    created_at: datetime
    by: str
    """Who approved it, by the name under which they work on this machine."""
    predictions: int = 0
    """How many it has recorded."""
    last_at: datetime | None = None
    """When it recorded the last one."""
    log: str = ""
    """Where its log is on this machine."""
    replaced: int | None = None
    """The version that it used before it was deployed anew under its name."""

    @property
    def reference(self) -> str:
        """What it was deployed with: `delay@champion`, `delay:2`."""
        return f"{self.model}@{self.follows}" if self.follows else f"{self.model}:{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedDeployment:
    """A deployment that has just been ended."""

    name: str
    model: str
    version: int
    mode: DeploymentMode
    kept: str
    """Where what it recorded still is; empty where there is nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentAdvice:
    """How a model should be put to use."""

    mode: DeploymentMode
    why: tuple[str, ...]
    """What speaks for it, each from something that was said."""
    why_not: Mapping[str, str] = field(default_factory=dict)
    """By mode, what speaks against the others."""
    understood: Mapping[str, str] = field(default_factory=dict)
    """By argument, what was made of the person's words."""
    unknown: tuple[str, ...] = ()
    """What was not said and could change the answer."""
    available: bool = True
    """Whether `deploy_model` can do it."""
    instead: str = ""
    """What to do where it cannot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPackage:
    """A model as one archive that runs anywhere."""

    model: str
    version: int
    path: str
    bytes: int
    sha256: str
    files: tuple[str, ...]
    how: str
    """The commands that run it."""
