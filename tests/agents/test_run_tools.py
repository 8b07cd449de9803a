"""Tools for runs, from the highest door: a conversation with the built-in model."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import allow, collect, until_ended
from kfp import compiler, dsl

from agents.events import (
    Answer,
    ApprovalCard,
    Decision,
    Effect,
    Event,
    ToolFinished,
    TurnFinished,
)
from backends.runs_local.history import NewRun, RunHistory
from backends.runs_local.package import read_plan
from core.clock import held
from core.comparison import Comparison, Verdict
from core.diagnosis import Confidence, Diagnosis
from core.pipelines import ParameterValue, PipelineSpec
from core.runs import Run, RunState, TaskState
from core.schedules import Schedule
from core.settings import Settings
from core.trash import EmptiedTrash
from surfaces.assembly import Assistant, assemble
from surfaces.evaluation.world_runs import WorldRuns, this_process
from surfaces.ticking import missed

component = dsl.component(
    base_image="python:3.11", packages_to_install=[], install_kfp_package=False
)


@component
def measure(fail: bool, seed: int, metrics: dsl.Output[dsl.Metrics]) -> None:
    if fail:
        raise ValueError("the table has no column 'borough'")
    metrics.log_metric("accuracy", 0.7 + seed / 1000)
    metrics.log_metric("wobble", float(seed))


@dsl.pipeline(name="measuring", description="Measures what it is told to")
def measuring(fail: bool = False, seed: int = 1) -> None:
    measure(fail=fail, seed=seed)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    path = tmp_path / "measuring.yaml"
    compiler.Compiler().compile(measuring, str(path))
    return path


class Cards:
    """Allows everything and remembers what was shown."""

    def __init__(self) -> None:
        self.shown: list[ApprovalCard] = []

    async def allow(self, card: ApprovalCard) -> Decision:
        self.shown.append(card)
        return Decision(answer=Answer.ALLOW)


def answer_of(events: Sequence[Event]) -> str:
    finished = events[-1]
    assert isinstance(finished, TurnFinished)
    return finished.answer


def value_of(events: Sequence[Event]) -> object:
    return [event.value for event in events if isinstance(event, ToolFinished)][-1]


@pytest.fixture
def assistant(tmp_path: Path) -> Assistant:
    """An assistant whose runs end at once: what they leave is told by `tell`."""
    return assemble(Settings(home=tmp_path / "home", workers=1), run_backend=WorldRuns)


def tell(
    assistant: Assistant,
    name: str,
    minutes_ago: int,
    parameters: Mapping[str, ParameterValue],
    reason: str = "",
) -> Run:
    """Put a run of `measuring` into the history: it failed for a reason, or measured its seed."""
    spec = assistant.catalog.find("measuring")
    history = RunHistory(assistant.settings.home / "runs.db")
    run_id = hashlib.sha256(name.encode()).hexdigest()[:8]
    chosen = {"fail": False, "seed": 1, **parameters}
    with held(datetime.now(UTC) - timedelta(minutes=minutes_ago)):
        history.add(
            NewRun(
                id=run_id,
                pipeline=spec,
                parameters=chosen,
                experiment="default",
                name=name,
                tasks=read_plan(spec.package).tasks,
            )
        )
        history.begin(run_id, this_process())
        history.start_task(run_id, "measure", "measure")
        state = TaskState.FAILED if reason else TaskState.SUCCEEDED
        seed = chosen["seed"]
        assert isinstance(seed, int)
        if not reason:
            measured = {"accuracy": 0.7 + seed / 1000, "wobble": float(seed)}
            history.record([], measured, run_id)
        history.end_task(run_id, "measure", state, reason)
        history.finish(run_id, RunState.FAILED if reason else RunState.SUCCEEDED, reason)
    return assistant.runs.get(run_id)


NO_COLUMN = "the table has no column 'borough'"


async def test_a_failed_run_is_explained_retried_and_remembered(
    assistant: Assistant, package: Path
) -> None:
    session, cards = assistant.session(), Cards()
    uploaded = value_of(await collect(session.ask(f"upload {package}", cards.allow)))
    assert isinstance(uploaded, PipelineSpec)
    assert (uploaded.name, len(uploaded.versions)) == ("measuring", 1)
    assert cards.shown[0].details["tasks"] == "measure"
    assert "nothing in it runs now" in cards.shown[0].details["file"]
    failed = tell(assistant, "monday", 50, {"fail": True}, NO_COLUMN)
    worked = tell(assistant, "tuesday", 40, {})
    again = tell(assistant, "wednesday", 30, {"fail": True}, NO_COLUMN)

    events = await collect(session.ask("why did the last run fail", allow))
    diagnosis = value_of(events)
    assert isinstance(diagnosis, Diagnosis)
    assert diagnosis.fault is not None
    assert diagnosis.run_id == again.id
    assert (diagnosis.fault.kind, diagnosis.fault.confidence) == (
        "missing-column",
        Confidence.HIGH,
    )
    assert diagnosis.fault.evidence[0].task == "measure"
    assert [(one.run_id, one.fixed_by) for one in diagnosis.earlier] == [(failed.id, worked.id)]
    assert diagnosis.earlier[0].changes == ("fail true → false",)
    assert "The table has no column 'borough'." in answer_of(events)
    assert f"it was fixed in run `{worked.id}`" in answer_of(events)

    retried = value_of(await collect(session.ask("fix it and run it again", cards.allow)))
    assert isinstance(retried, Run)
    assert (retried.id, retried.attempt) == (again.id, 2)
    card = cards.shown[-1].details
    assert card["failed because"] == "The table has no column 'borough'."
    assert "the same again" in card["likely"]


async def test_a_deleted_run_is_in_the_trash_until_that_is_emptied(
    assistant: Assistant, package: Path
) -> None:
    session, cards = assistant.session(), Cards()
    await collect(session.ask(f"upload {package}", cards.allow))
    run = tell(assistant, "monday", 50, {"fail": True}, NO_COLUMN)

    await collect(session.ask(f"delete run {run.id}", cards.allow))
    assert cards.shown[-1].effect is Effect.DESTROYS
    assert cards.shown[-1].details["keeps"] == "the 0 objects it made"
    assert [one.id for one in assistant.runs.trash()] == [run.id]
    assert assistant.runs.list().total == 0

    emptied = value_of(await collect(session.ask("empty the trash", cards.allow)))
    assert emptied == EmptiedTrash(runs=1, objects=0)
    assert run.id in cards.shown[-1].details["removes runs"]
    assert not assistant.runs.trash()


async def test_repeats_show_what_noise_is_and_no_direction_is_guessed(
    assistant: Assistant, package: Path
) -> None:
    session = assistant.session()
    await collect(session.ask(f"upload {package}", allow))
    runs = [tell(assistant, f"seed-{seed}", 60 - seed, {"seed": seed}) for seed in (1, 2, 40)]

    events = await collect(session.ask("compare seed-1, seed-2 and seed-40", allow))

    comparison = value_of(events)
    assert isinstance(comparison, Comparison)
    by_name = {one.name: one for one in comparison.metrics}
    assert by_name["accuracy"].best == runs[2].id
    assert by_name["accuracy"].verdict is Verdict.WITHIN_NOISE
    assert (by_name["wobble"].best, by_name["wobble"].verdict) == ("", Verdict.UNKNOWN)
    assert [one.name for one in comparison.differences] == ["seed"]
    (repeats,) = comparison.repeats
    mean, low, high = repeats.intervals["accuracy"]
    assert low < mean < high
    assert "within noise" in answer_of(events)


@pytest.mark.slow
async def test_a_run_that_really_failed_is_explained_from_its_log(
    tmp_path: Path, package: Path
) -> None:
    assistant = assemble(Settings(home=tmp_path / "real", workers=1))
    session = assistant.session()
    await collect(session.ask(f"upload {package}", allow))
    started = value_of(await collect(session.ask("run measuring with fail=true", allow)))
    assert isinstance(started, Run)
    await until_ended(lambda: assistant.runs.get(started.id))

    diagnosis = value_of(await collect(session.ask("why did it fail", allow)))

    assert isinstance(diagnosis, Diagnosis)
    assert diagnosis.fault is not None
    assert diagnosis.fault.kind == "missing-column"
    assert diagnosis.fault.evidence[-1].number > 0


async def test_a_schedule_is_made_in_words_shown_with_its_next_times_and_paused(
    assistant: Assistant,
) -> None:
    session, cards = assistant.session(), Cards()
    await collect(session.ask("describe delay-prediction", allow))

    events = await collect(session.ask("schedule it every weekday", cards.allow))
    assert answer_of(events).startswith("At what time, in UTC")
    assert cards.shown == []

    events = await collect(session.ask("at six", cards.allow))
    schedule = value_of(events)
    assert isinstance(schedule, Schedule)
    assert (schedule.pipeline, schedule.cron) == ("delay-prediction", "0 6 * * 1-5")
    details = cards.shown[0].details
    assert details["runs"] == "delay-prediction, every weekday at 06:00 UTC"
    assert len(details["next"].split(", ")) == 3
    assert details["next"].endswith("(UTC)")
    assert "mlops-swarm daemon" in details["fires"]

    events = await collect(session.ask("pause it", cards.allow))
    paused = value_of(events)
    assert isinstance(paused, Schedule)
    assert not paused.enabled
    events = await collect(session.ask(f"pause {schedule.name}", allow))
    assert "is paused already" in answer_of(events)
    events = await collect(session.ask(f"delete the schedule {schedule.name}", cards.allow))
    assert not assistant.runs.schedules()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("schedule delay-prediction 61 6 * * 1", "`0 6 * * 1-5` is every weekday at six"),
        ("pause the schedule nightly-trainng", "There is no schedule yet."),
        ("create an experiment called default", "already"),
        ("upload nowhere/weather.py", "There is no file 'nowhere/weather.py'."),
        ("retry run 12345678", "There is no run yet."),
        ("empty the trash", "The trash was empty already."),
        ("upload a pipeline", "Which file"),
        ("make a new experiment", "What shall the experiment be called?"),
    ],
)
async def test_what_cannot_be_done_is_answered_with_what_would_have_worked(
    assistant: Assistant, text: str, said: str
) -> None:
    events = await collect(assistant.session().ask(text, allow))

    assert said in answer_of(events)


async def test_an_experiment_groups_runs_and_an_unknown_one_is_not_listed_as_empty(
    assistant: Assistant,
) -> None:
    session = assistant.session()
    await collect(session.ask("create an experiment called spring-retraining", allow))

    answer = answer_of(await collect(session.ask("list experiments", allow)))
    assert "**spring-retraining** — 0 runs" in answer
    caller_events = await collect(session.ask("list runs in experiment spring-retrainin", allow))
    assert "The closest: spring-retraining" in answer_of(caller_events)


async def test_two_days_that_nobody_was_up_are_told_as_missed(assistant: Assistant) -> None:
    session, morning = assistant.session(), datetime(2026, 5, 14, 9, tzinfo=UTC)
    with held(morning - timedelta(days=2)):
        await collect(session.ask("schedule delay-prediction every day at noon", allow))

    with held(morning):
        (told,) = missed(assistant.runs)
        answer = answer_of(await collect(session.ask("what is scheduled", allow)))

    assert told.startswith("delay-prediction-schedule-1 missed 2 firings")
    assert "nothing was up to run it" in answer
