"""Answers about buckets, objects, plots and documents."""

from backends.chat_builtin.answers.base import write_answer, write_list
from backends.chat_builtin.answers.phrases import ago, plural, size, table
from core.objects import BinaryPreview, Bucket, Plot, StoredObject, TablePreview, TextPreview
from core.paging import Page
from core.passages import DocsAnswer, Source

SHOWN_COLUMNS = 12


@write_list.register
def _buckets(first: Bucket, page: Page[Bucket]) -> str:
    del first
    rows = [(b.name, plural(b.objects, "object"), size(b.bytes)) for b in page]
    return table(("bucket", "objects", "size"), rows)


@write_list.register
def _objects(first: StoredObject, page: Page[StoredObject]) -> str:
    head = f"{plural(page.total, 'object')} in `{first.bucket}`:\n\n"
    return head + "\n".join(
        f"- `{o.key}` — {size(o.bytes)}, written {ago(o.modified_at)}" for o in page
    )


@write_list.register
def _sources(first: Source, page: Page[Source]) -> str:
    del first
    return "\n".join(
        f"- **{s.name}**: {plural(s.pages, 'page')}, {plural(s.passages, 'passage')}" for s in page
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
    return (
        f"`{value.object.reference}` is a table with {plural(value.total_rows, 'row')} and"
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


@write_answer.register
def _docs(value: DocsAnswer, tool: str, request: str) -> str:
    del tool, request
    if not value.answerable or not value.items:
        near = ", ".join(f"“{page}”" for page in value.nearest_pages)
        return "The documentation does not answer that." + (
            f" The nearest pages: {near}." if near else ""
        )
    first, *further = value.items
    quoted = "\n".join(f"> {line}" for line in first.passage.text.strip().splitlines())
    also = dict.fromkeys(found.passage.citation for found in further[:3])
    see = f"\n\nSee also: {', '.join(f'[{citation}]' for citation in also)}" if also else ""
    return f"{quoted}\n\n[{first.passage.citation}]{see}"
