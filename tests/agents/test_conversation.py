"""The main job as one conversation, with the built-in model on the real local backends."""

import asyncio
from contextlib import aclosing

import pytest
from conftest import WAIT_SECONDS, allow, collect, reject

from agents.events import HandOff, RunEnded, ToolFinished, TurnFinished
from agents.session import POLL_SECONDS, Session
from core.lineage import ObjectTrace
from core.metrics import RunMetrics
from core.objects import Plot
from core.paging import Page
from core.passages import DocsAnswer
from core.pipelines import PipelineSpec
from core.runs import Run, RunState
from core.toolchains import Recommendation
from surfaces.assembly import Assistant, assemble

SMALL = "with 2 folds and only LogisticRegression, DecisionTree and KNN"


async def tell(session: Session, text: str) -> tuple[str, object]:
    """Ask, and return the answer with the value of the last tool."""
    events = await collect(session.ask(text, allow))
    values = [event.value for event in events if isinstance(event, ToolFinished)]
    finished = events[-1]
    assert isinstance(finished, TurnFinished)
    assert finished.stopped == ""
    return finished.answer, values[-1] if values else None


async def until_followed_up(session: Session) -> tuple[list[RunEnded], str]:
    """Wait for what hangs on runs, and return the ends that were told and the last answer."""
    ended: list[RunEnded] = []
    answer = ""
    async with asyncio.timeout(WAIT_SECONDS):
        while session.waiting():
            async with aclosing(session.ended(allow)) as events:
                async for event in events:
                    if isinstance(event, RunEnded):
                        ended.append(event)
                    if isinstance(event, TurnFinished):
                        answer = event.answer
            await asyncio.sleep(POLL_SECONDS)
    return ended, answer


async def test_the_main_job_is_one_conversation(assistant: Assistant) -> None:
    session = assistant.session()

    answer, value = await tell(session, "what pipelines are there")
    assert isinstance(value, Page)
    assert {type(item) for item in value} == {PipelineSpec}
    assert "delay-prediction" in answer

    answer, started = await tell(session, f"run the delay one {SMALL}")
    assert isinstance(started, Run)
    assert started.parameters["folds"] == 2
    assert started.parameters["models"] == ["LogisticRegression", "DecisionTree", "KNN"]
    assert started.id in answer

    answer, value = await tell(session, "how is it going")
    assert isinstance(value, Run)
    assert value.id == started.id

    _, watched = await tell(session, "tell me when it is done")
    assert isinstance(watched, Run)
    ended, _ = await until_followed_up(session)
    # On a fast machine it has ended by now, and the answer said so.
    told = [] if watched.state.ended else [(started.id, RunState.SUCCEEDED)]
    assert [(event.run.id, event.run.state) for event in ended] == told

    answer, _ = await tell(session, "tell me when it is done")
    assert f"{RunState.SUCCEEDED}" in answer
    assert session.waiting() == []

    events = await collect(session.ask("which model won and show me the confusion matrix", allow))
    values = [event.value for event in events if isinstance(event, ToolFinished)]
    assert [type(value) for value in values] == [RunMetrics, Plot]
    metrics = values[0]
    assert isinstance(metrics, RunMetrics)
    assert metrics.run_id == started.id
    finished = events[-1]
    assert isinstance(finished, TurnFinished)
    best = next(model for model in metrics.models if model.name == metrics.winner)
    assert 0.6 < best.accuracy < 0.8
    for said in (metrics.winner, f"{best.accuracy:.3f}", f"{best.roc_auc:.3f}", "majority"):
        assert said in finished.answer
    assert "Camera" in finished.answer
    assert metrics.report in finished.answer
    assert "confusion matrix" in finished.answer

    answer, value = await tell(session, "what files did it make")
    assert f"in `artifacts/delay-prediction/{started.id}`" in answer
    assert "`evaluate-models/report.html` — report" in answer

    answer, value = await tell(session, "why split by time")
    assert isinstance(value, DocsAnswer)
    assert value.answerable
    assert value.items[0].passage.citation in answer

    answer, value = await tell(session, "what stack would suit a team of three with images on AWS")
    assert isinstance(value, Recommendation)
    assert (value.profile.cloud, value.profile.team_size) == ("aws", "small")
    assert value.profile.data_types == ("image",)
    assert value.platform.choices[0].tool in answer


async def test_a_request_that_hangs_on_a_run_is_answered_when_it_ends_even_after_a_restart(
    assistant: Assistant,
) -> None:
    session = assistant.session()
    events = await collect(
        session.ask(f"train the delay models {SMALL} and tell me which is best", allow)
    )
    assert [event.agent for event in events if isinstance(event, HandOff)] == ["kfp"]
    finished = events[-1]
    assert isinstance(finished, TurnFinished)
    assert "tell me which is best" in finished.answer

    restarted = assemble(assistant.settings).session(session.id)
    ended, answer = await until_followed_up(restarted)

    assert [event.request for event in ended] == ["tell me which is best"]
    assert ended[0].run.state is RunState.SUCCEEDED
    assert f"won run `{ended[0].run.id}`" in answer
    assert [turn.question for turn in restarted.history()][-1] == "tell me which is best"


async def test_what_a_running_run_cannot_tell_yet_is_answered_when_it_ends(
    assistant: Assistant,
) -> None:
    session = assistant.session()
    await tell(session, f"run the delay one {SMALL}")

    answer, value = await tell(session, "which model won")
    assert value is None
    assert "which model won" in answer

    _, answer = await until_followed_up(session)
    assert "won run" in answer


async def test_a_rejected_run_is_not_started_and_what_hung_on_it_is_dropped(
    assistant: Assistant,
) -> None:
    session = assistant.session()
    events = await collect(session.ask("train the models and tell me which is best", reject))

    assert assistant.runs.list().total == 0
    assert session.waiting() == []
    finished = events[-1]
    assert isinstance(finished, TurnFinished)
    assert "start_run was rejected; nothing was changed" in finished.answer


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "run the weather-delay pipeline",
            "The closest: delay-prediction, delay-scoring, drift-check.",
        ),
        (
            "run delay-prediction on datasets/schedule_managment.csv",
            "datasets/schedule_management.csv",
        ),
        ("status of run nightly-99", "There is no run yet."),
        ("run delay-prediction with fold=3", "folds"),
        ("run delay-prediction with models=[Forest]", "RandomForest"),
        ("what is in the bucket datasetz", "datasets"),
        ("show me datasets/schedule.csv", "schedule_management.csv"),
    ],
)
async def test_a_name_that_does_not_exist_is_answered_with_the_way_out(
    assistant: Assistant, text: str, said: str
) -> None:
    session = assistant.session()
    await collect(session.ask("describe delay-prediction", allow))
    events = await collect(session.ask(text, allow))

    finished = events[-1]
    assert isinstance(finished, TurnFinished)
    assert said in finished.answer
    assert assistant.runs.list().total == 0


async def test_a_stopped_turn_leaves_a_usable_conversation(assistant: Assistant) -> None:
    session = assistant.session()
    async with aclosing(session.ask("why split by time", allow)) as events:
        async for event in events:
            if isinstance(event, HandOff):
                break

    answer, _ = await tell(session, "what pipelines are there")

    assert "delay-prediction" in answer
    assert [turn.question for turn in session.history()] == [
        "why split by time",
        "what pipelines are there",
    ]


VAGUE = "take datasets/schedule_management.csv with delay-prediction"


async def test_a_question_back_is_answered_by_a_number(assistant: Assistant) -> None:
    session = assistant.session()
    answer, value = await tell(session, "handle datasets/schedule_management.csv")
    assert answer.endswith("Which one?")
    assert value is None
    choices = [line[3:] for line in answer.splitlines() if line[:2] in {"1.", "2.", "3."}]

    _, value = await tell(session, str(choices.index("tell where a file comes from") + 1))

    assert isinstance(value, ObjectTrace)
    assert value.object.reference == "datasets/schedule_management.csv"


async def test_a_change_that_was_picked_by_its_number_still_asks_for_approval(
    assistant: Assistant,
) -> None:
    session = assistant.session()
    answer, _ = await tell(session, VAGUE)
    assert "1. start a run of a pipeline" in answer

    finished = (await collect(session.ask("1", reject)))[-1]

    assert isinstance(finished, TurnFinished)
    assert "start_run was rejected" in finished.answer
    assert assistant.runs.list().total == 0
