import asyncio
from pathlib import Path

import pytest

from agents.events import Answer, ApprovalCard, Decision, TurnFinished
from agents.session import Session
from core.errors import UnavailableError
from core.services import BuiltinChat, OpenAIChat
from core.settings import Settings
from surfaces.assembly import assemble
from surfaces.first_start import FIRST_DATA


def test_the_first_start_places_the_table_and_makes_the_buckets(tmp_path: Path) -> None:
    store = assemble(Settings(home=tmp_path)).store

    assert [bucket.name for bucket in store.buckets()] == ["artifacts", "datasets", "models"]
    placed = store.read("datasets", "schedule_management.csv")
    assert placed.count(b"\n") == 3622
    assert FIRST_DATA[1].endswith("schedule_management.csv")


def test_what_a_person_removed_is_not_put_back(tmp_path: Path) -> None:
    assemble(Settings(home=tmp_path)).store.delete("datasets", "schedule_management.csv")

    again = assemble(Settings(home=tmp_path)).store

    assert again.list("datasets").total == 0


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")

    with pytest.raises(UnavailableError) as problem:
        assemble(Settings(home=in_the_way / "home"))

    assert str(in_the_way) in problem.value.message
    assert "MLOPS_SWARM_HOME" in problem.value.hint


def test_every_tool_belongs_to_one_specialist(tmp_path: Path) -> None:
    from agents.specialists import SPECIALISTS

    assistant = assemble(Settings(home=tmp_path))

    held = [tool for specialist in SPECIALISTS for tool in specialist.tools]
    assert sorted(held) == sorted(tool.name for tool in assistant.toolbox)


def test_a_read_only_assistant_has_no_tool_that_changes_anything(tmp_path: Path) -> None:
    assistant = assemble(Settings(home=tmp_path, read_only=True))

    assert {tool.effect for tool in assistant.toolbox} == {"reads"}


def test_another_model_answers_from_the_next_turn_on(tmp_path: Path) -> None:
    endpoint = OpenAIChat(kind="openai", model="larch-7b", base_url="http://127.0.0.1:9/v1")
    assistant = assemble(Settings(home=tmp_path, chat=endpoint))
    first = assistant.swarm()
    assert assistant.swarm() is first
    assert assistant.chats == (BuiltinChat(), endpoint)

    assistant.use_model(BuiltinChat())

    assert assistant.model_name == "built-in"
    assert "built-in model answers" in assistant.notice
    assert assistant.swarm() is not first
    session = assistant.session()
    answer = asyncio.run(_answer(session, "which pipelines are there?"))
    assert "delay-prediction" in answer

    assistant.use_model(endpoint)
    assert (assistant.model_name, assistant.notice) == ("larch-7b", "")


async def _answer(session: Session, question: str) -> str:
    events = [event async for event in session.ask(question, _refuse)]
    assert isinstance(events[-1], TurnFinished)
    return events[-1].answer


async def _refuse(card: ApprovalCard) -> Decision:
    return Decision(answer=Answer.REJECT, word=card.tool)


def test_a_name_given_before_the_first_question_stays(tmp_path: Path) -> None:
    assistant = assemble(Settings(home=tmp_path))
    session = assistant.session()
    session.rename("otters")

    asyncio.run(_answer(session, "which pipelines are there?"))

    assert (session.name, assistant.sessions.get(session.id).name) == ("otters", "otters")
