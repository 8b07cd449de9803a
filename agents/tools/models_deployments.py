"""What the models agent can do with models in use."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agents.events import Effect
from agents.toolbox import Tool
from core.deployments import (
    Deployment,
    DeploymentAdvice,
    DeploymentMode,
    ModelPackage,
    StoppedDeployment,
)
from core.errors import RequestError, closest
from core.models import ModelVersion
from core.objects import ObjectStore
from core.paging import Page, page_of
from core.runs import RunBackend
from core.schedules import Ticking
from models.advice import INSTEAD
from models.deployments.book import DeploymentBook
from models.records import CHAMPION
from models.registry import ALIASES, Registry, split_reference
from pipelines.catalog import Catalog

SCORING = "delay-scoring"
PLANNED = "datasets/planned/"
"""Where a batch deployment looks for new tables."""
EVERY_MORNING = "0 6 * * *"
SOURCES = (
    "core/__init__.py",
    "core/errors.py",
    "core/pipelines.py",
    "pipelines/__init__.py",
    "pipelines/delay/__init__.py",
    "pipelines/delay/phase.py",
    "pipelines/delay/schema.py",
    "pipelines/delay/data/columns.json",
)
"""What derives features from a phase; it needs nothing else of this project."""


@dataclass(frozen=True, slots=True)
class DeploymentTools:
    """Models in use."""

    registry: Registry
    runs: RunBackend
    store: ObjectStore
    catalog: Catalog
    deployments: DeploymentBook

    def recommend_deployment(
        self, latency: str = "", volume: str = "", connectivity: str = "", device: str = ""
    ) -> DeploymentAdvice:
        """Recommend batch, real-time, streaming or edge for a model, and say why.

        Args:
            latency: How soon answers are needed, in the person's words: `within a second`.
            volume: How much there is to predict: `200 phases once a month`.
            connectivity: Whether a service can be reached: `no internet on site`.
            device: On what it is to run: `tablets`.
        """
        from models.advice import recommend

        return recommend(latency, volume, connectivity, device)

    def deploy_model(self, model: str, mode: str, version: str = "", name: str = "") -> Deployment:
        """Deploy a model: scored by a schedule (batch) or as a web service (real-time).

        Args:
            model: Its name, which may carry a version: `delay`, `delay:3`.
            mode: `batch`, `real-time`, `streaming` or `edge`.
            version: A number or an alias; it follows the champion if empty.
            name: What to call the deployment: `delay-api`; an existing one is replaced.
        """
        self.registry.sync(self.runs)
        way = _mode(mode)
        used, follows = self._used(model, version)
        name = name or f"{used.model}-{_SHORT[way]}"
        if way is DeploymentMode.REAL_TIME:
            return self.deployments.serve(name, used, follows)
        parameters = {
            "data": PLANNED,
            "model": used.model,
            "version": follows or str(used.version),
        }
        spec = self.catalog.find(SCORING)
        # What would be refused must not cost the schedule that is there.
        self.runs.check(spec, parameters)
        for old in self.runs.schedules():
            if old.name == name:
                self.runs.delete_schedule(old.id)
        schedule = self.runs.schedule(spec, EVERY_MORNING, parameters, name=name)
        # A cluster fires by itself, with the table that was the newest when it was told.
        source = str(schedule.parameters.get("data") or PLANNED)
        return self.deployments.batch(name, used, follows, schedule, source)

    def deploy_model_details(
        self, model: str, mode: str, version: str = "", name: str = ""
    ) -> Mapping[str, str]:
        """Say what will answer, where, and what it replaces."""
        self.registry.sync(self.runs)
        way = _mode(mode)
        used, follows = self._used(model, version)
        name = name or f"{used.model}-{_SHORT[way]}"
        details = {
            "deployment": f"{name} ({way})",
            "model": f"{used.model}:{used.version}, {used.algorithm}",
            "later": f"it changes with the {follows}" if follows else "it stays at this version",
        }
        if way is DeploymentMode.REAL_TIME:
            details["starts"] = (
                "a web service of its own process, with a key, which goes on when the assistant"
                " ends; by default only this machine reaches it"
            )
        else:
            details["starts"] = (
                f"a schedule of {SCORING}, every day at 06:00 UTC: every table that came below"
                f" {PLANNED} since the day before"
                if isinstance(self.runs, Ticking)
                else f"a schedule of {SCORING} on the cluster, every day at 06:00 UTC, always with"
                f" the table that is the newest below {PLANNED} now; for tables that are still to"
                " come, `create_trigger` starts a run for each"
            )
        if name in self.deployments.names():
            old = self.deployments.find(name)
            details["replaces"] = f"{old.name}: {old.model}:{old.version}, {old.mode}, {old.state}"
        return details

    def list_deployments(self) -> Page[Deployment]:
        """List what is deployed: the versions, where they answer and how much they predicted."""
        return page_of(self.deployments.all())

    def stop_deployment(self, deployment: str) -> StoppedDeployment:
        """Stop a deployment; what it has recorded stays.

        Args:
            deployment: Its name: `delay-api`.
        """
        return self.deployments.stop(deployment)

    def stop_deployment_details(self, deployment: str) -> Mapping[str, str]:
        """Say what stops answering."""
        found = self.deployments.find(deployment)
        return {
            "stops": f"{found.name}: {found.model}:{found.version}, {found.mode}, {found.state}",
            "address": found.address or "none",
            "keeps": f"the {found.predictions} predictions that it recorded",
        }

    def package_model(self, model: str, version: str = "", path: str = "") -> ModelPackage:
        """Write a model as one portable archive that runs anywhere.

        Args:
            model: Its name, which may carry a version: `delay`, `delay:3`.
            version: A number, an alias or `latest`; the champion if empty.
            path: The archive, or the folder to put it in: `dist/`; the present folder if empty.
        """
        from models.packaging import write_package

        used, target = self._to_package(model, version, path)
        root = Path(__file__).parents[2]
        sources = {f"sources/{place}": (root / place).read_bytes() for place in SOURCES}
        content = self.store.read(used.bucket, used.key)
        return write_package(self.registry.card(used), content, sources, target)

    def package_model_details(
        self, model: str, version: str = "", path: str = ""
    ) -> Mapping[str, str]:
        """Say which version is written where."""
        used, target = self._to_package(model, version, path)
        return {
            "model": f"{used.model}:{used.version}, {used.algorithm}",
            "writes": f"{target}{', which exists and is replaced' if target.exists() else ''}",
        }

    def _to_package(self, model: str, version: str, path: str) -> tuple[ModelVersion, Path]:
        self.registry.sync(self.runs)
        used = self.registry.find(model, version)
        target = Path(path).expanduser()
        named = f"{used.model}-{used.version}.tar.gz"
        if not path or target.is_dir() or path.endswith("/"):
            return used, target / named
        if not target.name.endswith((".tar.gz", ".tgz")):
            target = target / named if not target.suffix else target.with_suffix(".tar.gz")
        return used, target

    def _used(self, model: str, version: str) -> tuple[ModelVersion, str]:
        """Return the version to use now, and the alias that it is to follow, if any."""
        name, carried = split_reference(model)
        wanted = (version or carried or CHAMPION).strip().casefold()
        used = self.registry.find(name, wanted)
        return used, wanted if wanted in ALIASES else ""

    def tools(self) -> tuple[Tool, ...]:
        """Return the tools of this agent."""
        return (
            Tool(self.recommend_deployment),
            Tool(self.deploy_model, Effect.WRITES, details=self.deploy_model_details, seconds=180),
            Tool(self.list_deployments),
            Tool(self.stop_deployment, Effect.WRITES, details=self.stop_deployment_details),
            Tool(self.package_model, Effect.WRITES, details=self.package_model_details),
        )


_SHORT = {
    DeploymentMode.BATCH: "batch",
    DeploymentMode.REAL_TIME: "api",
    DeploymentMode.STREAMING: "stream",
    DeploymentMode.EDGE: "edge",
}


def _mode(text: str) -> DeploymentMode:
    """Return the mode that a word means.

    Raises:
        RequestError: There is no such mode, or it is not there yet.
    """
    spelling = re.sub(r"[\s_]+", "-", text.strip().casefold())
    known = {"realtime": DeploymentMode.REAL_TIME, **{mode.value: mode for mode in DeploymentMode}}
    mode = known.get(spelling)
    if mode is None:
        near = closest(spelling, known, limit=1)
        guess = f"Did you mean {near[0]}? " if near else ""
        raise RequestError(
            f"There is no deployment mode {text!r}.",
            hint=f"{guess}The modes are {', '.join(DeploymentMode)}.",
        )
    if mode in INSTEAD:
        raise RequestError(f"A model cannot be deployed for {mode} yet.", hint=INSTEAD[mode])
    return mode
