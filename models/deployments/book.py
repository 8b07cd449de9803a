"""What is deployed: starts, replaces, lists and stops deployments."""

import getpass
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core import clock
from core.deployments import Deployment, DeploymentMode, DeploymentState, StoppedDeployment
from core.errors import AssistantError, NotFoundError
from core.models import ModelVersion
from core.schedules import Schedule, Scheduler
from models.deployments import recording
from models.deployments.processes import Launcher
from models.deployments.records import KEY, LOG, RECORDED, DeploymentRecord, Records
from models.registry import Registry

PAGES = ("predict", "docs", "metrics")


class DeploymentBook:
    """Deployments, kept as folders; their processes and schedules live on their own.

    Args:
        folder: Where the deployments' folders are.
        registry: The models.
        launcher: Brings real-time services to life.
        scheduler: Starts the runs of batch deployments by the clock.
    """

    def __init__(
        self, folder: Path, registry: Registry, launcher: Launcher, scheduler: Scheduler
    ) -> None:
        self.records = Records(folder)
        self._registry = registry
        self._launcher = launcher
        self._scheduler = scheduler

    def names(self) -> Sequence[str]:
        """Return the names of all deployments."""
        return self.records.names()

    def all(self) -> Sequence[Deployment]:
        """Return every deployment, by name."""
        return [self.find(name) for name in self.names()]

    def find(self, name: str) -> Deployment:
        """Return a deployment.

        Raises:
            NotFoundError: There is none of that name; the hint names the closest.
        """
        record = self.records.read(name)
        folder = self.records.place(name)
        count, last = recording.summary(folder / RECORDED)
        live = record.mode is DeploymentMode.REAL_TIME
        return Deployment(
            name=name,
            model=record.model,
            version=self._version(record),
            follows=record.follows,
            mode=record.mode,
            state=self._state(record),
            address=record.address,
            pages={page: f"{record.address}/{page}" for page in PAGES} if record.address else {},
            key_file=str(folder / KEY) if live else "",
            schedule=record.schedule,
            source=record.source,
            created_at=record.created_at,
            by=record.by,
            predictions=count,
            last_at=last,
            log=str(folder / LOG) if live else "",
        )

    def followers(self, model: str, alias: str) -> Sequence[str]:
        """Return the names of the deployments that use an alias's holder."""
        records = [self.records.read(name) for name in self.names()]
        return [
            record.name for record in records if (record.model, record.follows) == (model, alias)
        ]

    def serve(self, name: str, version: ModelVersion, follows: str) -> Deployment:
        """Deploy a version as a real-time service; a service of that name changes without a gap.

        Raises:
            UnavailableError: The service does not come up.
        """
        before = self._existing(name)
        record = self._record(name, version, follows, DeploymentMode.REAL_TIME)
        if before is not None and self._is_served(before):
            # Its process reads the record again and changes models between two requests.
            self.records.write(
                replace(record, address=before.address, pid=before.pid, started=before.started)
            )
            return replace(self.find(name), replaced=before.version)
        self.records.key(name)
        self.records.write(replace(record, schedule=""))
        try:
            service = self._launcher.start(name, self.records.place(name))
        except AssistantError:
            # What was there before goes on as if nothing had been asked.
            if before is None:
                self.records.forget(name)
            else:
                self.records.write(before)
            raise
        self.records.write(
            replace(record, address=service.address, pid=service.pid, started=service.started)
        )
        if before is not None and before.schedule:
            self._unschedule(before.schedule)
        return replace(self.find(name), replaced=before.version if before else None)

    def batch(
        self, name: str, version: ModelVersion, follows: str, schedule: Schedule, source: str
    ) -> Deployment:
        """Remember a schedule as a batch deployment; what the name stood for before is ended."""
        before = self._existing(name)
        record = self._record(name, version, follows, DeploymentMode.BATCH)
        self.records.write(replace(record, schedule=schedule.name, source=source))
        if before is not None:
            self._launcher.stop(before.pid, before.started)
            if before.schedule and before.schedule != schedule.name:
                self._unschedule(before.schedule)
        return replace(self.find(name), replaced=before.version if before else None)

    def stop(self, name: str) -> StoppedDeployment:
        """End a deployment; what it recorded stays.

        Raises:
            NotFoundError: There is none of that name.
        """
        deployment = self.find(name)
        record = self.records.read(name)
        if record.schedule:
            self._unschedule(record.schedule)
        self._launcher.stop(record.pid, record.started)
        kept = self.records.forget(name)
        return StoppedDeployment(
            name=name,
            model=deployment.model,
            version=deployment.version,
            mode=deployment.mode,
            kept=str(kept) if kept else "",
        )

    def recorded_table(self, name: str, folder: Path) -> Path:
        """Write what a deployment was asked as a table of features.

        Raises:
            RequestError: Nothing was recorded yet.
        """
        recorded = self.records.place(name) / RECORDED
        return recording.as_table(recorded, folder / f"{name}.csv", name)

    def _existing(self, name: str) -> DeploymentRecord | None:
        self.records.place(name)
        return self.records.read(name) if name in self.names() else None

    @staticmethod
    def _record(
        name: str, version: ModelVersion, follows: str, mode: DeploymentMode
    ) -> DeploymentRecord:
        return DeploymentRecord(
            name=name,
            model=version.model,
            version=version.version,
            follows=follows,
            mode=mode,
            created_at=clock.now(),
            by=getpass.getuser(),
        )

    def _version(self, record: DeploymentRecord) -> int:
        if not record.follows:
            return record.version
        try:
            return self._registry.find(record.reference).version
        except AssistantError:
            return record.version

    def _state(self, record: DeploymentRecord) -> DeploymentState:
        if record.mode is DeploymentMode.REAL_TIME:
            return DeploymentState.RUNNING if self._is_served(record) else DeploymentState.ENDED
        schedule = self._schedule(record.schedule)
        if schedule is None:
            return DeploymentState.ENDED
        return DeploymentState.RUNNING if schedule.enabled else DeploymentState.PAUSED

    def _is_served(self, record: DeploymentRecord) -> bool:
        return self._launcher.lives(record.pid, record.started)

    def _schedule(self, name: str) -> Schedule | None:
        try:
            found = self._scheduler.schedules()
        except AssistantError:
            return None
        return next((schedule for schedule in found if schedule.name == name), None)

    def _unschedule(self, name: str) -> None:
        schedule = self._schedule(name)
        if schedule is not None:
            try:
                self._scheduler.delete_schedule(schedule.id)
            except NotFoundError:
                # Somebody else has just deleted it: that is what was wanted.
                return
