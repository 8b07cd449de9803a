from pathlib import Path

import pytest

from agents.approval import Caller
from agents.events import Answer, ApprovalCard, ApprovalDecided, Decision, Effect, Event
from agents.toolbox import Tool, Toolbox
from backends.audit_file import AuditFile
from core.errors import NotFoundError, RequestError, UnavailableError
from core.secrets import MASK, Masker


class Shelf:
    """Something small to change."""

    def __init__(self) -> None:
        self.books: list[str] = []

    def count_books(self, minimum_pages: int = 0) -> int:
        """Count the books."""
        return len(self.books) + 0 * minimum_pages

    def add_book(self, title: str) -> str:
        """Add a book."""
        self.books.append(title)
        return title

    def toolbox(self, **options: bool) -> Toolbox:
        return Toolbox(
            [Tool(self.count_books), Tool(self.add_book, Effect.WRITES)],
            Masker(["hunter2-hunter2"]),
            **options,
        )


class Person:
    """Answers approval cards from a list and keeps what it was told."""

    def __init__(self, *decisions: Decision) -> None:
        self.decisions = list(decisions)
        self.cards: list[ApprovalCard] = []
        self.told: list[Event] = []

    async def approve(self, card: ApprovalCard) -> Decision:
        self.cards.append(card)
        return self.decisions.pop(0)

    def caller(self) -> Caller:
        return Caller(agent="test", approve=self.approve, notify=self.told.append)


ALLOW = Decision(answer=Answer.ALLOW)


async def test_a_reading_tool_runs_without_asking() -> None:
    person = Person()

    assert await Shelf().toolbox().call("count_books", {}, person.caller()) == 0
    assert person.cards == []


async def test_a_writing_tool_runs_only_after_it_was_allowed() -> None:
    shelf, person = Shelf(), Person(ALLOW)

    await shelf.toolbox().call("add_book", {"title": "Emma"}, person.caller())

    assert shelf.books == ["Emma"]
    assert [card.arguments for card in person.cards] == [{"title": "Emma"}]


async def test_a_rejected_call_changes_nothing_and_passes_the_word_on() -> None:
    shelf, person = Shelf(), Person(Decision(answer=Answer.REJECT, word="not that one"))

    with pytest.raises(RequestError, match="not that one"):
        await shelf.toolbox().call("add_book", {"title": "Emma"}, person.caller())

    assert shelf.books == []


async def test_edited_arguments_are_shown_again_before_they_run() -> None:
    edited = Decision(answer=Answer.ALLOW, arguments={"title": "Persuasion"})
    shelf, person = Shelf(), Person(edited, ALLOW)

    await shelf.toolbox().call("add_book", {"title": "Emma"}, person.caller())

    assert [card.arguments["title"] for card in person.cards] == ["Emma", "Persuasion"]
    assert shelf.books == ["Persuasion"]
    decided = [event for event in person.told if isinstance(event, ApprovalDecided)]
    assert [event.decision for event in decided] == ["edit"]


async def test_edited_arguments_that_do_not_fit_come_back_with_the_problem() -> None:
    wrong = Decision(answer=Answer.ALLOW, arguments={"titel": "Emma"})
    shelf, person = Shelf(), Person(wrong, ALLOW)

    await shelf.toolbox().call("add_book", {"title": "Emma"}, person.caller())

    assert "titel" in person.cards[1].problem
    assert shelf.books == ["Emma"]


async def test_a_wrong_tool_name_is_answered_with_the_closest() -> None:
    with pytest.raises(NotFoundError) as problem:
        await Shelf().toolbox().call("count_bocks", {}, Person().caller())

    assert problem.value.hint == "The closest: count_books."


async def test_wrong_arguments_name_the_argument_and_those_there_are() -> None:
    with pytest.raises(RequestError) as problem:
        await Shelf().toolbox().call("count_books", {"pages": 3}, Person().caller())

    assert "pages" in problem.value.message
    assert problem.value.hint == "It takes minimum_pages."


async def test_a_read_only_assistant_refuses_to_change_anything() -> None:
    shelf = Shelf()

    with pytest.raises(RequestError, match="read-only"):
        await shelf.toolbox(read_only=True).call("add_book", {"title": "x"}, Person().caller())

    assert shelf.books == []


async def test_secrets_are_masked_in_what_a_tool_returns() -> None:
    shelf, person = Shelf(), Person(ALLOW)

    told = await shelf.toolbox().call("add_book", {"title": "hunter2-hunter2"}, person.caller())

    assert told == MASK


async def test_a_tool_that_takes_too_long_is_given_up_in_words() -> None:
    import threading

    released = threading.Event()

    def wait() -> None:
        """Wait until the test is over."""
        released.wait(10)

    toolbox = Toolbox([Tool(wait, seconds=0.05)])
    try:
        with pytest.raises(UnavailableError, match="did not answer within"):
            await toolbox.call("wait", {}, Person().caller())
    finally:
        released.set()


async def test_a_change_that_cannot_be_written_down_is_not_made(tmp_path: Path) -> None:
    (tmp_path / "audit.jsonl").mkdir()
    shelf, person = Shelf(), Person(ALLOW)
    toolbox = Toolbox(
        [Tool(shelf.add_book, Effect.WRITES)], audit=AuditFile(tmp_path / "audit.jsonl")
    )

    with pytest.raises(UnavailableError, match="audit log"):
        await toolbox.call("add_book", {"title": "Emma"}, person.caller())
    assert shelf.books == []


async def test_a_change_is_written_down_before_it_is_made(tmp_path: Path) -> None:
    log = AuditFile(tmp_path / "audit.jsonl")

    def look_at_the_log() -> list[str]:
        """Say what the log holds while the change is being made."""
        return [f"{entry.stage} {entry.decision}" for entry in log.entries()]

    toolbox = Toolbox([Tool(look_at_the_log, Effect.WRITES)], audit=log)
    seen = await toolbox.call("look_at_the_log", {}, Person(ALLOW).caller())

    assert seen == ["begun allow"]
    begun, ended = log.entries()
    assert (begun.ok, ended.ok, ended.stage) == (False, True, "ended")
    assert begun.call == ended.call
    assert log.verify().unfinished == ()
