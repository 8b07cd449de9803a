import numpy as np
import pytest

from models.reasons import Row, shares_of

BACKGROUND: list[Row] = [{"a": float(n % 3), "b": float(n % 2), "c": float(n)} for n in range(12)]
GROUPS = {"a": ("a",), "together": ("b", "c")}


def linear(rows: list[Row]) -> np.ndarray:
    return np.array([0.1 * float(str(r["a"])) + 0.02 * float(str(r["c"])) for r in rows])


def crossed(rows: list[Row]) -> np.ndarray:
    return np.array([0.05 * float(str(r["a"])) * float(str(r["c"])) for r in rows])


@pytest.mark.parametrize("model", [linear, crossed])
def test_baseline_and_effects_are_the_probability(model: object) -> None:
    found = shares_of(model, {"a": 2.0, "b": 1.0, "c": 5.0}, BACKGROUND, GROUPS)  # type: ignore[arg-type]  # two functions of one shape
    assert found.baseline + sum(found.effects.values()) == pytest.approx(found.probability)


def test_the_effect_of_a_linear_model_is_the_distance_from_the_mean() -> None:
    found = shares_of(linear, {"a": 2.0, "b": 1.0, "c": 5.0}, BACKGROUND, GROUPS)  # type: ignore[arg-type]  # a list is a sequence
    assert found.effects["a"] == pytest.approx(0.1 * (2.0 - 1.0))
    assert found.effects["together"] == pytest.approx(0.02 * (5.0 - 5.5))
    assert found.baseline == pytest.approx(float(linear(BACKGROUND).mean()))


def test_the_same_row_has_the_same_reasons() -> None:
    row: Row = {"a": 1.0, "b": 0.0, "c": 9.0}
    one, other = (shares_of(crossed, row, BACKGROUND, GROUPS) for _ in range(2))  # type: ignore[arg-type]  # a list is a sequence
    assert one == other
