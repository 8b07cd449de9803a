from typing import Any

import pytest

from core.errors import RequestError
from pipelines.delay import parameters

GOOD: dict[str, Any] = {
    "models": ["SVC"],
    "folds": 5,
    "test_size": 0.2,
    "split": "time",
    "seed": 42,
    "minimum_accuracy": 0.6,
}


def test_the_defaults_are_acceptable() -> None:
    defaults = {parameter.name: parameter.default for parameter in parameters.PARAMETERS}
    checked: dict[str, Any] = {name: defaults[name] for name in GOOD}
    parameters.check(**checked)
    assert defaults == {
        "data": "datasets/schedule_management.csv",
        "models": parameters.DEFAULT_MODELS,
        "folds": 5,
        "test_size": 0.2,
        "split": "time",
        "exclude_cameras": False,
        "seed": 42,
        "minimum_accuracy": 0.6,
    }


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {"models": ["RandomForrest"]},
            "The parameter 'models' cannot be 'RandomForrest'. Did you mean RandomForest? "
            "The choices are LogisticRegression, DecisionTree,",
        ),
        ({"models": []}, "The parameter 'models' names no model."),
        ({"models": ["SVC", "SVC"]}, "The parameter 'models' names SVC more than once."),
        (
            {"split": "weekly"},
            "The parameter 'split' cannot be 'weekly'. The choices are time, group, random.",
        ),
        ({"folds": 1}, "The parameter 'folds' cannot be 1. Give a whole number from 2 to 10."),
        ({"folds": 11}, "The parameter 'folds' cannot be 11."),
        ({"test_size": 0.9}, "The parameter 'test_size' cannot be 0.9. Give a share from 0.1"),
        ({"test_size": float("nan")}, "The parameter 'test_size' cannot be nan."),
        ({"minimum_accuracy": 60}, "The parameter 'minimum_accuracy' cannot be 60."),
        ({"seed": -1}, "The parameter 'seed' cannot be -1."),
    ],
)
def test_an_impossible_parameter_is_named_with_its_choices(
    changed: dict[str, Any], expected: str
) -> None:
    with pytest.raises(RequestError) as caught:
        parameters.check(**{**GOOD, **changed})
    assert str(caught.value).startswith(expected)
