"""How schedules, experiments and an emptied trash are shown."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from core.runs import Experiment
from core.schedules import Schedule
from core.timetable import cron_in_words
from core.trash import EmptiedTrash
from surfaces.rendering.anything import facts, listing, render, table
from surfaces.rendering.headlines import headline
from surfaces.words import clean, moment, short, words

_UTC = "%a %Y-%m-%d %H:%M UTC"


@listing.register
def _schedules(first: Schedule, items: Sequence[Schedule]) -> RenderableType:
    del first
    grid = table("schedule", "pipeline", "fires", "next", "last run", "missed", numbers=("missed",))
    for one in items:
        grid.add_row(
            words(one.name, "cyan"),
            words(one.pipeline),
            words(cron_in_words(one.cron)),
            _next(one),
            words(one.last_run[:8]),
            Text(str(len(one.missed)) if one.missed else "", style="yellow"),
        )
    missed = [
        Text(f"! {clean(one.name)} missed {one.missed[-1]:{_UTC}}: nothing was up.", style="yellow")
        for one in items
        if one.missed
    ]
    return Group(grid, *missed)


@render.register
def _schedule(one: Schedule) -> RenderableType:
    return facts(
        {
            "schedule": Text.assemble((clean(one.name), "cyan"), "  ", clean(one.id)),
            "pipeline": one.pipeline,
            "fires": f"{cron_in_words(one.cron)} ({one.cron})",
            "next": _next(one),
            "parameters": short(one.parameters) if one.parameters else "",
            "last": f"{moment(one.last_fired_at)}, run {one.last_run[:8]}" if one.last_run else "",
            "missed": ", ".join(f"{at:{_UTC}}" for at in one.missed[-3:]),
        }
    )


def _next(one: Schedule) -> Text:
    if not one.enabled:
        return Text("paused", style="yellow")
    return Text(f"{one.next_at:{_UTC}}" if one.next_at else "unknown")


@listing.register
def _experiments(first: Experiment, items: Sequence[Experiment]) -> RenderableType:
    del first
    grid = table("experiment", "runs", "last run", "what it is for", numbers=("runs",))
    for one in items:
        last = moment(one.last_run_at) if one.last_run_at else ""
        grid.add_row(words(one.name, "cyan"), words(one.runs), words(last), words(one.description))
    return grid


@render.register
def _emptied(value: EmptiedTrash) -> RenderableType:
    return Text(f"Removed for good: {value.runs} runs, {value.objects} objects.")


@headline.register
def _schedule_headline(value: Schedule) -> str:
    return clean(f"{value.name}: {'paused' if not value.enabled else cron_in_words(value.cron)}")


@headline.register
def _experiment_headline(value: Experiment) -> str:
    return clean(value.name)
