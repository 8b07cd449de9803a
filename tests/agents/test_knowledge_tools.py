from pathlib import Path

import pytest

from agents.approval import Caller
from agents.events import Answer, ApprovalCard, Decision, Effect, Event
from agents.toolbox import Toolbox
from agents.tools.knowledge import KnowledgeTools
from backends.index_chroma import ChromaIndex
from core.errors import AssistantError, NotFoundError
from core.passages import AddedSource, RemovedSource
from knowledge.library import Library


@pytest.fixture
def toolbox(tmp_path: Path) -> Toolbox:
    (tmp_path / "pages").mkdir()
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "lava.md").write_text("# Lava\n\n## Heat\n\nLava is hot.\n")
    (tmp_path / "docs" / "photo.png").write_bytes(b"\x89PNG")
    library = Library(ChromaIndex(tmp_path / "chroma"), tmp_path / "index", tmp_path / "pages")
    return Toolbox(KnowledgeTools(library).tools())


class Person:
    """Answers every card in one way and keeps the cards."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.cards: list[ApprovalCard] = []
        self.told: list[Event] = []
        self.caller = Caller("rag", self.approve, self.told.append)

    async def approve(self, card: ApprovalCard) -> Decision:
        self.cards.append(card)
        return Decision(answer=self.answer)


async def test_the_card_says_what_is_read_what_changes_and_what_is_left_out(
    toolbox: Toolbox, tmp_path: Path
) -> None:
    person = Person(Answer.ALLOW)
    added = await toolbox.call("add_source", {"path": str(tmp_path / "docs")}, person.caller)
    (card,) = person.cards
    assert card.effect is Effect.WRITES
    assert dict(card.details) == {
        "reads": f"{tmp_path / 'docs'}: 1 page, 1 passage",
        "changes": "1 new",
        "leaves out": "photo.png (no kind of document: .png)",
    }
    assert isinstance(added, AddedSource)
    assert added.source.pages == 1


async def test_a_rejected_source_is_not_read_into_the_index(
    toolbox: Toolbox, tmp_path: Path
) -> None:
    person = Person(Answer.REJECT)
    with pytest.raises(AssistantError):
        await toolbox.call("add_source", {"path": str(tmp_path / "docs")}, person.caller)
    answer = await toolbox.call("search_docs", {"query": "hot lava"}, person.caller)
    assert not getattr(answer, "answerable", True)


async def test_removing_shows_what_is_lost_and_that_the_files_stay(
    toolbox: Toolbox, tmp_path: Path
) -> None:
    person = Person(Answer.ALLOW)
    await toolbox.call("add_source", {"path": str(tmp_path / "docs")}, person.caller)
    removed = await toolbox.call("remove_source", {"source": "docs"}, person.caller)
    card = person.cards[-1]
    assert card.effect is Effect.DESTROYS
    assert dict(card.details) == {
        "forgets": "docs: 1 page, 1 passage",
        "keeps": f"the files in {tmp_path / 'docs'}",
    }
    assert isinstance(removed, RemovedSource)
    assert (tmp_path / "docs" / "lava.md").exists()


async def test_a_source_that_is_not_there_is_refused_before_anybody_is_asked(
    toolbox: Toolbox,
) -> None:
    person = Person(Answer.ALLOW)
    with pytest.raises(NotFoundError, match="'notes'"):
        await toolbox.call("remove_source", {"source": "notes"}, person.caller)
    assert person.cards == []


async def test_passages_of_documents_are_texts_from_outside(
    toolbox: Toolbox, tmp_path: Path
) -> None:
    person = Person(Answer.ALLOW)
    await toolbox.call("add_source", {"path": str(tmp_path / "docs")}, person.caller)
    await toolbox.call("search_docs", {"query": "hot lava"}, person.caller)
    assert "Lava is hot." in person.caller.outside[-1].text
