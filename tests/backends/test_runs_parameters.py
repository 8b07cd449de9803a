"""Parameters are read as their pipelines declare them."""

from pathlib import Path

import pytest

from backends.runs_local.component import read_call
from backends.runs_local.logs import folder_name, reason_in
from backends.runs_local.parameters import coerce, complete_parameters
from core.errors import RequestError
from core.pipelines import Parameter, ParameterValue, PipelineSpec


@pytest.mark.parametrize(
    ("kind", "given", "read"),
    [
        ("string", "a", "a"),
        ("string", 5, "5"),
        ("integer", "10", 10),
        ("integer", 5.0, 5),
        ("number", "0.25", 0.25),
        ("number", 1, 1),
        ("boolean", "true", True),
        ("boolean", "No", False),
        ("list", "a, b", ["a", "b"]),
        ("list", '["a,b", 1]', ["a,b", 1]),
        ("list", "a", ["a"]),
        ("list", 3, [3]),
        ("struct", '{"a": [1]}', {"a": [1]}),
    ],
)
def test_a_value_is_read_as_its_type(
    kind: str, given: ParameterValue, read: ParameterValue
) -> None:
    value = coerce(Parameter(name="it", type=kind), given)
    assert (value, type(value)) == (read, type(read))


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("string", ["a"]),
        ("integer", "1.5"),
        ("integer", True),
        ("number", "inf"),
        ("boolean", "perhaps"),
        ("list", "[1"),
        ("list", {"a": 1}),
        ("struct", "[1]"),
        ("struct", "text"),
    ],
)
def test_a_value_of_another_type_is_refused_in_a_sentence(kind: str, given: ParameterValue) -> None:
    with pytest.raises(RequestError, match="'it' must be"):
        coerce(Parameter(name="it", type=kind), given)


def test_choices_are_found_whatever_their_case_and_near_misses_get_the_closest() -> None:
    models = Parameter(name="models", type="list", choices=("RandomForest", "SVC"))
    assert coerce(models, "randomforest,svc") == ["RandomForest", "SVC"]
    with pytest.raises(RequestError) as refused:
        coerce(models, "RandomForrest")
    assert "RandomForest" in refused.value.hint


def test_a_parameter_without_a_value_takes_its_default() -> None:
    pipeline = PipelineSpec(
        name="p",
        description="",
        parameters=(
            Parameter(name="folds", type="integer", default=5.0),
            Parameter(name="note", type="string"),
        ),
        tasks=(),
        package="",
        version="",
    )
    assert complete_parameters(pipeline, {"note": None}) == {"folds": 5, "note": None}


def test_a_component_with_packages_that_are_not_here_is_refused_by_their_names(
    tmp_path: Path,
) -> None:
    script = "python3 -m pip install --quiet 'pandas>=1' 'no-such-package==1' '--no-deps'"
    main = 'python3 -m kfp.dsl.executor_main "$program_path/ephemeral_component.py" "$@"'
    inputs = f'{{"outputs": {{"outputFile": "{tmp_path}/task/executor_output.json"}}}}'
    rest = ["sh", "-ec", main, "def f(): pass", "--executor_input", inputs]
    call = read_call(["sh", "-c", script.replace("no-such-package==1", "kfp"), *rest], {}, tmp_path)
    assert (call.source, call.folder) == ("def f(): pass", tmp_path / "task")
    with pytest.raises(RequestError, match=r"not installed here: no-such-package==1\."):
        read_call(["sh", "-c", script, *rest], {}, tmp_path)


def test_tasks_that_differ_do_not_share_a_folder() -> None:
    assert folder_name("tune-model [SVC]") == "tune-model-SVC"
    names = ["fit", "fit [a/b]", "fit [a b]", "fit [a-b]", "fit [../../etc]", "fit #2", "[é]"]
    folders = [folder_name(name) for name in names]
    assert len(set(folders)) == len(names)
    assert not any("/" in folder or folder.startswith(".") for folder in folders)


def test_the_reason_is_what_the_task_said_last() -> None:
    broken = ["ValueError: seen and handled", "Process task:", "Traceback (most recent call last):"]
    assert reason_in([*broken, '  File "a"', "core.errors.RequestError: No rows."]) == "No rows."
    assert reason_in([*broken, "KeyError: 'a'", "1 | detail", ""]) == "KeyError: 'a'"
    assert reason_in(["ValueError: seen and handled", "The table is empty.", ""]) == (
        "The table is empty."
    )
    assert reason_in([]) == ""
