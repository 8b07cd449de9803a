"""Answers about runs that start when an object arrives."""

from backends.chat_builtin.answers.base import write_answer, write_list
from backends.chat_builtin.answers.phrases import ago, plural, table
from core.paging import Page
from core.triggers import Trigger


@write_answer.register
def _trigger(value: Trigger, tool: str, request: str) -> str:
    del request
    about = f"`{value.name}` ({value.pipeline} for what arrives in {value.place})"
    if tool == "create_trigger":
        return (
            f"Set up: {about}. Each new object there starts a run without asking again, while an"
            f" assistant or `mlops-swarm daemon` is up. Stop it with “pause the trigger"
            f" {value.name}”."
        )
    if tool == "pause_trigger":
        return f"{about} is paused. “Resume the trigger {value.name}” lets it work again."
    if tool == "resume_trigger":
        return f"{about} works again, for what arrives from now on."
    if tool == "delete_trigger":
        return f"The trigger {about} is deleted; the runs it started stay."
    return f"{about}."


@write_list.register
def _triggers(first: Trigger, page: Page[Trigger]) -> str:
    del first
    rows = [
        (
            one.name,
            one.place,
            one.pipeline,
            plural(one.runs, "run"),
            _last(one) if one.enabled else "paused",
        )
        for one in page
    ]
    failed = [
        f"{one.name} could not start a run for `{one.last_key}`: {one.problem}"
        for one in page
        if one.problem
    ]
    lines = table(("trigger", "watches", "runs", "started", "last"), rows)
    return "\n\n".join([lines, *failed])


def _last(one: Trigger) -> str:
    if one.last_fired_at is None:
        return "nothing has arrived yet"
    run = f" (run `{one.last_run}`)" if one.last_run and not one.problem else ""
    return f"{ago(one.last_fired_at)}{run}"
