"""Models that were taught little: calls written as text, thinking aloud, repeating."""

import json
from pathlib import Path

import pytest
from connected_chat import asking_minio, connected, listing, only_swarm
from openai_server import Call, Refusal, Reply, calls, says

from agents.events import (
    ApprovalCard,
    Decision,
    HandOff,
    TextArrived,
    ToolFinished,
    ToolStarted,
)
from backends.chat_worded_calls import worded_calls

NOTE = "\n\n(Unverified:"
"""What follows an answer whose numbers no tool returned."""

WORDED = [
    '```json\n{"name": "list_objects", "arguments": {"bucket": "datasets"}}\n```',
    '```\n{"name": "list_objects", "parameters": {"bucket": "datasets"}}\n```',
    '<tool_call>\n{"name": "list_objects", "arguments": {"bucket": "datasets"}}\n</tool_call>',
    '<tool_call>{"name": "list_objects", "arguments": {"bucket": "datasets"}}',
    '<function=list_objects>{"bucket": "datasets"}</function>',
    '[TOOL_CALLS] [{"name": "list_objects", "arguments": {"bucket": "datasets"}}]',
    '{"name": "list_objects", "arguments": "{\\"bucket\\": \\"datasets\\"}"}',
    '{"function": {"name": "list_objects", "arguments": {"bucket": "datasets"}}}',
    'call_tool(list_objects, bucket="datasets")',
    'call_tool("list_objects", {"bucket": "datasets"})',
    "list_objects('datasets')",
    '```python\nlist_objects(bucket="datasets")\n```',
    '[list_objects(bucket="datasets")]',
    '<think>It is datasets.</think>\n{"tool": "list_objects", "args": {"bucket": "datasets"}}',
]


@pytest.mark.parametrize("text", WORDED)
async def test_a_call_written_as_text_is_carried_out_and_not_shown(
    tmp_path: Path, text: str
) -> None:
    with connected(tmp_path, asking_minio(says(text), says("One table."))) as here:
        events, finished = await here.ask("what is in datasets?")
        answered = here.server.bodies[-1]["messages"]

    started = [event.arguments for event in events if isinstance(event, ToolStarted)]
    assert started == [{"bucket": "datasets"}]
    assert (finished.answer, finished.stopped) == ("One table.", "")
    assert [message["role"] for message in answered] == ["system", "user", "assistant", "tool"]


async def test_a_hand_off_written_as_text_reaches_the_specialist(tmp_path: Path) -> None:
    script = listing(says("Three."))
    script["Swarm Agent"] = [says('ask_minio_agent(request="list the buckets", more=false)')]
    with connected(tmp_path, script) as here:
        events, finished = await here.ask("what buckets are there?")

    assert [event.request for event in events if isinstance(event, HandOff)] == ["list the buckets"]
    assert finished.answer == "Three."


async def test_a_change_written_as_text_is_asked_about_like_any_other(tmp_path: Path) -> None:
    cards: list[ApprovalCard] = []

    async def note(card: ApprovalCard) -> Decision:
        from agents.events import Answer

        cards.append(card)
        return Decision(answer=Answer.REJECT)

    text = '{"name": "start_run", "arguments": {"pipeline": "delay-prediction"}}'
    script = {
        "Swarm Agent": [calls("ask_kfp_agent", request="start delay-prediction")],
        "KFP agent": [says(text), says("It was not started.")],
    }
    with connected(tmp_path, script) as here:
        async for _ in here.session.ask("start it", note):
            pass

        assert [(card.tool, card.arguments["pipeline"]) for card in cards] == [
            ("start_run", "delay-prediction")
        ]
        assert here.assistant.runs.list().total == 0


@pytest.mark.parametrize(
    "answer",
    [
        'You could call {"name": "list_buckets", "arguments": {}} next.',
        '{"name": "delete_everything", "arguments": {}}',
        '{"name": "list_buckets", "owner": "nobody"}',
        '```json\n{"folds": 5}\n```',
        "[page § heading] says so.",
        "list_buckets is the tool for that.",
        "`datasets` holds one table.",
        "< 3 buckets, I think.",
        "list_buckets()\nThere are three.",
        "__import__('os').remove('x')",
        "list_buckets(open('/etc/passwd'))",
    ],
)
async def test_an_answer_that_only_looks_like_a_call_is_shown_whole(
    tmp_path: Path, answer: str
) -> None:
    with connected(tmp_path, asking_minio(says(answer))) as here:
        events, finished = await here.ask("how would I list the buckets?")

    assert [event for event in events if isinstance(event, ToolStarted)] == []
    assert finished.answer.partition(NOTE)[0] == answer


async def test_a_call_written_as_broken_text_is_asked_for_again(tmp_path: Path) -> None:
    broken = says('{"name": "list_buckets", "arguments": {')
    with connected(tmp_path, asking_minio(broken, calls("list_buckets"), says("Three."))) as here:
        events, finished = await here.ask("what buckets are there?")
        told = here.server.bodies[2]["messages"][-1]["content"]

    assert [event.ok for event in events if isinstance(event, ToolFinished)] == [True]
    assert told.startswith("The arguments of `list_buckets` are not a JSON object")
    assert finished.answer == "Three."


def test_several_calls_in_one_text_are_all_read() -> None:
    tools = {"list_buckets": [], "list_objects": ["bucket", "prefix"]}
    expected = [("list_buckets", "{}"), ("list_objects", '{"bucket": "models"}')]
    first, second = (
        '{"name": "list_buckets"}',
        ('{"name": "list_objects", "arguments": {"bucket": "models"}}'),
    )

    for text in (
        f"<tool_call>{first}</tool_call>\n<tool_call>{second}</tool_call>",
        f"[{first}, {second}]",
        f"{first}\n{second}",
        "list_buckets()\nlist_objects(bucket='models')",
    ):
        assert worded_calls(text, tools) == expected


@pytest.mark.parametrize(
    "text",
    [
        "<think>They want the buckets.</think>\n\nThree buckets.",
        "<thinking> a < b </thinking><think>More.</think>Three buckets.",
        "So they want buckets.\n</think>\n\nThree buckets.",
    ],
)
async def test_thinking_aloud_is_no_part_of_the_answer(tmp_path: Path, text: str) -> None:
    with connected(tmp_path, only_swarm(says(text))) as here:
        events, finished = await here.ask("what buckets are there?")
        stored = json.dumps([*here.stored()])

    shown = "".join(event.text for event in events if isinstance(event, TextArrived))
    assert "Three buckets." in stored
    assert "want" not in stored
    if text.startswith("<"):
        assert shown == finished.answer == "Three buckets."


async def test_reasoning_beside_the_answer_is_neither_shown_nor_kept(tmp_path: Path) -> None:
    deltas = [
        {"role": "assistant", "reasoning_content": "They want buckets."},
        {"reasoning": "Let me count."},
        {"content": "Three."},
    ]
    choices = [*({"index": 0, "delta": delta} for delta in deltas)]
    choices.append({"index": 0, "delta": {}, "finish_reason": "stop"})
    body = "".join(f"data: {json.dumps({'choices': [choice]})}\n\n" for choice in choices)
    with connected(tmp_path, only_swarm(Refusal(status=200, body=body))) as here:
        events, finished = await here.ask("what buckets are there?")
        stored = json.dumps([*here.stored()])

    assert (finished.answer, finished.stopped) == ("Three.", "")
    assert "want" not in f"{events}{stored}"
    assert "count" not in f"{events}{stored}"


async def test_thinking_that_never_ends_is_no_answer(tmp_path: Path) -> None:
    endless = says("<think>They want the buckets.")
    with connected(tmp_path, only_swarm(endless, says("Three."))) as here:
        _, finished = await here.ask("what buckets are there?")

    assert (finished.answer, finished.model_calls) == ("Three.", 2)


@pytest.mark.parametrize("text", ["and so on " * 400, "<think>" + "hm, wait. " * 400])
async def test_a_model_that_writes_the_same_without_end_is_stopped_in_words(
    tmp_path: Path, text: str
) -> None:
    with connected(tmp_path, only_swarm(says(text), says("Yes."))) as here:
        _, finished = await here.ask("what buckets are there?")
        _, good = await here.ask("are you there?")

    assert "wrote the same again and again" in finished.stopped
    assert good.answer == "Yes."


async def test_a_long_answer_that_does_not_repeat_is_shown_whole(tmp_path: Path) -> None:
    rows = "\n".join(f"| {number} | delay-prediction | SUCCEEDED |" for number in range(300))
    with connected(tmp_path, only_swarm(says(rows))) as here:
        _, finished = await here.ask("list the runs")

    assert finished.answer.partition(NOTE)[0] == rows


async def test_a_model_that_calls_one_tool_at_a_time_gets_everything_done(tmp_path: Path) -> None:
    script = {
        "Swarm Agent": [
            calls("ask_minio_agent", request="list the buckets", more=True),
            calls("ask_kfp_agent", request="list the pipelines"),
        ],
        "MinIO agent": [
            calls("list_buckets"),
            calls("list_objects", bucket="datasets"),
            says("Three buckets."),
        ],
        "KFP agent": [calls("list_pipelines"), says("One pipeline.")],
    }
    with connected(tmp_path, script) as here:
        events, finished = await here.ask("what buckets and pipelines are there?")

    finished_tools = [event.tool for event in events if isinstance(event, ToolFinished)]
    assert finished_tools == ["list_buckets", "list_objects", "list_pipelines"]
    assert finished.answer == "Three buckets.\n\nOne pipeline."


async def test_a_server_that_gives_every_call_the_same_id_can_be_used(tmp_path: Path) -> None:
    script = {
        "Swarm Agent": [
            calls("ask_minio_agent", request="list the buckets"),
            calls("ask_kfp_agent", request="list the pipelines"),
        ],
        "MinIO agent": [
            Reply(calls=[Call("list_buckets"), Call("list_objects", '{"bucket": "datasets"}')]),
            calls("list_objects", bucket="models"),
            says("Three buckets."),
        ],
        "KFP agent": [calls("list_pipelines"), says("One pipeline.")],
    }
    with connected(tmp_path, script) as here:
        first, buckets = await here.ask("what buckets are there?")
        _, pipelines = await here.ask("and pipelines?")

    assert len([event for event in first if isinstance(event, ToolFinished)]) == 3
    assert buckets.answer == "Three buckets."
    assert pipelines.answer == "One pipeline."


@pytest.mark.parametrize("same", [calls("list_buckets"), says("list_buckets()")])
async def test_a_call_that_is_only_repeated_is_not_made_a_third_time(
    tmp_path: Path, same: Reply
) -> None:
    with connected(tmp_path, asking_minio(same, same, same, says("Three."))) as here:
        events, finished = await here.ask("what buckets are there?")
        told = here.server.bodies[-1]["messages"][-1]["content"]

    assert len([event for event in events if isinstance(event, ToolFinished)]) == 2
    assert "`list_buckets` was called 2 times with these arguments" in told
    assert finished.answer == "Three."


async def test_a_model_that_cannot_stop_repeating_a_call_is_stopped_in_words(
    tmp_path: Path,
) -> None:
    script = asking_minio(*[calls("list_buckets")] * 4)
    script["Swarm Agent"].append(says("Yes."))
    with connected(tmp_path, script) as here:
        _, finished = await here.ask("what buckets are there?")
        _, good = await here.ask("are you there?")

    assert "of no use, twice: `list_buckets` was called 2 times" in finished.stopped
    assert good.answer == "Yes."
