import asyncio
import json
from collections.abc import Sequence

import pytest

from agents.approval import Answer, ApprovalCard, Decision
from agents.events import ToolStarted, TurnFinished
from agents.focus import focus_after
from backends.chat_builtin.interview import answer_in
from core.focus import Focus
from core.settings import Settings
from core.toolchains import QuestionsFirst, Recommendation
from recommender.profile import SKIP, read_profile
from recommender.questions import MOST_QUESTIONS, QUESTIONS
from recommender.toolchains import recommend
from surfaces.assembly import assemble


def asked_for(fact: str, **before: object) -> Focus:
    """Return what is spoken of after a recommendation that asks for a fact."""
    return Focus(
        tool="recommend_toolchain", arguments=json.dumps(before or {"task": "x"}), listed=fact
    )


@pytest.mark.parametrize(
    ("fact", "typed", "told"),
    [
        ("cloud", "AWS", "aws"),
        ("cloud", "on our own machines", "on-prem"),
        ("cloud", "doesn't matter", "none"),
        ("cloud", "skip", "skip"),
        ("team_size", "eight of us", "8"),
        ("team_size", "no idea", "skip"),
        ("kubernetes", "nobody", "none"),
        ("governance", "quite strict", "high"),
        ("budget", "tight", "low"),
        ("deployment", "in real time", "real-time"),
        ("framework", "JAX", "JAX"),
    ],
)
def test_a_short_answer_is_read_as_the_fact_that_was_asked_for(
    fact: str, typed: str, told: str
) -> None:
    read = answer_in(typed, asked_for(fact))

    assert read is not None
    assert read[fact] == told
    assert read["task"] == "x"


@pytest.mark.parametrize(
    "typed", ["compare AWS and Azure", "list my runs", "why not Airflow?", "which run is the best"]
)
def test_another_request_is_no_answer(typed: str) -> None:
    assert answer_in(typed, asked_for("cloud")) is None


def test_without_a_question_a_word_is_no_answer() -> None:
    assert answer_in("AWS", Focus(tool="recommend_toolchain", arguments="{}")) is None
    assert answer_in("AWS", Focus()) is None


@pytest.mark.parametrize("answering", [False, True])
def test_at_most_five_questions_are_asked_whatever_is_answered(answering: bool) -> None:
    said = {"task": "churn classification"}
    asked = []
    while True:
        told: dict[str, object] = dict(said)
        if "data_types" in told:
            told["data_types"] = [told["data_types"]]
        value = recommend(read_profile(**told))  # type: ignore[arg-type]  # by their names
        assert isinstance(value, Recommendation)
        if not value.questions_left:
            break
        question = value.questions[0]
        asked.append(question.fact)
        said[question.fact] = question.choices[0] if answering else SKIP

    assert len(asked) == len(set(asked)) == MOST_QUESTIONS - 1
    assert "cloud" in asked


def test_a_fact_that_was_passed_over_is_unknown_and_not_asked_for_again() -> None:
    told = read_profile(cloud=SKIP, data_types=[SKIP], team_size="skip", task="Skip")
    value = recommend(told)

    assert told.skipped == ("data_types", "task", "team_size", "cloud")
    assert (told.cloud, told.data_types, told.team_size, told.task) == ("", (), "", "")
    assert isinstance(value, Recommendation)
    assert not set(told.skipped) & {question.fact for question in value.questions}


def test_what_a_recommendation_asks_for_is_spoken_of() -> None:
    first = recommend(read_profile())
    assert isinstance(first, QuestionsFirst)
    assert len(first.facts) == len(first.questions) == 3
    after = focus_after(Focus(), "recommend_toolchain", {}, first)

    assert after.listed.splitlines() == list(first.facts)
    assert set(first.facts) < set(QUESTIONS)


def test_a_conversation_about_a_toolchain_takes_answers_and_skips(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async def allow(card: ApprovalCard) -> Decision:
        del card
        return Decision(answer=Answer.ALLOW)

    async def turns(texts: Sequence[str]) -> tuple[list[dict[str, object]], list[str]]:
        session = assemble(Settings(home=tmp_path_factory.mktemp("home"))).session()
        calls, answers = [], []
        for text in texts:
            async for event in session.ask(text, allow):
                if isinstance(event, ToolStarted):
                    calls.append(dict(event.arguments))
                if isinstance(event, TurnFinished):
                    answers.append(event.answer)
        return calls, answers

    texts = ("recommend a toolchain for classification of images with pytorch", "AWS", "skip")
    calls, answers = asyncio.run(turns(texts))

    assert [call.get("cloud") for call in calls] == [None, "aws", "aws"]
    assert "2 questions left" in answers[0]
    assert "1 question left" in answers[1]
    assert "left" not in answers[2].splitlines()[-1]
    assert SKIP in calls[2].values()
