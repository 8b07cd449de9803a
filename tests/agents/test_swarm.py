"""The swarm with a scripted model: what is sent, what is passed on, where a turn ends."""

from pathlib import Path

import pytest
from conftest import allow, collect
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from agents.events import HandOff, TextArrived, ToolFinished, TurnFinished
from agents.session import Session
from agents.specialists import SPECIALISTS
from agents.swarm import Swarm
from core.settings import Limits
from scripted_model import ScriptedModel, call
from surfaces.assembly import Assistant


def session_of(assistant: Assistant, model: ScriptedModel, steps: int = 25) -> Session:
    limits = Limits(steps=steps)
    swarm = Swarm(model, assistant.toolbox, SPECIALISTS, limits)
    info = assistant.sessions.create()
    return Session(
        info, lambda: swarm, assistant.sessions, assistant.runs, limits, assistant.masker
    )


async def test_a_plain_request_takes_three_model_calls_and_no_rewording(
    assistant: Assistant,
) -> None:
    model = ScriptedModel(
        script={
            "Swarm Agent": [call("ask_minio_agent", request="list the buckets")],
            "MinIO agent": [call("list_buckets"), AIMessage("There are three buckets.")],
        }
    )
    events = await collect(session_of(assistant, model).ask("what buckets are there?", allow))

    finished = events[-1]
    assert isinstance(finished, TurnFinished)
    assert (finished.answer, finished.model_calls) == ("There are three buckets.", 3)


async def test_every_call_carries_the_instructions_and_the_results_so_far(
    assistant: Assistant,
) -> None:
    model = ScriptedModel(
        script={
            "Swarm Agent": [call("ask_minio_agent", request="list the buckets")],
            "MinIO agent": [call("list_objects", bucket="datasets"), AIMessage("One.")],
        }
    )
    await collect(session_of(assistant, model).ask("what is in datasets?", allow))

    kinds = [[type(message) for message in messages] for messages in model.received]
    assert kinds == [
        [SystemMessage, HumanMessage],
        [SystemMessage, HumanMessage],
        [SystemMessage, HumanMessage, AIMessage, ToolMessage],
    ]
    result = str(model.received[2][-1].text)
    assert result.startswith('<untrusted source="list_objects">')
    assert '"key":"schedule_management.csv"' in result


async def test_two_independent_parts_go_out_at_once_and_take_five_calls(
    assistant: Assistant,
) -> None:
    both = AIMessage(
        "",
        tool_calls=[
            *call("ask_minio_agent", request="list the buckets").tool_calls,
            *call("ask_kfp_agent", request="list the pipelines").tool_calls,
        ],
    )
    model = ScriptedModel(
        script={
            "Swarm Agent": [both],
            "MinIO agent": [call("list_buckets"), AIMessage("Three buckets.")],
            "KFP agent": [call("list_pipelines"), AIMessage("One pipeline.")],
        }
    )
    events = await collect(session_of(assistant, model).ask("buckets and pipelines?", allow))

    finished = events[-1]
    assert isinstance(finished, TurnFinished)
    assert finished.model_calls == 5
    assert {"Three buckets.", "One pipeline."} <= set(finished.answer.split("\n\n"))
    agents = [event.agent for event in events if isinstance(event, HandOff)]
    assert sorted(agents) == ["kfp", "minio"]


async def test_a_failed_call_goes_back_to_the_model_with_the_way_out(assistant: Assistant) -> None:
    model = ScriptedModel(
        script={
            "Swarm Agent": [call("ask_kfp_agent", request="describe delay-predicton")],
            "KFP agent": [
                call("describe_pipeline", pipeline="delay-predicton"),
                call("describe_pipeline", pipeline="delay-prediction"),
                AIMessage("It predicts delays."),
            ],
        }
    )
    events = await collect(session_of(assistant, model).ask("describe it", allow))

    assert [event.ok for event in events if isinstance(event, ToolFinished)] == [False, True]
    told = str(model.received[2][-1].text)
    assert told == (
        "No pipeline is called 'delay-predicton'. The closest: delay-prediction, delay-scoring."
    )


async def test_an_answer_that_is_needed_for_more_goes_back_to_the_swarm_agent(
    assistant: Assistant,
) -> None:
    model = ScriptedModel(
        script={
            "Swarm Agent": [
                call("ask_minio_agent", request="list the buckets", more=True),
                AIMessage("That is all there is."),
            ],
            "MinIO agent": [call("list_buckets"), AIMessage("Three.")],
        }
    )
    events = await collect(session_of(assistant, model).ask("look around", allow))

    said = [event.text for event in events if isinstance(event, TextArrived)]
    assert said == ["Three.", "That is all there is."]
    assert str(model.received[-1][-1].text) == "Three."


async def test_a_model_that_never_stops_is_stopped_in_words(assistant: Assistant) -> None:
    model = ScriptedModel(
        script={
            "Swarm Agent": [call("ask_minio_agent", request="list the buckets")],
            "MinIO agent": [call("list_objects", bucket="datasets", limit=n) for n in range(1, 31)],
        }
    )
    session = session_of(assistant, model, steps=4)
    events = await collect(session.ask("loop", allow))

    finished = events[-1]
    assert isinstance(finished, TurnFinished)
    assert finished.answer == "The MinIO agent stopped after 4 steps."


@pytest.mark.parametrize("secret", ["sk-abcdefghijklmnopqrstuvwx", "AKIAABCDEFGHIJKLMNOP"])
async def test_a_secret_in_an_object_reaches_no_model(
    assistant: Assistant, tmp_path: Path, secret: str
) -> None:
    note = tmp_path / "note.txt"
    note.write_text(f"the key is {secret}")
    assistant.store.put("datasets", "note.txt", note)
    model = ScriptedModel(
        script={
            "Swarm Agent": [call("ask_minio_agent", request="show the note")],
            "MinIO agent": [
                call("preview_object", bucket="datasets", key="note.txt"),
                AIMessage("Seen."),
            ],
        }
    )
    await collect(session_of(assistant, model).ask("show the note", allow))

    everything = "".join(str(m.content) for messages in model.received for m in messages)
    assert "the key is" in everything
    assert secret not in everything
