"""Answers about schedules, experiments and the trash."""

from backends.chat_builtin.answers.base import write_answer, write_list
from backends.chat_builtin.answers.phrases import ago, plural, table
from core.paging import Page
from core.runs import Experiment
from core.schedules import Schedule
from core.timetable import cron_in_words
from core.trash import EmptiedTrash


@write_answer.register
def _schedule(value: Schedule, tool: str, request: str) -> str:
    del request
    about = f"`{value.name}` ({value.pipeline}, {cron_in_words(value.cron)})"
    following = f" Next: {value.next_at:%a %Y-%m-%d %H:%M} UTC." if value.next_at else ""
    if tool == "schedule_run":
        return f"Scheduled: {about}.{following} Stop it with “pause {value.name}”."
    if tool == "pause_schedule":
        return f"{about} is paused. “Resume {value.name}” lets it fire again."
    if tool == "resume_schedule":
        return f"{about} fires again.{following}"
    if tool == "delete_schedule":
        return f"The schedule {about} is deleted; the runs it started stay."
    return f"{about}.{following}"


@write_list.register
def _schedules(first: Schedule, page: Page[Schedule]) -> str:
    del first
    rows = [
        (
            one.name,
            one.pipeline,
            cron_in_words(one.cron),
            _next(one),
            f"{ago(one.last_fired_at)} (run `{one.last_run}`)" if one.last_run else _last(one),
        )
        for one in page
    ]
    missed = [
        f"{one.name} missed {plural(len(one.missed), 'firing')}, the last"
        f" {one.missed[-1]:%Y-%m-%d %H:%M} UTC: nothing was up to run it."
        for one in page
        if one.missed
    ]
    lines = table(("schedule", "pipeline", "fires", "next (UTC)", "last"), rows)
    return "\n\n".join([lines, *missed])


def _next(one: Schedule) -> str:
    if not one.enabled:
        return "paused"
    return f"{one.next_at:%a %Y-%m-%d %H:%M}" if one.next_at else "unknown"


def _last(one: Schedule) -> str:
    return ago(one.last_fired_at) if one.last_fired_at else "never"


@write_answer.register
def _experiment(value: Experiment, tool: str, request: str) -> str:
    del tool, request
    about = f" — {value.description}" if value.description else ""
    return (
        f"There is an experiment `{value.name}` now{about}. Put a run in it with “run … in the"
        f" experiment {value.name}”."
    )


@write_list.register
def _experiments(first: Experiment, page: Page[Experiment]) -> str:
    del first
    lines = [
        f"- **{one.name}** — {plural(one.runs, 'run')}{_used(one)}"
        f"{f': {one.description}' if one.description else ''}"
        for one in page
    ]
    return f"{plural(page.total, 'experiment')}:\n\n" + "\n".join(lines)


def _used(one: Experiment) -> str:
    return f", the last {ago(one.last_run_at)}" if one.last_run_at else ""


@write_answer.register
def _emptied(value: EmptiedTrash, tool: str, request: str) -> str:
    del tool, request
    if not value.runs and not value.objects:
        return "The trash was empty already. Nothing was removed."
    return (
        f"The trash is empty: {plural(value.runs, 'run')} and {plural(value.objects, 'object')}"
        " were removed for good."
    )
