"""Conditions as the KFP compiler writes them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends.runs_local.conditions import check_condition, holds
from backends.runs_local.values import filled_in, whole_again
from core.errors import RequestError
from core.pipelines import ParameterValue

A = "inputs.parameter_values['pipelinechannel--a']"
B = "inputs.parameter_values['pipelinechannel--b']"


@pytest.mark.parametrize(
    ("condition", "values", "expected"),
    [
        (f"{A} == 'x'", {"a": "x"}, True),
        (f"{A} != 'x && y'", {"a": "x && y"}, False),
        (f"{A} == ''", {"a": ""}, True),
        (f"int({A}) > 3", {"a": 3.0}, False),
        (f"{A} <= 0.7", {"a": 0.5}, True),
        (f"{A} >= -1", {"a": -2}, False),
        (f"{A} == true", {"a": True}, True),
        (f"{A} == {B}", {"a": "it's", "b": "it's"}, True),
        (f"!({A} == 'x') && int({B}) > 3", {"a": "y", "b": 4}, True),
        (f"!({A} == 'x') && !(int({B}) > 3)", {"a": "y", "b": 4}, False),
        (f"{A} == 'x' || {B} == 'y'", {"a": "z", "b": "y"}, True),
        (f"{A} == double(2)", {"a": 2.0}, True),
    ],
)
def test_a_condition_is_told(
    condition: str, values: dict[str, ParameterValue], expected: bool
) -> None:
    inputs = {f"pipelinechannel--{name}": value for name, value in values.items()}
    assert holds(condition, inputs) is expected


@pytest.mark.parametrize(
    "condition",
    [
        f"{A} == 'it's'",
        f"{A} == 'x' || 'a' == 'a'",
        f"{A} == 'a' == 'b'",
        f"{A} == 'back\\slash'",
        f"{A} == __import__('os')",
        f"{A}.__class__ == 'x'",
        f"{A} ==",
    ],
)
def test_a_condition_that_cannot_be_told_is_refused(condition: str) -> None:
    with pytest.raises(RequestError, match="cannot be told"):
        check_condition(condition)


def test_a_number_is_not_compared_with_a_text_in_silence() -> None:
    with pytest.raises(RequestError, match="compares 1 with '1'"):
        holds(f"{A} == '1'", {"pipelinechannel--a": 1})


@settings(max_examples=50, deadline=None)
@given(st.text(), st.text())
def test_no_text_changes_what_a_condition_means(left: str, right: str) -> None:
    inputs: dict[str, ParameterValue] = {"pipelinechannel--a": left, "pipelinechannel--b": right}
    assert holds(f"{A} == {B}", inputs) is (left == right)
    assert holds(f"!({A} == {B}) && {A} == {B}", inputs) is False


def test_whole_numbers_in_lists_are_integers() -> None:
    assert repr(whole_again([1.0, [2.5, {"a": 3.0}]])) == "[1, [2.5, {'a': 3}]]"
    assert repr(whole_again(4.0)) == "4.0"


def test_parameters_keep_their_types_in_literals() -> None:
    place = "{{$.inputs.parameters['pipelinechannel--x']}}"
    given = {"xs": [place, 2.0, f"is {place}"], "alone": place, "pipelinechannel--x": 3}
    assert filled_in(given) == given | {"xs": [3, 2, "is 3"]}
