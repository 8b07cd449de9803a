"""How buckets, objects, previews, artifacts and plots are shown."""

import math
from collections.abc import Sequence

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from core.charts import Chart
from core.objects import BinaryPreview, Bucket, Plot, StoredObject, TablePreview, TextPreview
from core.runs import Artifact
from surfaces.rendering.anything import facts, listing, render, section, table
from surfaces.rendering.charts import draw
from surfaces.words import bytes_in_words, clean, moment, short, words

BARS = " ▁▂▃▄▅▆▇█"
CELL_WIDTH = 18
"""Longest text in one cell of a previewed table."""


@listing.register
def _buckets(first: Bucket, items: Sequence[Bucket]) -> RenderableType:
    del first
    grid = table("bucket", "objects", "size", "newest", numbers=("objects", "size"))
    for bucket in items:
        grid.add_row(
            words(bucket.name, "cyan"),
            words(f"over {bucket.objects}" if bucket.at_least else bucket.objects),
            words(bytes_in_words(bucket.bytes)),
            words(moment(bucket.newest)),
        )
    return grid


@render.register
def _bucket(bucket: Bucket) -> RenderableType:
    return listing(bucket, [bucket])


@listing.register
def _objects(first: StoredObject, items: Sequence[StoredObject]) -> RenderableType:
    grid = table(f"in {first.bucket}", "size", "changed", numbers=("size",))
    folder = ""
    for item in items:
        parent, _, name = item.key.rpartition("/")
        if parent != folder:
            folder = parent
            grid.add_row(words(f"{folder}/", "bold"))
        grid.add_row(
            Text("  " if parent else "").append_text(words(name, "cyan")),
            words(bytes_in_words(item.bytes)),
            words(moment(item.modified_at)),
        )
    return grid


@render.register
def _object(item: StoredObject) -> RenderableType:
    return facts(
        {
            "object": words(item.reference, "cyan"),
            "size": bytes_in_words(item.bytes),
            "type": item.content_type,
            "changed": moment(item.modified_at),
            "etag": item.etag,
            "version": item.version,
            "tags": short(item.tags) if item.tags else "",
        }
    )


@render.register
def _table_preview(preview: TablePreview) -> RenderableType:
    profile = table("column", "type", "missing", "distinct", "from", "to", "values")
    for column in preview.columns:
        profile.add_row(
            words(column.name, "cyan"),
            words(column.type),
            words(column.missing),
            words(column.distinct),
            words(column.minimum),
            words(column.maximum),
            words(column.top or bars(column.histogram)),
        )
    whole = preview.profiled_rows >= preview.total_rows
    made_from = "" if whole else f", profile from the first {preview.profiled_rows}"
    about = "about " if preview.estimated else ""
    return Group(
        _heading(preview.object, f"{about}{preview.total_rows} rows{made_from}"),
        section("First rows"),
        Rows(preview),
        section("Columns"),
        profile,
    )


def bars(counts: Sequence[int]) -> str:
    """Draw a small histogram: one bar for each part of a column's range."""
    most = max(counts, default=0)
    return "".join(BARS[math.ceil(count / most * (len(BARS) - 1))] for count in counts)


class Rows:
    """The first rows of a table, with as many columns as there is room for."""

    def __init__(self, preview: TablePreview) -> None:
        self._preview = preview

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the columns that fit, and say how many do not."""
        del console
        names = [_cut(column.name) for column in self._preview.columns]
        rows = [[_cut(cell) for cell in row] for row in self._preview.rows]
        widths = [
            max([len(name), *(len(row[at]) for row in rows if at < len(row))])
            for at, name in enumerate(names)
        ]
        fitting, used = 0, 0
        for width in widths:
            used += width + 2
            if used > options.max_width and fitting:
                break
            fitting += 1
        grid: Table = table(*names[:fitting])
        for row in rows:
            grid.add_row(*(Text(cell) for cell in row[:fitting]))
        yield grid
        if fitting < len(names):
            yield Text(f"… and {len(names) - fitting} more columns, listed below", style="dim")


def _cut(cell: str) -> str:
    text = clean(cell).replace("\n", " ")
    return text if len(text) <= CELL_WIDTH else f"{text[: CELL_WIDTH - 1]}…"


@render.register
def _text_preview(preview: TextPreview) -> RenderableType:
    parts: list[RenderableType] = [
        _heading(preview.object, preview.language),
        Text(clean(preview.text)),
    ]
    if preview.truncated:
        parts.append(Text("… cut off here; download the object to read on", style="dim"))
    return Group(*parts)


@render.register
def _binary_preview(preview: BinaryPreview) -> RenderableType:
    return Group(
        _heading(preview.object, preview.description),
        Text(clean(preview.path), style="dim") if preview.path else Text(""),
    )


def _heading(item: StoredObject, what: str) -> Text:
    return Text.assemble(
        (clean(item.reference), "bold cyan"), f"  {clean(what)}, {bytes_in_words(item.bytes)}"
    )


@listing.register
def _artifacts(first: Artifact, items: Sequence[Artifact]) -> RenderableType:
    del first
    grid = table("artifact", "kind", "task", "size", "object", numbers=("size",))
    for artifact in items:
        grid.add_row(
            words(artifact.name, "cyan"),
            words(f"{artifact.kind.value}{' (input)' if artifact.is_input else ''}"),
            words(artifact.task),
            words(bytes_in_words(artifact.bytes)),
            words(f"{artifact.bucket}/{artifact.key}"),
        )
    return grid


@render.register
def _artifact(artifact: Artifact) -> RenderableType:
    return facts(
        {
            "artifact": words(artifact.name, "cyan"),
            "kind": artifact.kind.value,
            "made by" if not artifact.is_input else "read by": (
                f"{artifact.task} of run {artifact.run_id[:8]}"
            ),
            "object": f"{artifact.bucket}/{artifact.key}",
            "size": bytes_in_words(artifact.bytes),
            "metadata": short(artifact.metadata) if artifact.metadata else "",
        }
    )


@render.register
def _chart(chart: Chart) -> RenderableType:
    return draw(chart)


@render.register
def _plot(plot: Plot) -> RenderableType:
    where = f"{plot.artifact.bucket}/{plot.artifact.key}"
    parts: list[RenderableType] = []
    if plot.chart is None:
        parts.append(Text(f"{plot.kind.replace('_', ' ')} of run {plot.run_id[:8]}, as a picture"))
    else:
        parts.append(draw(plot.chart))
    parts.append(Text(f"picture: {clean(where)}", style="dim"))
    if plot.others:
        parts.append(Text(f"other plots of this run: {short(plot.others)}", style="dim"))
    return Group(*parts)
