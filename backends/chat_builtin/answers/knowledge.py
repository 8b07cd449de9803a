"""Answers about documents: quotations with their citations, and what became of sources."""

from collections.abc import Sequence

from backends.chat_builtin.answers.base import write_answer, write_list
from backends.chat_builtin.answers.phrases import plural
from core.paging import Page
from core.passages import (
    AddedSource,
    DocsAnswer,
    FoundPassage,
    RemovedSource,
    SkippedFile,
    Source,
    SourceKind,
)

NEARLY_AS_GOOD = 0.95
"""Share of the best score from which a second passage is quoted too."""
SHOWN_FILES = 5
KINDS = {
    SourceKind.SHIPPED: "came with the assistant",
    SourceKind.REFERENCE: "from the installed package",
    SourceKind.OWN: "",
}


@write_answer.register
def _docs(value: DocsAnswer, tool: str, request: str) -> str:
    del tool, request
    if not value.answerable or not value.items:
        return _unknown(value)
    first, *further = value.items
    parts = [_quoted(first)]
    second = next((it for it in further if it.passage.citation != first.passage.citation), None)
    if second is not None and second.score >= NEARLY_AS_GOOD * first.score:
        parts.append(_quoted(second))
    else:
        second = None
    shown = {it.passage.citation for it in (first, second) if it is not None}
    also = [it.passage.citation for it in further[:3] if it.passage.citation not in shown]
    if also := list(dict.fromkeys(also)):
        parts.append(f"See also: {', '.join(f'[{citation}]' for citation in also)}")
    return "\n\n".join(parts)


def _unknown(value: DocsAnswer) -> str:
    near = ", ".join(f"“{page}”" for page in value.nearest_pages)
    return "I do not know: the documentation does not answer that." + (
        f" The nearest subjects it has: {near}. Ask about one of them, or add a document of yours"
        " (“add docs/runbook.md to your sources”)."
        if near
        else " Add a document of yours (“add docs/runbook.md to your sources”) and ask again."
    )


def _quoted(found: FoundPassage) -> str:
    text = (found.excerpt or found.passage.text).strip()
    quote = "\n".join(f"> {line}".rstrip() for line in text.splitlines())
    return f"{quote}\n\n[{found.passage.citation}]"


@write_list.register
def _sources(first: Source, page: Page[Source]) -> str:
    del first
    lines = []
    for source in page:
        notes = [
            note
            for note in (
                KINDS[source.kind],
                "its place is missing now" if source.missing else "",
                f"{plural(len(source.skipped), 'file')} left out" if source.skipped else "",
            )
            if note
        ]
        told = f" ({'; '.join(notes)})" if notes else ""
        counts = f"{plural(source.pages, 'page')}, {plural(source.passages, 'passage')}"
        lines.append(f"- **{source.name}**: {counts}{told}")
    own = any(source.kind is SourceKind.OWN for source in page)
    more = "" if own else "\n\nAdd your own: “add docs/runbook.md to your sources”."
    return "\n".join(lines) + more


@write_answer.register
def _added(value: AddedSource, tool: str, request: str) -> str:
    del tool, request
    source = value.source
    counts = {
        "new": value.added,
        "changed": value.changed,
        "as before": value.unchanged,
        "vanished": value.removed,
    }
    told = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    answer = (
        f"**{source.name}** can be searched now: {plural(source.pages, 'page')},"
        f" {plural(source.passages, 'passage')} ({told})."
    )
    return answer + (f"\n\nLeft out: {_named(source.skipped)}." if source.skipped else "")


def _named(skipped: Sequence[SkippedFile]) -> str:
    named = "; ".join(f"`{item.path}` ({item.reason})" for item in skipped[:SHOWN_FILES])
    more = len(skipped) - SHOWN_FILES
    return f"{named}; and {plural(more, 'other file')}" if more > 0 else named


@write_answer.register
def _removed(value: RemovedSource, tool: str, request: str) -> str:
    del tool, request
    source = value.source
    where = f" in `{source.location}`" if source.location else ""
    return (
        f"**{source.name}** is forgotten: its {plural(source.passages, 'passage')} are no longer"
        f" found. The files{where} are untouched."
    )
