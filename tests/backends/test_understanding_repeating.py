"""What a few words change in the last request, and when the documentation is asked."""

import pytest

import agents.specialists
from backends.chat_builtin.classifier import INTENTS, IntentClassifier
from backends.chat_builtin.understanding import Call, Remark, Understanding
from core.focus import Focus
from known_world import SmallWorld, a_run

EVERY_TOOL = frozenset(
    tool for specialist in agents.specialists.SPECIALISTS for tool in specialist.tools
)
WORLD = SmallWorld(
    EVERY_TOOL,
    (a_run(1, name="nightly-0512"), a_run(2, name="nightly-0511")),
    objects={"datasets": ("planned/may_2026.csv", "planned/june_2026.csv"), "models": ()},
    answered=frozenset({"OOMKilled"}),
)
CLASSIFIER = IntentClassifier.load(INTENTS)


def read(text: str, focus: Focus) -> object:
    return Understanding(CLASSIFIER, WORLD).now().read(text, focus)


@pytest.mark.parametrize(
    ("text", "before", "tool", "arguments"),
    [
        (
            "25 rows would be better",
            Focus(
                tool="preview_object",
                bucket="datasets",
                key="planned/june_2026.csv",
                arguments='{"bucket": "datasets", "key": "planned/june_2026.csv"}',
            ),
            "preview_object",
            {"bucket": "datasets", "key": "planned/june_2026.csv", "rows": 25},
        ),
        (
            "same again but leave out the cameras",
            Focus(
                tool="start_run",
                pipeline="delay-prediction",
                arguments='{"pipeline": "delay-prediction", "parameters": {"models": ["KNN"]}}',
            ),
            "start_run",
            {
                "pipeline": "delay-prediction",
                "parameters": {"models": ["KNN"], "exclude_cameras": True},
            },
        ),
        (
            "and kubeflow instead of azure?",
            Focus(tool="compare_platforms", arguments='{"platforms": ["aws", "azure"]}'),
            "compare_platforms",
            {"platforms": ["aws", "kubeflow"]},
        ),
        (
            "every weekday at six",
            Focus(tool="start_run", run="nightly-0512", pipeline="delay-prediction"),
            "schedule_run",
            {"pipeline": "delay-prediction", "cron": "0 6 * * 1-5"},
        ),
        (
            "hmm no, take it out again",
            Focus(tool="create_bucket", bucket="datasets"),
            "delete_bucket",
            {"bucket": "datasets"},
        ),
        (
            "why?",
            Focus(tool="describe_run", run="nightly-0511"),
            "diagnose_run",
            {"run": "nightly-0511"},
        ),
    ],
)
def test_a_few_words_change_the_last_request(
    text: str, before: Focus, tool: str, arguments: dict[str, object]
) -> None:
    call = read(text, before)

    assert isinstance(call, Call)
    assert (call.tool, call.arguments) == (tool, arguments)


def test_what_is_no_order_and_stands_in_the_documentation_is_looked_up() -> None:
    call = read("OOMKilled", Focus())

    assert isinstance(call, Call)
    assert call.tool == "search_docs"


def test_what_is_of_another_field_is_declined_also_with_our_words_in_it() -> None:
    assert isinstance(read("promote my wife to head of the family", Focus()), Remark)


def test_a_wish_to_see_something_gone_must_say_so() -> None:
    call = read("take care of datasets/planned/june_2026.csv", Focus())

    assert not (isinstance(call, Call) and call.tool == "delete_object")
