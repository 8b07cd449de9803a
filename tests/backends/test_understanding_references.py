from pathlib import Path

import pytest

from agents.specialists import SPECIALISTS
from backends.chat_builtin.classifier import INTENTS, IntentClassifier
from backends.chat_builtin.evidence import weighed
from backends.chat_builtin.naming import kinds_in
from backends.chat_builtin.referring import agreed, correction_in, never_mind, put_in
from backends.chat_builtin.spelling import Spelling
from backends.chat_builtin.steps import condition_in, each
from backends.chat_builtin.understanding import CHANGES, Call, Question, Remark, Understanding
from core.focus import Focus
from core.runs import RunState
from known_world import SmallWorld, a_run

EVERY_TOOL = frozenset(tool for specialist in SPECIALISTS for tool in specialist.tools)
RUNS = (
    a_run(1, RunState.RUNNING, "spring-final"),
    a_run(2, RunState.FAILED, "nightly-0513"),
    a_run(3, name="nightly-0512"),
    a_run(4, name="no-cameras"),
)
WORLD = SmallWorld(EVERY_TOOL, RUNS)


@pytest.fixture(scope="module")
def understanding() -> Understanding:
    return Understanding(IntentClassifier.load(INTENTS), WORLD)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        (
            "delete datasets/a.csv and datasets/b.csv",
            ["delete datasets/a.csv", "delete datasets/b.csv"],
        ),
        ("compare datasets/a.csv with datasets/b.csv", None),
    ],
)
def test_names_side_by_side_are_a_step_each(text: str, steps: list[str] | None) -> None:
    assert each(text, ["datasets/a.csv", "datasets/b.csv"]) == (steps or [text])


@pytest.mark.parametrize(
    ("message", "steps"),
    [
        (
            "the metrics of nightly-0512 and the metrics of no-cameras",
            ["the metrics of nightly-0512", "the metrics of no-cameras"],
        ),
        (
            "logs and metrics of nightly-0512",
            ["logs of nightly-0512", "metrics of nightly-0512"],
        ),
        (
            "do not start anything, just show me the logs of nightly-0512",
            ["show me the logs of nightly-0512"],
        ),
        (
            "Hello! Can you list the runs? Thanks",
            ["Can you list the runs"],
        ),
    ],
)
def test_a_message_falls_into_its_wishes(
    understanding: Understanding, message: str, steps: list[str]
) -> None:
    assert list(understanding.now().steps(message)) == steps


@pytest.mark.parametrize(
    ("step", "failure", "rest"),
    [
        ("if it failed, show me its log", True, "show me its log"),
        ("if it succeeded, show me its metrics", False, "show me its metrics"),
        ("if it has not worked, retry it", True, "retry it"),
    ],
)
def test_a_step_can_hang_on_how_a_run_ended(step: str, failure: bool, rest: str) -> None:
    condition = condition_in(step)

    assert condition is not None
    assert (condition.wants_failure, condition.rest) == (failure, rest)


def test_a_condition_that_does_not_hold_is_said(understanding: Understanding) -> None:
    step = "if nightly-0512 failed, show me its log"
    condition = condition_in(step)

    assert condition is not None
    assert understanding.hinders(condition, step, Focus()) == "Run `nightly-0512` is SUCCEEDED"
    assert understanding.hinders(condition, step.replace("0512", "0513"), Focus()) == ""


LISTED = Focus(listed="nightly-0512\nno-cameras", run=RUNS[2].id)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("logs of the second one", "logs of no-cameras"),
        ("logs of the first of them", "logs of nightly-0512"),
        ("logs of number 2", "logs of no-cameras"),
        ("logs of the other one", "logs of no-cameras"),
        ("compare them", "compare nightly-0512 and no-cameras"),
        ("the first rows of it", "the first rows of it"),
        ("logs of the one before it", "logs of no-cameras"),
    ],
)
def test_places_in_a_list_become_names(text: str, meant: str) -> None:
    assert put_in(text, LISTED, WORLD) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("no, the june file", "the june file"),
        ("sorry, I meant nightly-0512", "nightly-0512"),
        ("not that one: no-cameras", "no-cameras"),
        ("now show me the runs", ""),
        ("nothing works here", ""),
    ],
)
def test_a_correction_says_what_was_meant(text: str, meant: str) -> None:
    assert correction_in(text) == meant


def test_taking_back_and_agreeing_are_told_apart() -> None:
    assert [never_mind(text) for text in ("never mind", "No thanks.", "no cameras")] == [
        True,
        True,
        False,
    ]
    assert [agreed(text) for text in ("yes please", "ok, do it", "ok, list the runs")] == [
        True,
        True,
        False,
    ]


def test_names_are_found_by_kind_as_a_whole_and_as_they_are_spoken(tmp_path: Path) -> None:
    folder = tmp_path / "my-service"
    folder.mkdir()
    (folder / "notes.md").write_text("x", encoding="utf-8")

    assert kinds_in("pause nightly-training", WORLD) == {"nightly-training": "schedule"}
    assert kinds_in("logs of nightly 0513", WORLD) == {"nightly 0513": "run"}
    assert kinds_in("preview schedule_management.csv", WORLD) == {
        "schedule_management.csv": "object"
    }
    assert kinds_in(f"inspect {folder}", WORLD) == {str(folder).casefold(): "folder"}


def test_what_is_named_decides_between_tools_that_are_asked_for_alike() -> None:
    shares = {"cancel_run": 0.5, "pause_schedule": 0.3, "stop_deployment": 0.2}

    assert next(iter(weighed(shares, frozenset({"schedule"})))) == "pause_schedule"
    assert next(iter(weighed(shares, frozenset({"deployment"})))) == "stop_deployment"
    assert next(iter(weighed(shares, frozenset()))) == "cancel_run"


@pytest.mark.parametrize(
    ("typed", "mended"),
    [
        ("strat the pipline", "start the pipeline"),
        ("shwo teh bukets", "show the buckets"),
        ("lift the shop in Staten Island", "lift the shop in Staten Island"),
        ("metircs of trian-42", "metrics of trian-42"),
    ],
)
def test_misspelt_words_are_put_right_and_names_are_left_alone(typed: str, mended: str) -> None:
    assert Spelling.of(["island"]).mended(typed) == mended


@pytest.mark.parametrize("text", ["pause the film", "cancel my haircut", "promote my rock band"])
def test_our_verbs_with_other_peoples_things_change_nothing(
    understanding: Understanding, text: str
) -> None:
    read = understanding.now().read(text, Focus())

    assert isinstance(read, Remark | Question)
    assert not (isinstance(read, Call) and read.tool in CHANGES)


def test_a_few_words_ask_for_the_last_thing_again_and_keep_how_it_was_asked(
    understanding: Understanding,
) -> None:
    before = '{"run": "nightly-0512", "kind": "roc_curve"}'
    focus = Focus(tool="show_plot", arguments=before, run=RUNS[2].id)
    read = understanding.now().read("and for no-cameras", focus)

    assert isinstance(read, Call)
    assert (read.tool, read.arguments) == ("show_plot", {"run": "no-cameras", "kind": "roc_curve"})
