"""An OpenAI-compatible model behind the whole assistant, over real HTTP."""

from dataclasses import replace
from pathlib import Path

import pytest
from connected_chat import asking_minio, connected, listing, only_swarm, settings_for
from openai_server import (
    Call,
    Reply,
    calls,
    openai_server,
    refusal,
    says,
)

from agents.events import (
    HandOff,
    TextArrived,
    ToolFinished,
    ToolStarted,
)
from surfaces.assembly import try_chat_model


async def test_a_plain_request_streams_its_answer_and_takes_three_calls(tmp_path: Path) -> None:
    with connected(tmp_path, listing(says("There are three buckets."))) as here:
        events, finished = await here.ask("what buckets are there?")

    pieces = [event for event in events if isinstance(event, TextArrived)]
    assert [piece.text for piece in pieces] == ["There", " are", " three", " buckets."]
    assert {piece.agent for piece in pieces} == {"minio"}
    assert [type(event) for event in events[:3]] == [HandOff, ToolStarted, ToolFinished]
    assert (finished.answer, finished.stopped) == ("There are three buckets.", "")
    assert (finished.model_calls, finished.tokens) == (3, 3 * 25)


async def test_the_model_is_sent_instructions_tools_and_results(tmp_path: Path) -> None:
    with connected(tmp_path, listing(says("Three."))) as here:
        await here.ask("what buckets are there?")
        swarm, first, second = here.server.bodies

    assert [message["role"] for message in swarm["messages"]] == ["system", "user"]
    assert "split what a person asks" in swarm["messages"][0]["content"]
    names = [tool["function"]["name"] for tool in swarm["tools"]]
    assert {"ask_kfp_agent", "ask_minio_agent", "follow_up"} <= set(names)
    preview = next(t for t in first["tools"] if t["function"]["name"] == "preview_object")
    assert preview["function"]["parameters"]["required"] == ["bucket", "key"]
    roles = [message["role"] for message in second["messages"]]
    assert roles == ["system", "user", "assistant", "tool"]
    assert '"name":"datasets"' in second["messages"][-1]["content"]
    assert (swarm["model"], swarm["stream"]) == ("tiny", True)


async def test_the_next_question_carries_the_conversation(tmp_path: Path) -> None:
    script = listing(says("Three."))
    script["Swarm Agent"].append(says("Three, as I said."))
    with connected(tmp_path, script) as here:
        await here.ask("what buckets are there?")
        await here.ask("how many?")
        sent = here.server.bodies[-1]["messages"]

    assert [message["role"] for message in sent] == ["system", "user", "assistant", "tool", "user"]
    assert sent[3]["content"] == "Three."


async def test_several_calls_at_once_are_each_answered(tmp_path: Path) -> None:
    both = Reply(
        calls=[
            Call("list_buckets", id="one"),
            Call("list_objects", '{"bucket": "datasets"}', id="two"),
        ]
    )
    with connected(tmp_path, asking_minio(both, says("Three, and one file."))) as here:
        events, finished = await here.ask("what buckets are there, and what is in datasets?")
        answered = here.server.bodies[-1]["messages"][-2:]

    assert [event.ok for event in events if isinstance(event, ToolFinished)] == [True, True]
    assert [message["tool_call_id"] for message in answered] == ["one", "two"]
    assert "schedule_management.csv" in answered[1]["content"]
    assert finished.answer == "Three, and one file."


async def test_a_server_that_gives_calls_no_ids_can_be_used(tmp_path: Path) -> None:
    both = Reply(calls=[Call("list_buckets", id=None), Call("list_buckets", id=None)])
    with connected(tmp_path, asking_minio(both, says("Three."))) as here:
        _, finished = await here.ask("what buckets are there?")
        answered = [message["tool_call_id"] for message in here.server.bodies[-1]["messages"][-2:]]

    assert finished.answer == "Three."
    assert len({*answered}) == 2


BROKEN = [
    '{"bucket": "datasets", "key": "schedule_man',
    '{"bucket": "datasets", key: schedule_management.csv}',
    '["datasets", "schedule_management.csv"]',
    "datasets",
]


@pytest.mark.parametrize("arguments", BROKEN)
async def test_a_call_with_broken_arguments_is_not_run_but_asked_again(
    tmp_path: Path, arguments: str
) -> None:
    broken = Reply(calls=[Call("list_buckets"), Call("preview_object", arguments, "call-2")])
    good = calls("preview_object", bucket="datasets", key="schedule_management.csv")
    with connected(tmp_path, asking_minio(broken, good, says("A table."))) as here:
        events, finished = await here.ask("show the data")
        again, after = (body["messages"] for body in here.server.bodies[-2:])

    started = [event.arguments for event in events if isinstance(event, ToolStarted)]
    assert started == [{"bucket": "datasets", "key": "schedule_management.csv"}]
    assert (finished.answer, finished.model_calls) == ("A table.", 4)
    assert [message["role"] for message in again] == ["system", "user", "assistant", "user"]
    assert "preview_object" in again[-1]["content"]
    assert arguments in again[-2]["content"]
    assert [message["role"] for message in after] == ["system", "user", "assistant", "tool"]


@pytest.mark.parametrize("at", ["swarm", "minio"])
@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (Reply(), "of no use, twice: It was empty"),
        (Reply(text=" \n"), "of no use, twice: It was empty"),
        (
            Reply(calls=[Call("list_buckets", '{"')]),
            "of no use, twice: The arguments of `list_buckets`",
        ),
    ],
)
async def test_a_reply_that_stays_useless_ends_the_turn_in_words(
    tmp_path: Path, bad: Reply, words: str, at: str
) -> None:
    script = asking_minio(bad, bad) if at == "minio" else only_swarm(bad, bad)
    script["Swarm Agent"].append(says("Yes."))
    with connected(tmp_path, script) as here:
        _, finished = await here.ask("what buckets are there?")
        _, good = await here.ask("are you there?")

        assert words in finished.stopped
        assert good.answer == "Yes."
        assert here.roles() == ["human", "ai", "human", "ai"]


async def test_an_empty_answer_is_asked_for_again(tmp_path: Path) -> None:
    with connected(tmp_path, listing(Reply(), says("Three."))) as here:
        _, finished = await here.ask("what buckets are there?")

    assert (finished.answer, finished.stopped, finished.model_calls) == ("Three.", "", 4)


async def test_an_answer_that_was_cut_short_says_so(tmp_path: Path) -> None:
    cut = Reply(text="There are three", finish="length")
    with connected(tmp_path, listing(cut)) as here:
        _, finished = await here.ask("what buckets are there?")

    assert finished.answer.startswith("There are three\n\n")
    assert "cut off" in finished.answer


async def test_a_tool_that_does_not_exist_goes_back_to_the_model(tmp_path: Path) -> None:
    replies = (calls("count_buckets"), calls("list_buckets"), says("Three."))
    with connected(tmp_path, asking_minio(*replies)) as here:
        _, finished = await here.ask("what buckets are there?")
        told = here.server.bodies[2]["messages"][-1]

    assert told["role"] == "tool"
    assert "list_buckets" in told["content"]
    assert finished.answer == "Three."


async def test_a_specialist_that_does_not_exist_goes_back_to_the_model(tmp_path: Path) -> None:
    script = only_swarm(calls("ask_weather_agent", request="rain?"), says("I know no weather."))
    with connected(tmp_path, script) as here:
        _, finished = await here.ask("will it rain?")

    assert finished.answer == "I know no weather."


async def test_wrong_arguments_go_back_to_the_model(tmp_path: Path) -> None:
    replies = (calls("list_objects", folder="datasets"), says("Which bucket?"))
    with connected(tmp_path, asking_minio(*replies)) as here:
        _, finished = await here.ask("what is in datasets?")
        told = here.server.bodies[-1]["messages"][-1]["content"]

    assert "bucket: field required" in told
    assert finished.answer == "Which bucket?"


@pytest.mark.parametrize(
    "wrong",
    [
        calls("ask_minio_agent", question="list the buckets"),
        calls("ask_minio_agent", request={"text": "list the buckets"}),
        calls("ask_minio_agent", request="list the buckets", more=["yes"]),
        calls("follow_up", request="tell me which is best"),
    ],
)
async def test_a_hand_off_with_wrong_arguments_goes_back_to_the_swarm_agent(
    tmp_path: Path, wrong: Reply
) -> None:
    with connected(tmp_path, only_swarm(wrong, says("What do you mean?"))) as here:
        events, finished = await here.ask("look around")
        told = here.server.bodies[-1]["messages"][-1]

    assert [event for event in events if isinstance(event, HandOff)] == []
    assert told["role"] == "tool"
    assert (finished.answer, finished.stopped) == ("What do you mean?", "")


ONE = "no (one at a time, which works too)"
HELLO = Call("say_hello", '{"name": "Ada"}')


@pytest.mark.parametrize(
    ("spoken", "called", "told"),
    [
        (says("one two three"), Reply(calls=[HELLO, replace(HELLO, id="b")]), ("yes",) * 3),
        (says("one"), Reply(calls=[HELLO]), ("no (the answer came in one piece)", "yes", ONE)),
        (says("one two"), says("Hello, Ada."), ("yes", "no (it answered in words)", "no")),
        (says("one two"), says("say_hello(name='Ada')"), ("yes", "yes", ONE)),
        (Reply(), Reply(), ("no (the answer was empty)", "no (it answered nothing)", "no")),
        (
            says("one two"),
            Reply(calls=[Call("say_hello", "{")]),
            ("yes", "no (the arguments of its call are not a JSON object)", "no"),
        ),
    ],
)
def test_doctor_says_what_a_model_can_do(
    tmp_path: Path, spoken: Reply, called: Reply, told: tuple[str, str, str]
) -> None:
    with openai_server({"": [spoken, called]}) as server:
        trial = try_chat_model(settings_for(server, tmp_path))

    assert (trial.streams, trial.calls_tools, trial.several_at_once) == told
    assert 0 < trial.first_words_seconds < 60


def test_doctor_says_in_the_servers_words_why_there_are_no_tools(tmp_path: Path) -> None:
    script = {"": [says("one two"), refusal(400, "tiny does not support tools")]}
    with openai_server(script) as server:
        trial = try_chat_model(settings_for(server, tmp_path))

    assert trial.streams == "yes"
    assert trial.calls_tools.endswith("answered with status 400: tiny does not support tools)")
    assert str(trial).startswith("streams: yes; calls tools: no (")
