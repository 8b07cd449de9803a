"""Answers about buckets, objects and plots."""

from backends.chat_builtin.answers.base import write_answer, write_list
from backends.chat_builtin.answers.phrases import ago, plural, table
from core.objects import BinaryPreview, Bucket, Plot, StoredObject, TablePreview, TextPreview
from core.paging import Page
from core.quantities import size

SHOWN_COLUMNS = 12


@write_list.register
def _buckets(first: Bucket, page: Page[Bucket]) -> str:
    del first
    rows = [
        (b.name, f"{'over ' * b.at_least}{plural(b.objects, 'object')}", size(b.bytes))
        for b in page
    ]
    return table(("bucket", "objects", "size"), rows)


@write_list.register
def _objects(first: StoredObject, page: Page[StoredObject]) -> str:
    least = "at least " if page.at_least else ""
    head = f"{least}{plural(page.total, 'object')} in `{first.bucket}`:\n\n"
    return head + "\n".join(
        f"- `{o.key}` — {size(o.bytes)}, written {ago(o.modified_at)}" for o in page
    )


@write_answer.register
def _table(value: TablePreview, tool: str, request: str) -> str:
    del tool, request
    shown = value.columns[:SHOWN_COLUMNS]
    rows = [
        (f"`{c.name}`", c.type, f"{c.missing} missing", _range(c.minimum, c.maximum), c.top)
        for c in shown
    ]
    more = len(value.columns) - len(shown)
    about = "about " if value.estimated else ""
    return (
        f"`{value.object.reference}` is a table with {about}{plural(value.total_rows, 'row')} and"
        f" {plural(len(value.columns), 'column')} ({size(value.object.bytes)}).\n\n"
        + table(("column", "type", "missing", "range", "most frequent"), rows)
        + (f"\n\n… and {more} more columns." if more > 0 else "")
        + f"\n\nThe first row: {_row(value)}"
    )


def _range(low: str, high: str) -> str:
    return f"{low} to {high}" if low or high else ""


def _row(value: TablePreview) -> str:
    if not value.rows:
        return "there is none."
    pairs = zip((c.name for c in value.columns[:8]), value.rows[0], strict=False)
    return ", ".join(f"{name} = {cell}" for name, cell in pairs) + " …"


@write_answer.register
def _text(value: TextPreview, tool: str, request: str) -> str:
    del tool, request
    body = value.text[:1500].replace("```", "'''")
    cut = "\n\n(Only the beginning is shown.)" if value.truncated or len(value.text) > 1500 else ""
    return f"`{value.object.reference}`:\n\n```{value.language}\n{body}\n```{cut}"


@write_answer.register
def _binary(value: BinaryPreview, tool: str, request: str) -> str:
    del tool, request
    where = f" It is at `{value.path}`." if value.path else ""
    return f"`{value.object.reference}` is a {value.description}.{where}"


@write_answer.register
def _plot(value: Plot, tool: str, request: str) -> str:
    del tool, request
    name = value.kind.replace("_", " ")
    note = f" {value.chart.note}" if value.chart and value.chart.note else ""
    others = f"\n\nThe run's other plots: {', '.join(value.others)}." if value.others else ""
    where = f"`{value.artifact.bucket}/{value.artifact.key}`"
    return f"The {name} of run `{value.run_id}`: {where}.{note}{others}"
