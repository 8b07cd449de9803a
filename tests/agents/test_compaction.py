from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from agents.compaction import KEPT_TURNS, compact


def a_turn(number: int, words: int = 200) -> list[BaseMessage]:
    filler = " ".join(["and so on"] * words)
    return [
        HumanMessage(f"question number {number}"),
        AIMessage("", tool_calls=[{"name": "ask_kfp_agent", "args": {}, "id": f"c{number}"}]),
        ToolMessage(
            f"Here it is. {filler} run `{number:x}7f3a1c52` had accuracy 0.7{number:02d} with"
            f" artifacts/delay-prediction/{number:x}7f3a1c52/report.html",
            tool_call_id=f"c{number}",
            artifact={"focus": {"run": f"{number:x}7f3a1c52"}},
        ),
    ]


def texts(messages: list[BaseMessage] | tuple[BaseMessage, ...]) -> str:
    return "\n".join(str(message.text) for message in messages)


def test_a_short_conversation_stays_as_it_is() -> None:
    messages = [message for number in range(3) for message in a_turn(number, words=2)]

    assert compact(messages, 10_000) is messages


def test_a_long_conversation_fits_and_keeps_every_id_and_number() -> None:
    messages = [message for number in range(12) for message in a_turn(number)]
    short = compact(messages, 12_000)

    told = texts(list(short))
    assert len(told) < 12_000 < len(texts(messages))
    for number in range(12):
        assert f"{number:x}7f3a1c52" in told
        assert f"0.7{number:02d}" in told
        assert f"question number {number}" in told


def test_the_latest_turns_are_not_touched() -> None:
    messages = [message for number in range(12) for message in a_turn(number)]

    kept = 3 * KEPT_TURNS
    assert list(compact(messages, 12_000))[-kept:] == messages[-kept:]


def test_what_the_conversation_was_about_is_carried_over() -> None:
    messages = [message for number in range(12) for message in a_turn(number)]
    digest = compact(messages, 12_000)[0]

    assert digest.additional_kwargs["focus"] == {"run": "87f3a1c52"}


def test_no_tool_call_is_left_without_its_result() -> None:
    messages = [message for number in range(12) for message in a_turn(number)]
    short = compact(messages, 12_000)

    asked = {c["id"] for m in short if isinstance(m, AIMessage) for c in m.tool_calls}
    answered = {m.tool_call_id for m in short if isinstance(m, ToolMessage)}
    assert asked == answered
