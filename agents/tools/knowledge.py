"""What the RAG agent can do."""

from dataclasses import dataclass

from agents.toolbox import Tool
from core.errors import RequestError
from core.paging import Page, page_of
from core.passages import DocsAnswer, Source
from knowledge.library import Library


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
        """List the documents that can be searched."""
        return page_of(self.library.sources())

    def tools(self) -> tuple[Tool, ...]:
        """Return the tools of this agent."""
        return Tool(self.search_docs, untrusted=True), Tool(self.list_sources)
