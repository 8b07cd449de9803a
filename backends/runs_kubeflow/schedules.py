"""Schedules as recurring runs of a cluster, which fires them without us."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from backends.runs_kubeflow.cluster import Cluster
from backends.runs_kubeflow.history import plain_parameters
from backends.runs_kubeflow.listing import first
from backends.runs_kubeflow.names import DEFAULT, Names
from backends.runs_kubeflow.packages import name_in
from backends.runs_kubeflow.queries import equals
from backends.runs_kubeflow.records import RecurringRecord, Reference
from core import clock
from core.errors import RequestError, not_found
from core.pipelines import ParameterValue
from core.schedules import Schedule
from core.timetable import next_firings

MOST = 1000


def six_fields(cron: str) -> str:
    """Return five cron fields as a cluster reads them: seconds first, and Sunday as 0.

    Raises:
        RequestError: The fields make no sense.
    """
    from croniter import croniter

    next_firings(cron, 1, clock.now())
    *fields, weekdays = cron.split()
    expanded, nth = croniter.expand(cron)
    if nth or any("l" in values for values in expanded):
        raise RequestError(
            f"Kubeflow does not understand `{cron}`: it knows no last day and no n-th weekday.",
            hint="Name the days: `0 6 1 * *` is the first of every month at six.",
        )
    if "7" in weekdays:
        weekdays = ",".join(str(day) for day in sorted(expanded[4], key=int))
    return " ".join(["0", *fields, weekdays])


def five_fields(cron: str) -> str:
    """Return a cluster's six fields as five, where the seconds are nothing but 0."""
    fields = cron.split()
    return " ".join(fields[1:]) if len(fields) == 6 and fields[0] in {"0", "00"} else cron


@dataclass(frozen=True, slots=True)
class Schedules:
    """The recurring runs of a cluster."""

    cluster: Cluster
    names: Names

    def all(self) -> Sequence[Schedule]:
        """Return every schedule, by name."""
        found = [self._schedule(record) for record in first(self.cluster.recurring_runs(), MOST)]
        return sorted(found, key=lambda schedule: schedule.name)

    def find(self, reference: str) -> RecurringRecord:
        """Return a recurring run by its id or its name.

        Raises:
            NotFoundError: There is none; the hint names the closest.
        """
        records = first(self.cluster.recurring_runs(), MOST)
        by_id = [record for record in records if record.recurring_run_id == reference]
        by_name = [record for record in records if record.display_name == reference]
        found = next(iter(by_id or by_name), None)
        if found is None:
            raise not_found("schedule", reference, [record.display_name for record in records])
        return found

    def create(
        self,
        *,
        pipeline: str,
        version: Reference,
        cron: str,
        parameters: Mapping[str, ParameterValue],
        pipeline_root: str,
        name: str,
    ) -> Schedule:
        """Create a schedule.

        Raises:
            RequestError: The cron fields make no sense, or the name is taken.
        """
        fields = six_fields(cron)
        name = self.free_name(pipeline, name)
        record = self.cluster.create_recurring_run(
            name=name,
            cron=fields,
            version=version,
            parameters=parameters,
            pipeline_root=pipeline_root,
            experiment_id=self.names.experiment_for(DEFAULT),
        )
        return self._schedule(record)

    def free_name(self, pipeline: str, name: str) -> str:
        """Return the name a schedule gets.

        Raises:
            RequestError: The name is taken.
        """
        taken = {record.display_name for record in first(self.cluster.recurring_runs(), MOST)}
        if name in taken:
            raise RequestError(
                f"There is a schedule {name!r} already.",
                hint="Choose another name, or delete that one first.",
                quoted=[name],
            )
        number = 1
        while not name or name in taken:
            name = f"{pipeline}-schedule-{number}"
            number += 1
        return name

    def change(self, reference: str, verb: str) -> Schedule:
        """Let a schedule be disabled or enabled."""
        record = self.find(reference)
        self.cluster.change_recurring_run(record.recurring_run_id, verb)
        return self._schedule(self.cluster.recurring_run(record.recurring_run_id))

    def delete(self, reference: str) -> None:
        """Remove a schedule."""
        self.cluster.change_recurring_run(self.find(reference).recurring_run_id, "delete")

    def _schedule(self, record: RecurringRecord) -> Schedule:
        latest = first(
            self.cluster.runs([equals("recurring_run_id", record.recurring_run_id)], page=1), 1
        )
        reference = record.pipeline_version_reference
        pipeline = self.names.pipeline(reference.pipeline_id) if reference else ""
        cron = _when(record)
        parameters = record.runtime_config.parameters if record.runtime_config else {}
        return Schedule(
            id=record.recurring_run_id,
            name=record.display_name,
            pipeline=pipeline or name_in(record.pipeline_spec),
            cron=cron,
            parameters=plain_parameters(parameters),
            enabled=record.enabled,
            created_at=record.created_at,
            next_at=_next(cron) if record.enabled else None,
            last_fired_at=latest[0].created_at if latest else None,
            last_run=latest[0].run_id if latest else "",
        )


def _when(record: RecurringRecord) -> str:
    trigger = record.trigger
    if trigger and trigger.cron_schedule and trigger.cron_schedule.cron:
        return five_fields(trigger.cron_schedule.cron)
    if trigger and trigger.periodic_schedule:
        # Somebody else made it, and it has no time of day.
        return f"every {trigger.periodic_schedule.interval_second} seconds"
    return ""


def _next(cron: str) -> datetime | None:
    try:
        return next_firings(cron, 1, clock.now())[0]
    except RequestError:
        # Not of five fields: made elsewhere, and only the cluster knows.
        return None
