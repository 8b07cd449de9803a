"""The world of the cases."""

import contextlib
from collections.abc import Mapping
from dataclasses import replace

import pytest
from evaluated_worlds import assistant, call, world, worlds

from core.errors import AssistantError
from core.metrics import RunMetrics
from core.paging import Page
from core.runs import Run, RunState
from core.settings import Settings
from surfaces.assembly import Assistant, assemble
from surfaces.evaluation.cases import ExpectedCall
from surfaces.evaluation.observing import ObservedToolbox
from surfaces.evaluation.references import References
from surfaces.evaluation.running import Worlds
from surfaces.evaluation.world import CANARY, World
from surfaces.evaluation.world_file import read_world

__all__ = ["assistant", "world", "worlds"]


def test_the_world_holds_the_runs_of_its_file(assistant: Assistant) -> None:
    told = {run.id: (run.name, run.state, run.started) for run in read_world("demo").runs}

    held_runs = {r.id: (r.name, r.state, r.started_at) for r in assistant.runs.list(limit=20)}

    assert held_runs == told
    failed = assistant.runs.get("c4d2907e")
    assert failed.reason == "validate-data: the table has no column 'planned_duration_days'"
    assert failed.seconds == 60
    assert dict(assistant.runs.get("91b0e6d4").metrics)["accuracy"] == 0.711


def test_the_world_holds_the_model_with_its_aliases(assistant: Assistant) -> None:
    (model,) = assistant.registry.models()

    assert dict(model.aliases) == {"champion": 2, "challenger": 3}
    assert [version.run_id for version in model.versions] == ["e85f33ab", "91b0e6d4", "7f3a1c52"]
    assert assistant.registry.rollback("delay").version == 1


def test_the_world_holds_tables_of_the_told_length(assistant: Assistant) -> None:
    told = {item.key: item.rows for item in read_world("demo").buckets.datasets if item.rows}

    assert {key: assistant.store.read("datasets", key).count(b"\n") - 1 for key in told} == told
    assert assistant.store.stat("datasets", "planned/june_2026.csv").tags == {"status": "draft"}


def test_the_metrics_of_a_run_are_those_of_the_file_and_name_its_best_model(
    assistant: Assistant,
) -> None:
    metrics = call(assistant, "read_metrics", run="nightly-0512")

    assert isinstance(metrics, RunMetrics)
    assert metrics.winner == metrics.models[0].name == "GradientBoosting"
    assert (metrics.models[0].accuracy, metrics.models[0].roc_auc) == (0.711, 0.781)


def test_the_clock_of_the_world_stands_still(assistant: Assistant) -> None:
    since = call(assistant, "list_runs", since="yesterday")

    assert isinstance(since, Page)
    assert [run.name for run in since] == [
        "spring-final",
        "wide-grid",
        "may-portfolio",
        "nightly-0513",
    ]


def test_a_run_that_is_started_ends_at_once_with_the_newest_metrics(assistant: Assistant) -> None:
    started = call(assistant, "start_run", pipeline="delay-prediction", parameters={"folds": 3})

    assert isinstance(started, Run)
    assert started.state is RunState.SUCCEEDED
    assert started.parameters["folds"] == 3
    assert started.metrics == assistant.runs.get("e85f33ab").metrics
    key = f"delay-prediction/{started.id}/evaluate-models/report.html"
    assert assistant.store.stat("artifacts", key).bytes > 0
    assert assistant.runs.list(limit=1).items[0].id == started.id


def test_what_happens_in_one_copy_is_not_seen_in_the_next(worlds: Worlds, world: World) -> None:
    with worlds.copy("demo") as first:
        runs = world.runs(first)
        runs.cancel("b9024e67")
        assistant = assemble(Settings(home=first), library=worlds.library("demo"))
        assistant.store.put("scratch", "old_export.csv", b"overwritten")
    with worlds.copy("demo") as second:
        assert world.runs(second).get("b9024e67").state is RunState.RUNNING
        kept = assemble(Settings(home=second), library=worlds.library("demo")).store
        assert kept.read("scratch", "old_export.csv") != b"overwritten"


def test_contents_of_objects_are_shared_between_copies_and_databases_are_not(
    worlds: Worlds, world: World
) -> None:
    with worlds.copy("demo") as home:
        table = "objects/datasets/schedule_management.csv"
        assert (home / table).samefile(world.folder / table)
        assert not (home / "runs.db").samefile(world.folder / "runs.db")


def test_the_canary_is_in_the_world_and_masked_on_its_way_out(assistant: Assistant) -> None:
    assert CANARY.encode() in assistant.store.read("scratch", "old_export.csv")

    shown = str(call(assistant, "preview_object", bucket="scratch", key="old_export.csv"))
    logged = str(call(assistant, "read_logs", run="wide-grid"))

    assert "exported_by" in shown
    assert "as planner with" in logged
    assert "canary-" not in shown + logged


@pytest.mark.parametrize(
    ("tool", "listed", "made"),
    [
        ("describe_run", {"run": "latest failed"}, {"run": "c4d2"}),
        ("describe_run", {"run": "nightly-0513"}, {"run": "c4d2907e"}),
        ("list_runs", {"state": "cancelled"}, {"state": "CANCELED"}),
        ("list_runs", {"since": "yesterday"}, {"since": "2026-05-13"}),
        ("list_runs", {"limit": 10}, {}),
        ("list_runs", {}, {"limit": 3}),
        ("describe_model", {"model": "delay@challenger"}, {"model": "delay", "version": "3"}),
        ("describe_model", {"model": "delay", "version": 2}, {"model": "delay"}),
        ("describe_model", {"model": "delay"}, {"model": "delay@champion"}),
        ("predict_delay", {"model": "delay:2"}, {}),
        (
            "list_objects",
            {"bucket": "datasets", "prefix": "planned"},
            {"bucket": "datasets/planned/"},
        ),
        ("show_plot", {"kind": "roc_curve"}, {"run": "latest", "kind": "ROC curve"}),
        (
            "recommend_toolchain",
            {"team_size": "small", "cloud": "aws"},
            {"team_size": "4", "cloud": "SageMaker"},
        ),
    ],
)
def test_two_ways_to_name_one_thing_are_one(
    assistant: Assistant, tool: str, listed: Mapping[str, object], made: Mapping[str, object]
) -> None:
    assert fits(assistant, tool, listed, made)


@pytest.mark.parametrize(
    ("tool", "listed", "made"),
    [
        ("describe_run", {"run": "latest failed"}, {"run": "latest"}),
        ("describe_model", {"model": "delay:3"}, {"model": "delay"}),
        ("describe_model", {"model": "delay", "version": "3"}, {"model": "delay@champion"}),
        ("list_runs", {"limit": 3}, {}),
        ("recommend_toolchain", {"team_size": "small"}, {"team_size": "6"}),
    ],
)
def test_other_things_are_told_apart(
    assistant: Assistant, tool: str, listed: Mapping[str, object], made: Mapping[str, object]
) -> None:
    assert not fits(assistant, tool, listed, made)


def fits(
    assistant: Assistant, tool: str, listed: Mapping[str, object], made: Mapping[str, object]
) -> bool:
    """Propose a call and return whether it is the one that a case lists."""
    entry = ExpectedCall.model_validate({"tool": tool, "arguments": listed})
    toolbox = ObservedToolbox(assistant.toolbox, assistant.masker)
    toolbox.watch(References(assistant.runs, assistant.registry), [entry])
    observed = replace(assistant, toolbox=toolbox)
    # Proposed is proposed, also where the call cannot work.
    with contextlib.suppress(AssistantError):
        call(observed, tool, **made)
    return toolbox.proposals[0].fits == [entry]
