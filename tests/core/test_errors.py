from core.errors import not_found


def test_a_wrong_name_is_answered_with_the_closest_ones() -> None:
    error = not_found("pipeline", "delay-predicton", ["drift-check", "delay-prediction"])

    assert error.message == "No pipeline is called 'delay-predicton'."
    assert error.hint == "The closest: delay-prediction."
