"""What a person is told when the server of a model fails, and that the conversation goes on."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from connected_chat import AT_ONCE, KEY, asking_minio, connected, listing, only_swarm, settings_for
from openai_server import (
    Refusal,
    Scripted,
    Silence,
    calls,
    openai_server,
    refusal,
    says,
)

from agents.approval import StandIn
from agents.events import (
    ToolFinished,
)
from agents.session import OFFER
from core.errors import AssistantError
from core.services import BuiltinChat
from core.settings import read_settings
from surfaces.assembly import try_chat_model

FAULTS: Sequence[tuple[Scripted, str]] = [
    (refusal(401, f"Incorrect API key provided: {KEY}."), "refused the key. Check `chat.api_key`"),
    (refusal(403, "Not in your country."), "status 403: Not in your country."),
    (refusal(404, "no such model"), "knows no model 'tiny'"),
    (refusal(400, "tiny does not support tools"), "tiny does not support tools"),
    (refusal(429, "Slow down.", retry_after="7"), "Try again in 7 s."),
    (refusal(500, f"CUDA out of memory for {KEY}"), "status 500: CUDA out of memory for •••"),
    (Refusal(status=502, body="<html>Bad Gateway</html>"), "status 502"),
    (
        Refusal(status=200, body="<html>Log in</html>", headers={"content-type": "text/html"}),
        "is not a chat completion",
    ),
    (Refusal(status=200, body="data: <html>\n\n"), "is not a chat completion"),
    (Refusal(status=200, body='data: "hello"\n\n'), "is not a chat completion"),
    (Refusal(status=200, body="data: [1, 2]\n\n"), "is not a chat completion"),
    (Refusal(status=200, body='data: {"choices": 7}\n\n'), "is not a chat completion"),
    (
        Refusal(
            status=200,
            body='data: {"choices": [], "usage": {"prompt_tokens": "many"}}\n\n',
        ),
        "is not a chat completion",
    ),
    (
        Refusal(status=200, body=f'data: {{"error": {{"message": "overloaded {KEY}"}}}}\n\n'),
        "overloaded •••",
    ),
    (
        Refusal(
            status=200,
            body='data: {"choices": [{"delta": {"tool_calls": [{"function": null}]}}]}\n\n',
        ),
        "is not a chat completion",
    ),
    (replace(says("No stream."), streams=False), "is not a chat completion"),
]


# The client warns of a count that is no number before it fails on it.
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
@pytest.mark.parametrize(("fault", "words"), FAULTS)
@pytest.mark.parametrize("at", ["swarm", "minio"])
async def test_a_fault_ends_the_turn_in_words_and_the_next_question_works(
    tmp_path: Path, fault: Scripted, words: str, at: str
) -> None:
    script = asking_minio(fault) if at == "minio" else only_swarm(fault)
    script["Swarm Agent"].append(says("Yes."))
    with connected(tmp_path, script) as here:
        events, finished = await here.ask("what buckets are there?")
        _, good = await here.ask("are you there?")
        stored = here.stored()
        history = here.session.history()

        assert words in finished.stopped
        assert finished.answer == finished.stopped
        assert (good.answer, good.stopped) == ("Yes.", "")
        assert here.roles() == ["human", "ai", "human", "ai"]
        assert [turn.answer for turn in history] == [finished.answer, "Yes."]
        seen = f"{events} {json.dumps([*stored])} {history} {json.dumps(here.server.bodies)}"
        assert KEY not in seen
        assert {*here.server.keys} == {f"Bearer {KEY}"}


async def test_a_server_that_never_answers_is_given_up_in_words(tmp_path: Path) -> None:
    with connected(tmp_path, only_swarm(Silence(), says("Yes.")), timeout_seconds=0.2) as here:
        _, finished = await here.ask("what buckets are there?")
        _, good = await here.ask("are you there?")

    assert "did not answer within 0.2 s" in finished.stopped
    assert good.answer == "Yes."


async def test_a_server_that_is_down_is_named(tmp_path: Path) -> None:
    with connected(tmp_path, {}) as here:
        pass
    _, finished = await here.ask("what buckets are there?")

    assert f"The model at {here.server.url} cannot be reached." in finished.stopped
    assert here.roles() == ["human", "ai"]


@pytest.mark.parametrize("fault", [refusal(500, "Oops.", **AT_ONCE), refusal(429, "", **AT_ONCE)])
async def test_a_passing_fault_is_tried_again_unseen(tmp_path: Path, fault: Refusal) -> None:
    with connected(tmp_path, listing(fault, says("Three.")), retries=1) as here:
        _, finished = await here.ask("what buckets are there?")

    assert (finished.answer, finished.stopped) == ("Three.", "")


@pytest.mark.parametrize("pieces", [1, 2, 3])
async def test_a_stream_that_breaks_before_anything_was_said_is_tried_again(
    tmp_path: Path, pieces: int
) -> None:
    whole = calls("preview_object", bucket="datasets", key="schedule_management.csv")
    broken = replace(whole, pieces=pieces)
    with connected(tmp_path, asking_minio(broken, whole, says("A table.")), retries=1) as here:
        events, finished = await here.ask("show the data")

    assert [event.ok for event in events if isinstance(event, ToolFinished)] == [True]
    assert (finished.answer, finished.stopped) == ("A table.", "")


async def test_a_stream_that_breaks_in_the_middle_of_an_answer_says_so(tmp_path: Path) -> None:
    half = replace(says("There are three buckets."), pieces=3)
    script = listing(half)
    script["Swarm Agent"].append(says("Yes."))
    with connected(tmp_path, script) as here:
        _, finished = await here.ask("what buckets are there?")
        _, good = await here.ask("are you there?")

    # The last word may be half of a secret, so it is not shown.
    assert finished.answer == f"There\n\n{finished.stopped}"
    assert "broke off" in finished.stopped
    assert good.answer == "Yes."


async def test_a_stream_that_ends_without_its_end_says_so(tmp_path: Path) -> None:
    chunk = {"choices": [{"index": 0, "delta": {"content": "There are"}, "finish_reason": None}]}
    ended = Refusal(status=200, body=f"data: {json.dumps(chunk)}\n\n")
    with connected(tmp_path, listing(ended), retries=1) as here:
        _, finished = await here.ask("what buckets are there?")

    assert finished.answer == f"There\n\n{finished.stopped}"
    assert "broke off" in finished.stopped


async def test_a_stream_may_end_with_an_empty_piece(tmp_path: Path) -> None:
    choices = [{"delta": {"content": "Yes."}}, {"delta": None, "finish_reason": "stop"}]
    lines = [f"data: {json.dumps({'choices': [choice]})}\n\n" for choice in choices]
    with connected(tmp_path, only_swarm(Refusal(status=200, body="".join(lines)))) as here:
        _, finished = await here.ask("are you there?")

    assert (finished.answer, finished.stopped) == ("Yes.", "")


async def test_a_stream_that_keeps_breaking_says_so(tmp_path: Path) -> None:
    broken = replace(calls("list_buckets"), pieces=2)
    with connected(tmp_path, asking_minio(broken, broken), retries=1) as here:
        _, finished = await here.ask("what buckets are there?")

    assert "broke off" in finished.stopped


# The client warns of a count that is no number before it fails on it.
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
@pytest.mark.parametrize(("fault", "words"), FAULTS)
def test_doctor_says_in_words_why_a_model_does_not_answer(
    tmp_path: Path, fault: Scripted, words: str
) -> None:
    with openai_server({"": [fault]}) as server, pytest.raises(AssistantError) as problem:
        try_chat_model(settings_for(server, tmp_path))

    assert words in str(problem.value)
    assert KEY not in str(problem.value)


LOST = refusal(500, "Oops.")


async def yes(why: str) -> bool:
    del why
    return True


async def no(why: str) -> bool:
    del why
    return False


@pytest.mark.parametrize("at", ["swarm", "minio"])
async def test_a_lost_model_is_stood_in_for_when_the_person_wants_it(
    tmp_path: Path, at: str
) -> None:
    script = asking_minio(LOST) if at == "minio" else only_swarm(LOST)
    script["Swarm Agent"].append(says("Yes."))
    asked: list[str] = []

    async def note(why: str) -> bool:
        asked.append(why)
        return True

    with connected(tmp_path, script) as here:
        _, finished = await here.ask("what buckets are there?", note)
        _, good = await here.ask("are you there?")
        sent = here.server.bodies[-1]["messages"]

    assert (finished.stopped, len(asked)) == ("", 1)
    assert "status 500: Oops." in asked[0]
    assert "The built-in model answers this turn." in finished.answer
    assert "schedule_management" in finished.answer or "datasets" in finished.answer
    assert good.answer == "Yes."
    assert [message["content"] for message in sent if message["role"] == "user"] == [
        "what buckets are there?",
        "are you there?",
    ]


@pytest.mark.parametrize("stand_in", [no, None])
async def test_a_lost_model_ends_the_turn_with_the_way_to_another(
    tmp_path: Path, stand_in: StandIn | None
) -> None:
    with connected(tmp_path, only_swarm(LOST)) as here:
        _, finished = await here.ask("what buckets are there?", stand_in)

    assert finished.stopped.endswith(OFFER)


async def test_a_turn_that_changed_something_is_not_begun_again_by_another_model(
    tmp_path: Path,
) -> None:
    script = {
        "Swarm Agent": [calls("ask_kfp_agent", request="start delay-prediction")],
        "KFP agent": [calls("start_run", pipeline="delay-prediction"), LOST],
    }
    with connected(tmp_path, script) as here:
        _, finished = await here.ask("start delay-prediction", yes)
        runs = here.assistant.runs.list()
        here.assistant.runs.cancel(runs.items[0].id)

    assert runs.total == 1
    assert "status 500" in finished.stopped
    assert "Done before that: start_run." in finished.answer
    assert "built-in" not in finished.stopped


def test_the_built_in_model_can_be_chosen_over_a_file_that_names_an_endpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mlops-swarm.toml").write_text('[chat]\nkind = "openai"\nmodel = "tiny"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLOPS_SWARM_CHAT__KIND", "builtin")

    assert read_settings().chat == BuiltinChat()
