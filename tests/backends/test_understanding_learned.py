from pathlib import Path

import pytest

from agents.specialists import SPECIALISTS
from backends.chat_builtin.classifier import INTENTS, IntentClassifier
from backends.chat_builtin.understanding import Call, Understanding
from backends.examples_file import ExamplesFile
from core.errors import NotFoundError, RequestError
from core.examples import LONGEST_CHARACTERS, Example
from core.focus import Focus
from core.secrets import Masker
from known_world import SmallWorld, a_run

EVERY_TOOL = frozenset(tool for specialist in SPECIALISTS for tool in specialist.tools)


@pytest.fixture
def examples(tmp_path: Path) -> ExamplesFile:
    return ExamplesFile(tmp_path / "examples.jsonl", Masker(("s3cr3t-value",)))


def test_what_was_taught_decides_at_once_also_for_words_that_are_near(
    examples: ExamplesFile,
) -> None:
    world = SmallWorld(EVERY_TOOL, (a_run(1), a_run(2, name="no-cameras")))
    understanding = Understanding(IntentClassifier.load(INTENTS), world, examples)
    taught = Example(text="the usual for no-cameras", tool="show_plot")

    understanding.remember(taught)
    read = understanding.now().read("the usual for delay-prediction-1", Focus())

    assert isinstance(read, Call)
    assert (read.tool, read.arguments["run"]) == ("show_plot", "delay-prediction-1")


def test_an_example_is_kept_once_and_can_be_forgotten(examples: ExamplesFile) -> None:
    examples.add(Example(text="the usual", tool="list_runs"))
    examples.add(Example(text="The usual", tool="list_buckets"))

    assert examples.list() == [Example(text="The usual", tool="list_buckets")]
    assert examples.remove(1).tool == "list_buckets"
    assert list(examples.list()) == []


def test_a_secret_in_an_example_is_masked_before_it_is_written(examples: ExamplesFile) -> None:
    examples.add(Example(text="list runs with s3cr3t-value", tool="list_runs"))

    assert "s3cr3t-value" not in examples.path.read_text("utf-8")


def test_a_line_that_a_person_broke_is_left_out(examples: ExamplesFile) -> None:
    examples.add(Example(text="the usual", tool="list_runs"))
    with examples.path.open("a", encoding="utf-8") as file:
        file.write("no JSON\n")

    assert [one.text for one in examples.list()] == ["the usual"]


@pytest.mark.parametrize("text", ["", " ", "x" * (LONGEST_CHARACTERS + 1)])
def test_an_example_without_words_or_with_too_many_is_refused(
    examples: ExamplesFile, text: str
) -> None:
    with pytest.raises(RequestError, match="characters"):
        examples.add(Example(text=text, tool="list_runs"))


def test_forgetting_what_is_not_there_says_where_to_look(examples: ExamplesFile) -> None:
    with pytest.raises(NotFoundError, match="no example 3") as raised:
        examples.remove(3)

    assert "memory examples" in raised.value.hint
