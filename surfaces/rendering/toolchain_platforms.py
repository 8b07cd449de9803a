"""How platforms are shown beside one another."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from core.platforms import PlatformComparison, PlatformMark, PlatformRow
from surfaces.rendering.anything import facts, notes, render, section, table
from surfaces.words import words

_TODAY = {"yes": ("✓", "green"), "partly": ("~", "yellow"), "no": ("✗", "dim")}
DETAILED = 3
"""Up to so many platforms, what does it today is told for each row."""


@render.register
def _comparison(comparison: PlatformComparison) -> RenderableType:
    parts: list[RenderableType] = []
    for title, rows in (("Features", comparison.features), ("Use cases", comparison.use_cases)):
        if rows:
            parts += [section(f"{title} (published / today)"), _grid(comparison.platforms, rows)]
    if len(comparison.platforms) <= DETAILED:
        for platform in comparison.platforms:
            parts += [section(f"{platform} today"), _details(platform, comparison)]
    for outlook in comparison.outlooks:
        steps = "\n".join(f"{number}. {step}" for number, step in enumerate(outlook.steps, 1))
        told = {
            "gives": outlook.gains,
            "gives up": outlook.gives_up,
            "leaving it": outlook.leaving,
            "this pipeline there": Text(steps),
        }
        parts += [section(outlook.platform), facts(told)]
    source = Text(f"\nPublished: {comparison.published_in}", style="dim")
    return Group(*parts, source, *notes(comparison.notes))


def _grid(platforms: Sequence[str], rows: Sequence[PlatformRow]) -> Table:
    grid = table("", *platforms)
    for row in rows:
        name = row.name if row.certain else f"{row.name} ?"
        grid.add_row(words(name), *(_mark(mark) for mark in row.marks))
    return grid


def _mark(mark: PlatformMark) -> Text:
    sign, style = _TODAY[mark.today]
    return Text.assemble("✓" if mark.published else "✗", " / ", (sign, style))


def _details(platform: str, comparison: PlatformComparison) -> Table:
    grid = table("", "today", "by", "source", "date")
    for row in (*comparison.features, *comparison.use_cases):
        for mark in row.marks:
            if mark.platform == platform:
                date = f"{mark.date}, page opened" if mark.checked else mark.date
                cells = (row.name, mark.today, mark.by, mark.source, date)
                grid.add_row(*(words(cell) for cell in cells))
    return grid
