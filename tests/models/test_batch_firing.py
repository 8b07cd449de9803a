"""Which tables a batch deployment scores when its schedule fires."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from made_models import register

from agents.approval import Caller
from agents.events import Answer, ApprovalCard, Decision, Event
from core.clock import held
from core.runs import RunState
from core.schedules import Schedule, Ticking
from core.settings import read_settings
from surfaces.assembly import Assistant, assemble
from surfaces.evaluation.world_deployments import WorldLauncher
from surfaces.evaluation.world_runs import WorldRuns

TABLE = b"phase\nScope\n"


@pytest.fixture
async def assistant(tmp_path: Path) -> Assistant:
    made = assemble(
        read_settings(home=tmp_path / "home"), run_backend=WorldRuns, launcher=WorldLauncher()
    )
    register(made.registry, made.store, "aaaaaaaa", "LogisticRegression")
    made.store.put("datasets", "planned/may.csv", TABLE)
    await deploy(made)
    return made


async def deploy(assistant: Assistant) -> None:
    async def allow(card: ApprovalCard) -> Decision:
        assert "every table that came below datasets/planned/" in card.details["starts"]
        return Decision(answer=Answer.ALLOW)

    heard: list[Event] = []
    caller = Caller(agent="models", approve=allow, notify=heard.append)
    arguments = {"model": "delay", "mode": "batch"}
    await assistant.toolbox.call("deploy_model", arguments, caller)


def fired(assistant: Assistant) -> Sequence[object]:
    """Let the deployment fire the next time it is due; return what was scored."""
    assert isinstance(assistant.runs, Ticking)
    with held(scheduled(assistant).next_at or pytest.fail("It never fires.")):
        runs = assistant.runs.fire_due()
    assert {run.state for run in runs} <= {RunState.SUCCEEDED}
    assert {run.schedule for run in runs} <= {"delay-batch"}
    return [run.parameters["data"] for run in runs]


def scheduled(assistant: Assistant) -> Schedule:
    (schedule,) = assistant.runs.schedules()
    return schedule


def test_the_first_firing_takes_the_newest_table_where_none_came_since(
    assistant: Assistant,
) -> None:
    assert fired(assistant) == ["datasets/planned/may.csv"]
    last = scheduled(assistant).last_run
    assert fired(assistant) == []
    assert scheduled(assistant).last_run == last


def test_a_firing_takes_every_table_that_came_and_none_twice(assistant: Assistant) -> None:
    fired(assistant)
    for name in ("june.csv", "july.parquet", "june.scored.csv", "notes.txt"):
        assistant.store.put("datasets", f"planned/{name}", TABLE)
    assert fired(assistant) == ["datasets/planned/june.csv", "datasets/planned/july.parquet"]
    assert fired(assistant) == []


def test_a_table_with_another_content_is_scored_again(assistant: Assistant) -> None:
    fired(assistant)
    assistant.store.put("datasets", "planned/may.csv", TABLE + b"Design\n")
    assert fired(assistant) == ["datasets/planned/may.csv"]


async def test_deploying_anew_forgets_nothing_that_was_scored(assistant: Assistant) -> None:
    fired(assistant)
    assistant.store.put("datasets", "planned/june.csv", TABLE)
    await deploy(assistant)
    assert fired(assistant) == ["datasets/planned/june.csv"]


def test_what_came_while_a_firing_was_missed_is_scored_by_the_next(assistant: Assistant) -> None:
    fired(assistant)
    assistant.store.put("datasets", "planned/june.csv", TABLE)
    late = (scheduled(assistant).next_at or pytest.fail("It never fires.")) + timedelta(days=2)
    with held(late + timedelta(hours=1)):
        assert isinstance(assistant.runs, Ticking)
        assert assistant.runs.fire_due() == []
        assert len(scheduled(assistant).missed) == 3
        assert fired(assistant) == ["datasets/planned/june.csv"]
