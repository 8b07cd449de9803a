"""How any value is shown, and how the shape of its parts is chosen."""

import dataclasses
from collections.abc import Mapping, Sequence
from functools import singledispatch

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from core.paging import Page
from surfaces.words import clean, short, words

MAXIMUM_ROWS = 200
"""How many items of a sequence are drawn; more are counted."""


@singledispatch
def render(value: object) -> RenderableType:
    """Return a value as something Rich can print; text from outside cannot act in it."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return facts(
            {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        )
    return words(value)


@singledispatch
def listing(first: object, items: Sequence[object]) -> RenderableType:
    """Return items of one type as one table or list; `first` is the first of them."""
    if dataclasses.is_dataclass(first) and not isinstance(first, type):
        names = [field.name for field in dataclasses.fields(first)]
        grid = table(*names)
        for item in items:
            grid.add_row(*(words(getattr(item, name, "")) for name in names))
        return grid
    return Text("\n").join(Text("• ").append_text(words(item)) for item in items)


@render.register
def _text(value: str) -> RenderableType:
    return Text(clean(value))


@render.register(Mapping)
def _mapping(value: Mapping[object, object]) -> RenderableType:
    return facts({str(key): item for key, item in value.items()})


@render.register(list)
@render.register(tuple)
@render.register(set)
@render.register(frozenset)
def _sequence(value: Sequence[object]) -> RenderableType:
    items = list(value)
    if not items:
        return Text("Nothing.", style="dim")
    shown = items[:MAXIMUM_ROWS]
    same = all(type(item) is type(shown[0]) for item in shown)
    drawn = listing(shown[0], shown) if same else Group(*(render(item) for item in shown))
    if len(shown) == len(items):
        return drawn
    return Group(drawn, Text(f"… and {len(items) - len(shown)} more", style="dim"))


@render.register
def _page(value: Page) -> RenderableType:  # type: ignore[type-arg]  # singledispatch needs the bare class
    drawn = render(tuple(value.items))
    if not value.has_more:
        return drawn
    return Group(drawn, Text(f"{len(value.items)} of {value.counted} shown", style="dim"))


def table(*columns: str, numbers: Sequence[str] = ()) -> Table:
    """Return an empty table in the house look; `numbers` are the columns aligned right."""
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        grid.add_column(
            Text(clean(column)), justify="right" if column in numbers else "left", overflow="fold"
        )
    return grid


def facts(values: Mapping[str, object], *, as_written: bool = False) -> Table:
    """Return names and values side by side; a value that has a look of its own keeps it.

    Args:
        values: By name; what is empty is left out.
        as_written: Whether names are shown to be typed again, and so keep their underscores.
    """
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in values.items():
        if value is None or value == "" or value == () or value == {}:
            continue
        shown = value if isinstance(value, Text | Table | Group) else _nested(value)
        label = clean(name) if as_written else clean(name).replace("_", " ")
        grid.add_row(Text(label), shown)
    return grid


def _nested(value: object) -> RenderableType:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return render(value)
    if isinstance(value, list | tuple) and value and dataclasses.is_dataclass(value[0]):
        return render(value)
    return Text(short(value))


def section(title: str) -> Text:
    """Return a heading inside a value."""
    return Text(f"\n{title}", style="bold")


def notes(lines: Sequence[str]) -> list[RenderableType]:
    """Return remarks under a value, one line each."""
    return [Text(f"! {clean(line)}", style="yellow") for line in lines]
