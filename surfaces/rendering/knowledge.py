"""How passages and their sources are shown."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from core.passages import AddedSource, DocsAnswer, FoundPassage, RemovedSource, Source
from surfaces.rendering.anything import listing, render, table
from surfaces.words import clean, moment, short, words

PASSAGE_CHARACTERS = 600
SHOWN_FILES = 5


@render.register
def _answer(answer: DocsAnswer) -> RenderableType:
    if answer.answerable and answer.items:
        return Group(*(render(found) for found in answer.items))
    nearest = short(answer.nearest_pages) if answer.nearest_pages else ""
    parts: list[RenderableType] = [Text("The documents do not answer this.", style="yellow")]
    if nearest:
        parts.append(Text(f"The nearest subjects: {nearest}."))
    return Group(*parts)


@listing.register
def _passages(first: FoundPassage, items: Sequence[FoundPassage]) -> RenderableType:
    del first
    return Group(*(render(found) for found in items))


@render.register
def _found(found: FoundPassage) -> RenderableType:
    passage = found.passage
    text = clean(passage.text).strip()
    if len(text) > PASSAGE_CHARACTERS:
        text = f"{text[:PASSAGE_CHARACTERS].rstrip()}…"
    return Group(
        Text.assemble(
            (clean(passage.citation), "bold cyan"),
            (f"  {clean(passage.source)}, {found.score:.2f}", "dim"),
        ),
        Padding(Text(text), (0, 0, 1, 2)),
    )


@listing.register
def _sources(first: Source, items: Sequence[Source]) -> RenderableType:
    del first
    grid = table("source", "pages", "passages", "read", "from", numbers=("pages", "passages"))
    for source in items:
        place = f"{source.location} (missing now)" if source.missing else source.location
        grid.add_row(
            words(source.name, "cyan"),
            words(source.pages),
            words(source.passages),
            words(moment(source.indexed_at)),
            words(place),
        )
    left_out = [_left_out(source) for source in items if source.skipped]
    return Group(grid, *left_out) if left_out else grid


def _left_out(source: Source) -> RenderableType:
    named = [f"{item.path} ({item.reason})" for item in source.skipped[:SHOWN_FILES]]
    more = len(source.skipped) - SHOWN_FILES
    told = "; ".join(named) + (f"; and {more} more" if more > 0 else "")
    return Text(f"Left out of {clean(source.name)}: {clean(told)}.", style="yellow")


@render.register
def _source(source: Source) -> RenderableType:
    return listing(source, [source])


@render.register
def _added(change: AddedSource) -> RenderableType:
    counts = f"{change.added} new, {change.changed} changed, {change.unchanged} as before"
    gone = f", {change.removed} vanished" if change.removed else ""
    return Group(Text(f"Pages: {counts}{gone}."), render(change.source))


@render.register
def _removed(change: RemovedSource) -> RenderableType:
    source = change.source
    return Text(
        f"{clean(source.name)} is forgotten ({source.passages} passages); its files are untouched."
    )
