"""What the RAG agent can do."""

from collections.abc import Mapping
from dataclasses import dataclass

from agents.events import Effect
from agents.toolbox import Tool
from core.errors import RequestError
from core.paging import Page, page_of
from core.passages import AddedSource, DocsAnswer, RemovedSource, SkippedFile, Source
from knowledge.library import Library

READING_SECONDS = 900
"""A folder with hundreds of PDF files takes minutes."""
SHOWN_FILES = 5


@dataclass(frozen=True, slots=True)
class KnowledgeTools:
    """Documentation that can be cited."""

    library: Library

    def search_docs(self, query: str, limit: int = 5, source: str = "") -> DocsAnswer:
        """Search the documentation and return passages with their citations.

        Args:
            query: The question, in the person's own words.
            limit: How many passages at most.
            source: Only this source; all if empty.
        """
        if not query.strip():
            raise RequestError("The question is empty.", hint="Say what you want to know.")
        return self.library.search(query, max(1, min(limit, 20)), source)

    def list_sources(self) -> Page[Source]:
        """List the documents that can be searched, and which of their files were left out."""
        return page_of(self.library.sources())

    def add_source(self, path: str) -> AddedSource:
        """Make a file or a folder searchable, or bring it up to date; only what changed is read.

        Args:
            path: Markdown, HTML, PDF, a notebook, Python or plain text, or a folder of them:
                `docs/runbook.md`, `docs`, `~/papers/drift.pdf`.
        """
        return self.library.add(path)

    def add_source_details(self, path: str) -> Mapping[str, str]:
        """Say how many pages are read, what changes, what is left out, and who can read them."""
        change = self.library.preview(path)
        source = change.source
        details = {
            "reads": f"{source.location}: {_count(source.pages, 'page')},"
            f" {_count(source.passages, 'passage')}",
            "changes": _changes(change),
        }
        if source.skipped:
            details["leaves out"] = _named(source.skipped)
        details |= {f"text {what}": where for what, where in self.library.readers.items()}
        return details

    def remove_source(self, source: str) -> RemovedSource:
        """Forget a source; its files stay where they are.

        Args:
            source: Its name, or the path it was added from: `runbook.md`, `docs`.
        """
        return self.library.remove(source)

    def remove_source_details(self, source: str) -> Mapping[str, str]:
        """Say what can no longer be found."""
        found = self.library.removable(source)
        return {
            "forgets": f"{found.name}: {_count(found.pages, 'page')},"
            f" {_count(found.passages, 'passage')}",
            "keeps": f"the files in {found.location}" if found.location else "its files",
        }

    def tools(self) -> tuple[Tool, ...]:
        """Return the tools of this agent."""
        return (
            Tool(self.search_docs, untrusted=True),
            Tool(self.list_sources),
            Tool(
                self.add_source,
                Effect.WRITES,
                details=self.add_source_details,
                seconds=READING_SECONDS,
            ),
            Tool(self.remove_source, Effect.DESTROYS, details=self.remove_source_details),
        )


def _changes(change: AddedSource) -> str:
    counts = {
        "new": change.added,
        "changed": change.changed,
        "as before": change.unchanged,
        "vanished": change.removed,
    }
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "nothing"


def _named(skipped: tuple[SkippedFile, ...]) -> str:
    named = "; ".join(f"{item.path} ({item.reason})" for item in skipped[:SHOWN_FILES])
    more = len(skipped) - SHOWN_FILES
    return f"{named}; and {_count(more, 'other file')}" if more > 0 else named


def _count(count: int, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"
