from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import agents.tools
from agents.specialists import SPECIALISTS
from backends.chat_builtin.classifier import INTENTS, IntentClassifier, read_examples
from backends.chat_builtin.understanding import CHANGES, Call, Question, Remark, Understanding
from core.focus import Focus
from core.runs import RunState
from known_world import SmallWorld, a_run

EXAMPLES = Path(agents.tools.__path__[0]) / "examples"
EVERY_TOOL = frozenset(tool for specialist in SPECIALISTS for tool in specialist.tools)
RUNS = (a_run(1), a_run(2, RunState.FAILED), a_run(3, name="no-cameras"))
NEWEST = RUNS[0].id


@pytest.fixture(scope="module")
def understanding() -> Understanding:
    return Understanding(IntentClassifier.load(INTENTS), SmallWorld(EVERY_TOOL, RUNS))


SINGLE: list[tuple[str, str, dict[str, Any]]] = [
    ("what pipelines are there", "list_pipelines", {}),
    ("what does delay-prediction do?", "describe_pipeline", {"pipeline": "delay-prediction"}),
    ("run the drift one", "start_run", {"pipeline": "drift-check"}),
    (
        "train a random forest and an SVC with 3 folds and a random split, seed 7, without cameras",
        "start_run",
        {
            "pipeline": "delay-prediction",
            "parameters": {
                "models": ["RandomForest", "SVC"],
                "folds": 3,
                "split": "random",
                "exclude_cameras": True,
                "seed": 7,
            },
        },
    ),
    (
        "start a run of delay-scoring on datasets/planned/may_2026.csv",
        "start_run",
        {"pipeline": "delay-scoring", "parameters": {"data": "datasets/planned/may_2026.csv"}},
    ),
    ("run foo-bar", "start_run", {"pipeline": "foo-bar"}),
    ("list failed runs since yesterday", "list_runs", {"state": "FAILED", "since": "yesterday"}),
    ("last 5 runs", "list_runs", {"limit": 5}),
    ("how is it going", "describe_run", {"run": NEWEST}),
    ("whats teh status of teh latest run", "describe_run", {"run": "latest"}),
    ("status of run nightly-99", "describe_run", {"run": "nightly-99"}),
    ("why did the last run fail", "diagnose_run", {"run": "latest failed"}),
    (
        "show me the logs of the tune-model SVC task, last 20 lines",
        "read_logs",
        {"run": NEWEST, "tail": 20, "task": "tune-model [SVC]"},
    ),
    ("tell me when it is done", "watch_run", {"run": NEWEST}),
    ("what buckets do I have", "list_buckets", {}),
    ("what's in datasets", "list_objects", {"bucket": "datasets"}),
    (
        "show me 5 rows of the schedule table",
        "preview_object",
        {"bucket": "datasets", "key": "schedule_management.csv", "rows": 5},
    ),
    ("what files did it make", "list_artifacts", {"run": NEWEST}),
    ("which model won", "read_metrics", {"run": NEWEST}),
    ("roc curve of no-cameras", "show_plot", {"run": "no-cameras", "kind": "roc_curve"}),
    ("which models are registered", "list_models", {}),
    ("describe the champion", "describe_model", {"model": "delay", "version": "champion"}),
    (
        "predict a 200 day design phase in Brooklyn, the previous phase was 30 days late",
        "predict_delay",
        {
            "phase": {
                "phase": "Design",
                "borough": "Brooklyn",
                "planned_duration_days": 200.0,
                "prev_phase_delay_days": 30.0,
                "prev_phase_adherence": "Delayed",
            }
        },
    ),
    ("why split by time", "search_docs", {"query": "why split by time"}),
    ("what documents do you know", "list_sources", {}),
    (
        "what stack would suit a team of three with images on AWS",
        "recommend_toolchain",
        {"data_types": ["image"], "team_size": "3", "cloud": "aws"},
    ),
    (
        "which tools for video on our own machines without kubernetes",
        "recommend_toolchain",
        {"data_types": ["video"], "cloud": "on-prem", "kubernetes": "none"},
    ),
]


@pytest.mark.parametrize(("text", "tool", "arguments"), SINGLE)
def test_a_plain_request_becomes_one_call(
    understanding: Understanding, text: str, tool: str, arguments: dict[str, Any]
) -> None:
    read = understanding.read(text, Focus(run=NEWEST, tool="describe_run"))

    assert isinstance(read, Call)
    assert (read.tool, read.arguments) == (tool, arguments)


def test_every_tool_is_reached_by_most_of_its_own_examples() -> None:
    everything = Understanding(IntentClassifier.load(INTENTS), SmallWorld(EVERY_TOOL, RUNS)).now()
    examples, names, _ = read_examples(EXAMPLES)
    reached = Counter(
        tool
        for text, tool in examples
        if next(iter(everything.classifier.probabilities(text, names))) == tool
    )
    written = Counter(tool for _, tool in examples)

    assert {tool for tool in EVERY_TOOL if written[tool] < 20} == set()
    assert {tool for tool in EVERY_TOOL if reached[tool] < 0.8 * written[tool]} == set()


def test_stopping_means_the_run_that_runs() -> None:
    running = a_run(4, RunState.RUNNING, "spring")
    world = SmallWorld(EVERY_TOOL, (running, *RUNS))
    read = Understanding(IntentClassifier.load(INTENTS), world).read("stop the training", Focus())

    assert isinstance(read, Call)
    assert (read.tool, read.arguments) == ("cancel_run", {"run": "spring"})


def test_stopping_asks_which_when_several_run() -> None:
    running = [a_run(n, RunState.RUNNING, name) for n, name in ((4, "spring"), (5, "autumn"))]
    world = SmallWorld(EVERY_TOOL, (*running, *RUNS))
    read = Understanding(IntentClassifier.load(INTENTS), world).read("stop the training", Focus())

    assert read == Question(text="Which run: `spring`, `autumn`?")


@pytest.mark.parametrize(
    ("message", "steps"),
    [
        (
            "train the delay models on the school data and tell me which is best",
            ["train the delay models on the school data", "tell me which is best"],
        ),
        (
            "which model won and show me the confusion matrix",
            ["which model won", "show me the confusion matrix"],
        ),
        (
            "how likely is a roof job in Queens to be late and why",
            ["how likely is a roof job in Queens to be late and why"],
        ),
        (
            "what does delay-prediction do and what parameters does it take",
            ["what does delay-prediction do and what parameters does it take"],
        ),
    ],
)
def test_a_message_is_split_where_a_new_request_begins(
    understanding: Understanding, message: str, steps: list[str]
) -> None:
    assert understanding.steps(message) == steps


@pytest.mark.parametrize("text", ["tell me a joke", "what's the weather like", "order a pizza"])
def test_what_is_not_its_field_is_declined(understanding: Understanding, text: str) -> None:
    read = understanding.read(text, Focus())

    assert isinstance(read, Remark)
    assert read.text.startswith("That is not what I am for")


def test_a_tool_that_was_taken_away_is_said_to_be_missing() -> None:
    world = SmallWorld(EVERY_TOOL - {"schedule_run"}, RUNS)
    read = Understanding(IntentClassifier.load(INTENTS), world).read(
        "schedule the training every night at 2", Focus()
    )

    assert isinstance(read, Remark)
    assert "read-only" in read.text


def test_the_trained_classifier_belongs_to_the_examples_beside_the_tools() -> None:
    _, _, digest = read_examples(EXAMPLES)

    assert IntentClassifier.load(INTENTS).digest == digest, "run `make train`"


SPRING = (a_run(4, RunState.RUNNING, "spring-final"), a_run(5, RunState.FAILED, "nightly-0513"))


@pytest.mark.parametrize(
    ("text", "tool", "run"),
    [
        ("stop the run spring-final-2", "cancel_run", "spring-final-2"),
        ("status of nightly-0531", "describe_run", "nightly-0531"),
        ("status of nigthly-0513", "describe_run", "nightly-0513"),
        ("status of nightly 0513", "describe_run", "nightly-0513"),
        ("show me the state of the nightly run", "describe_run", "nightly-0513"),
    ],
)
def test_a_name_that_only_looks_like_another_is_not_exchanged_for_it(
    text: str, tool: str, run: str
) -> None:
    world = SmallWorld(EVERY_TOOL, SPRING)
    read = Understanding(IntentClassifier.load(INTENTS), world).read(text, Focus())

    assert isinstance(read, Call)
    assert (read.tool, read.arguments["run"]) == (tool, run)


def test_a_pipeline_that_only_looks_like_another_is_not_started_in_its_place(
    understanding: Understanding,
) -> None:
    read = understanding.read("start the pipeline delay-predictions-v2", Focus())

    assert isinstance(read, Call)
    assert read.arguments == {"pipeline": "delay-predictions-v2"}


@pytest.mark.parametrize(
    "text",
    [
        "do not stop spring-final",
        "please don't start the training yet",
        "what knobs can I turn on the delay-prediction one before I train it",
    ],
)
def test_what_must_not_be_done_or_is_only_asked_about_is_not_proposed(text: str) -> None:
    world = SmallWorld(EVERY_TOOL, SPRING)
    read = Understanding(IntentClassifier.load(INTENTS), world).read(text, Focus())

    assert not (isinstance(read, Call) and read.tool in CHANGES)


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("list_runs state=FAILED limit=1", {"state": "FAILED", "limit": 1}),
        ('list_runs {"limit": 3}', {"limit": 3}),
    ],
)
def test_a_request_written_as_a_call_is_that_call(
    understanding: Understanding, text: str, arguments: dict[str, Any]
) -> None:
    assert understanding.read(text, Focus()) == Call(
        text=text, tool="list_runs", arguments=arguments
    )


def test_one_fact_of_a_project_can_be_changed_afterwards(understanding: Understanding) -> None:
    before = '{"data_types": ["image"], "team_size": "3"}'
    focus = Focus(tool="recommend_toolchain", arguments=before)
    read = understanding.read("what if we were on AWS?", focus)

    assert isinstance(read, Call)
    assert read.arguments == {"data_types": ["image"], "team_size": "3", "cloud": "aws"}
