"""How runs that start when an object arrives are shown."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from core.triggers import Trigger
from surfaces.rendering.anything import facts, listing, render, table
from surfaces.rendering.headlines import headline
from surfaces.words import clean, moment, short, words


@listing.register
def _triggers(first: Trigger, items: Sequence[Trigger]) -> RenderableType:
    del first
    grid = table("trigger", "watches", "pipeline", "runs", "last", numbers=("runs",))
    for one in items:
        grid.add_row(
            words(one.name, "cyan"),
            words(one.place),
            words(one.pipeline),
            words(one.runs),
            _last(one),
        )
    failed = [
        Text(f"! {clean(one.name)}, {clean(one.last_key)}: {clean(one.problem)}", style="yellow")
        for one in items
        if one.problem
    ]
    return Group(grid, *failed)


@render.register
def _trigger(one: Trigger) -> RenderableType:
    run = f", run {one.last_run[:8]}" if one.last_run and not one.problem else ""
    return facts(
        {
            "trigger": Text(clean(one.name), style="cyan"),
            "watches": one.place,
            "pipeline": f"{one.pipeline}, {one.parameter}=<what arrives>",
            "parameters": short(one.parameters) if one.parameters else "",
            "state": "" if one.enabled else Text("paused", style="yellow"),
            "runs": one.runs,
            "last": f"{one.last_key}, {moment(one.last_fired_at)}{run}" if one.last_key else "",
            "not started": f"{one.failures}: {one.problem}" if one.problem else "",
        }
    )


def _last(one: Trigger) -> Text:
    if not one.enabled:
        return Text("paused", style="yellow")
    if one.last_fired_at is None:
        return Text("")
    return Text(f"{moment(one.last_fired_at)}, {clean(one.last_key)}")


@headline.register
def _trigger_headline(value: Trigger) -> str:
    return clean(f"{value.name}: {'paused' if not value.enabled else value.place}")
