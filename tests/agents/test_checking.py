"""What of an answer is marked as unverified, and what is found in the results of tools."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage

from agents.approval import Approver
from agents.checking import Evidence
from agents.events import Answer, ApprovalCard, Decision, TurnFinished
from agents.session import Session
from agents.specialists import SPECIALISTS
from agents.swarm import Swarm
from core.clock import held
from core.objects import StoredObject
from core.paging import page_of
from core.runs import Run, RunState
from core.settings import Limits, Settings
from scripted_model import ScriptedModel, call
from surfaces.assembly import Assistant, assemble

START = datetime(2026, 5, 11, 2, 0, tzinfo=UTC)


def a_run(number: int, state: RunState = RunState.SUCCEEDED) -> Run:
    return Run(
        id=f"7f3a1c5{number}",
        name=f"nightly-051{number}",
        pipeline="delay-prediction",
        state=state,
        parameters={"folds": 5, "test_size": 0.2},
        created_at=START,
        started_at=START,
        finished_at=START + timedelta(seconds=192),
        metrics={"accuracy": 0.70312, "rows": 3621.0},
    )


def evidence() -> Evidence:
    known = Evidence()
    known.add(page_of([a_run(1), a_run(2), a_run(3, RunState.FAILED)]))
    known.add(
        StoredObject(
            bucket="datasets",
            key="planned/june_2026.csv",
            bytes=1_258_291,
            etag="0",
            content_type="text/csv",
            modified_at=START,
        )
    )
    known.add_text("see https://example.org/docs and kfp 2.17.0")
    return known


@pytest.mark.parametrize(
    "answer",
    [
        "Run `7f3a1c51` (nightly-0511) reached 0.703 on 3,621 rows.",
        "Accuracy: 70 %, or 70.3 percent; it took 3 min 12 s.",
        "There are 3 runs: 2 succeeded and 1 failed.",
        "It began on 2026-05-11 02:00 and used folds=5.",
        "`datasets/planned/june_2026.csv` has 1.2 MiB, and 2 more are there.",
        "1. First\n2. Second\n3. Read https://example.org/docs.",
        "It began 2 h 5 min ago with kfp 2.17.0.",
        "Shall I start it with 99 folds on `datasets/other.csv`?",
    ],
)
def test_what_a_result_holds_is_not_marked(answer: str) -> None:
    with held(START + timedelta(hours=2, minutes=5)):
        assert evidence().unverified(answer) == []


@pytest.mark.parametrize(
    ("answer", "facts"),
    [
        ("It reached 0.713.", ["0.713"]),
        ("Accuracy is 84 %.", ["84 %"]),
        ("Run `deadbeef1` won, not nightly-0599.", ["deadbeef1", "nightly-0599"]),
        ("See https://example.com/evil.", ["https://example.com/evil."]),
        ("It is in `datasets/planned/july_2026.csv`.", ["datasets/planned/july_2026.csv"]),
        ("It took 7 min 1 s.", ["7 min 1 s"]),
        ("The file has 9.9 GiB and 12 versions.", ["9.9 GiB", "12"]),
        ("It began on 2026-05-12.", ["2026-05-12"]),
        ("I lowered it by 0.05. Shall I go on?", ["0.05"]),
    ],
)
def test_what_no_result_holds_is_named(answer: str, facts: list[str]) -> None:
    with held(START + timedelta(days=40)):
        assert evidence().unverified(answer) == facts


def test_what_was_unverified_once_is_not_proven_by_having_been_said() -> None:
    known = evidence()
    known.add_text("(Unverified: 0.713 — in no result of this conversation's tools.)")

    assert known.unverified("As said: 0.713.") == ["0.713"]


async def allow(card: ApprovalCard) -> Decision:
    del card
    return Decision(answer=Answer.ALLOW)


def session_of(assistant: Assistant, model: ScriptedModel) -> Session:
    swarm = Swarm(model, assistant.toolbox, SPECIALISTS, Limits())
    info = assistant.sessions.create()
    return Session(
        info, lambda: swarm, assistant.sessions, assistant.runs, Limits(), assistant.masker
    )


async def finished(session: Session, text: str, approve: Approver = allow) -> TurnFinished:
    events = [event async for event in session.ask(text, approve)]
    last = events[-1]
    assert isinstance(last, TurnFinished)
    return last


async def test_a_number_that_a_model_makes_up_is_marked_in_the_answer(tmp_path: Path) -> None:
    assistant = assemble(Settings(home=tmp_path, workers=1))
    model = ScriptedModel(
        script={
            "Swarm Agent": [call("ask_minio_agent", request="list the buckets")],
            "MinIO agent": [call("list_buckets"), AIMessage("There are 3 buckets, 4711 objects.")],
        }
    )
    last = await finished(session_of(assistant, model), "what buckets are there?")

    assert last.unverified == ("4711",)
    assert last.answer.endswith("(Unverified: 4711 — in no result of this conversation's tools.)")


async def test_the_built_in_model_says_no_number_that_no_tool_returned(tmp_path: Path) -> None:
    assistant = assemble(Settings(home=tmp_path, workers=1))
    session = assistant.session()
    for text in (
        "what buckets are there?",
        "show me the first rows of schedule_management.csv",
        "describe delay-prediction",
        "what stack would suit a team of three with images on AWS?",
    ):
        last = await finished(session, text)
        assert (text, last.unverified) == (text, ())
