"""Checking the parameters of a run before anything starts."""

import json
from collections.abc import Callable, Mapping

from core.errors import RequestError, closest
from core.pipelines import Parameter, ParameterValue, PipelineSpec

_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})
_IN_WORDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "list": "a list",
    "struct": "an object of names and values",
}


def complete_parameters(
    pipeline: PipelineSpec, given: Mapping[str, ParameterValue]
) -> dict[str, ParameterValue]:
    """Return every parameter of a pipeline in its declared type, defaults filled in.

    Raises:
        RequestError: A parameter is unknown, missing or of the wrong type.
    """
    known = {parameter.name: parameter for parameter in pipeline.parameters}
    for name in given:
        if name not in known:
            raise _unknown(pipeline, name, list(known))
    complete: dict[str, ParameterValue] = {}
    for parameter in pipeline.parameters:
        value = given.get(parameter.name)
        if value is None:
            if parameter.required and parameter.default is None:
                raise RequestError(
                    f"{pipeline.name} needs a value for {parameter.name!r}.",
                    hint=parameter.description,
                )
            value = parameter.default
        complete[parameter.name] = None if value is None else coerce(parameter, value)
    return complete


def coerce(parameter: Parameter, value: ParameterValue) -> ParameterValue:
    """Return a value in the type that its parameter declares.

    Raises:
        RequestError: The value cannot be read as that type, or is not one of the choices.
    """
    try:
        typed = _READERS[parameter.type](value)
    except (ValueError, TypeError) as error:
        raise RequestError(
            f"{parameter.name!r} must be {_IN_WORDS[parameter.type]}, not {value!r}.",
            hint=parameter.description,
        ) from error
    if isinstance(typed, int | float) and not isinstance(typed, bool):
        _check_bounds(parameter, typed)
    if not parameter.choices:
        return typed
    if isinstance(typed, list):
        return [_choice(parameter, item) for item in typed]
    return _choice(parameter, typed)


def _check_bounds(parameter: Parameter, value: float) -> None:
    low, high = parameter.minimum, parameter.maximum
    if (low is None or value >= low) and (high is None or value <= high):
        return
    if low is None or high is None:
        bounds = f"at most {high:g}" if low is None else f"{low:g} or more"
    else:
        bounds = f"{low:g} to {high:.10g}"
    raise RequestError(f"{parameter.name!r} cannot be {value:g}.", hint=f"It can be {bounds}.")


def _choice(parameter: Parameter, value: ParameterValue) -> ParameterValue:
    same = {choice.casefold(): choice for choice in parameter.choices}
    chosen = same.get(str(value).casefold())
    if chosen is None:
        near = closest(str(value), parameter.choices) or list(parameter.choices)
        raise RequestError(
            f"{value!r} is not a choice for {parameter.name!r}.",
            hint=f"The closest: {', '.join(near)}.",
        )
    return chosen if isinstance(value, str) else value


def _unknown(pipeline: PipelineSpec, name: str, known: list[str]) -> RequestError:
    near = closest(name, known)
    hint = f"The closest: {', '.join(near)}." if near else f"It has: {', '.join(known) or 'none'}."
    return RequestError(f"{pipeline.name} has no parameter {name!r}.", hint=hint)


def _string(value: ParameterValue) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return str(value)


def _integer(value: ParameterValue) -> int:
    number = _number(value)
    if number != int(number):
        raise ValueError
    return int(number)


def _number(value: ParameterValue) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError
    number = float(value)
    # Neither JSON nor a database column can hold them.
    if number != number or number in {float("inf"), float("-inf")}:
        raise ValueError
    return value if isinstance(value, int) else number


def _boolean(value: ParameterValue) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().casefold()
    if word not in _TRUE | _FALSE:
        raise ValueError
    return word in _TRUE


def _list(value: ParameterValue) -> list[ParameterValue]:
    if isinstance(value, list):
        return value
    if isinstance(value, str) and value.lstrip().startswith("["):
        return _items(json.loads(value))
    if isinstance(value, str):
        return [item.strip() for item in value.split(",") if item.strip()]
    if isinstance(value, dict):
        raise TypeError
    return [value]


def _struct(value: ParameterValue) -> dict[str, ParameterValue]:
    read = value if isinstance(value, dict) else json.loads(str(value))
    if not isinstance(read, dict):
        raise TypeError
    return read


def _items(read: ParameterValue) -> list[ParameterValue]:
    if not isinstance(read, list):
        raise TypeError
    return read


_READERS: Mapping[str, Callable[[ParameterValue], ParameterValue]] = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "list": _list,
    "struct": _struct,
}
