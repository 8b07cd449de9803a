"""What becomes of a conversation that grows long, or whose turn breaks off."""

import pytest
from conftest import allow, collect
from langchain_core.messages import AIMessage

from agents.events import TurnFinished
from agents.session import BUG, Session
from agents.specialists import SPECIALISTS
from agents.swarm import Swarm
from core.settings import Limits
from scripted_model import ScriptedModel, call
from surfaces.assembly import Assistant


def session_of(assistant: Assistant, model: ScriptedModel, limits: Limits) -> Session:
    swarm = Swarm(model, assistant.toolbox, SPECIALISTS, limits)
    info = assistant.sessions.create()
    return Session(
        info, lambda: swarm, assistant.sessions, assistant.runs, limits, assistant.masker
    )


async def test_a_long_conversation_reaches_the_model_condensed_with_its_ids(
    assistant: Assistant,
) -> None:
    long = "and so on " * 60
    said = [AIMessage(f"Run `{n:x}7f3a1c52` is fine. {long}") for n in range(8)]
    model = ScriptedModel(script={"Swarm Agent": said})
    session = session_of(assistant, model, Limits(conversation_characters=4_000))
    for number in range(8):
        await collect(session.ask(f"question {number}", allow))

    sent = [str(message.text) for message in model.received[-1]]
    assert sent[1].startswith("Earlier in this conversation, condensed")
    for number in range(5):
        assert f"{number:x}7f3a1c52" in sent[1]
    assert sent[-1] == "question 7"
    assert len(session.history()) == 8


async def test_a_turn_that_a_bug_ends_leaves_a_question_with_an_answer(
    assistant: Assistant,
) -> None:
    model = ScriptedModel(script={"Swarm Agent": []})
    session = session_of(assistant, model, Limits())
    with pytest.raises(IndexError):
        await collect(session.ask("anything", allow))

    assert [turn.answer for turn in session.history()] == [BUG]
    model.script["Swarm Agent"] = [AIMessage("Here I am again.")]
    finished = (await collect(session.ask("and now?", allow)))[-1]
    assert isinstance(finished, TurnFinished)
    assert finished.answer == "Here I am again."


async def test_a_turn_that_takes_too_long_is_ended_in_words(assistant: Assistant) -> None:
    model = ScriptedModel(
        script={
            "Swarm Agent": [call("ask_minio_agent", request="list the buckets")],
            "MinIO agent": [call("list_objects", bucket="models", limit=n) for n in range(1, 500)],
        }
    )
    session = session_of(assistant, model, Limits(seconds=0.2, steps=1_000))
    finished = (await collect(session.ask("loop", allow)))[-1]

    assert isinstance(finished, TurnFinished)
    assert finished.stopped == "The turn took longer than 0.2 s and was stopped."
