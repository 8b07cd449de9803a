"""Another time for a schedule: it is deleted and made anew, as no tool changes one."""

import re
from collections.abc import Sequence

from backends.chat_builtin.commands import write_command
from backends.chat_builtin.cron import timetable_in
from core.focus import Focus
from core.schedules import Schedule

_MOVES = re.compile(
    r"\b(?:move|shift|reschedule|change|put|set|bring|postpone|push)\b(?P<what>.*?)"
    r"\b(?:to|at|until|back to|forward to)\s+(?P<when>(?:\d|half|quarter|noon|midnight"
    r"|one|two|three"
    r"|four|five|six|seven|eight|nine|ten|eleven|twelve|every|each|mon|tue|wed|thu|fri|sat|sun).*)$",
    re.I,
)


def moved(text: str, focus: Focus, timetable: Sequence[Schedule]) -> Sequence[str]:
    """Return the steps that give a schedule another time; none where a text asks for no such.

    Args:
        text: The request, with things called by their names.
        focus: What the conversation is about.
        timetable: The schedules that exist.
    """
    found = _MOVES.search(text)
    if found is None:
        return []
    named = [one for one in timetable if re.search(rf"(?<![\w-]){re.escape(one.name)}", text)]
    spoken = [one for one in timetable if one.name == focus.schedule or _only(one, focus)]
    chosen = named or ([] if found["what"].strip(" ,") else spoken)
    cron = timetable_in(f"every day at {found['when']}").cron if len(chosen) == 1 else ""
    if not cron:
        return []
    old = chosen[0]
    # A time alone moves the hour, and leaves the days as they were.
    fields = [*cron.split()[:2], *old.cron.split()[2:]]
    if re.search(r"\b(?:every|each|mon|tue|wed|thu|fri|sat|sun|day|week)", found["when"], re.I):
        fields = timetable_in(found["when"]).cron.split() or fields
    again = {"pipeline": old.pipeline, "cron": " ".join(fields), "name": old.name}
    parameters = {"parameters": dict(old.parameters)} if old.parameters else {}
    return [
        write_command("delete_schedule", {"schedule": old.name}),
        write_command("schedule_run", {**again, **parameters}),
    ]


def _only(schedule: Schedule, focus: Focus) -> bool:
    """Tell whether a schedule is the one that goes on, after the schedules were listed."""
    return focus.tool == "list_schedules" and schedule.enabled
