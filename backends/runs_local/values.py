"""Values between tasks: KFP's protobuf messages make floats of integers and texts of parameters."""

import re
from collections.abc import Mapping
from typing import Any

_PLACE = re.compile(r"\{\{\$\.inputs\.parameters\['([^']+)'\]\}\}")


def whole_again(value: Any) -> Any:
    """Return a list or mapping in which whole numbers are integers, as a cluster passes them on.

    A number alone is left as it is: its declared type says what it is.
    """
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {name: _whole(item) for name, item in value.items()}
    return value


def filled_in(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Put parameters in their places in list and mapping literals, in the types they have.

    KFP itself would write them into the text of the literal, and so make texts of them.
    """
    return {
        name: whole_again(_filled(value, arguments)) if isinstance(value, list | dict) else value
        for name, value in arguments.items()
    }


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return whole_again(value)


def _filled(value: Any, arguments: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_filled(item, arguments) for item in value]
    if isinstance(value, dict):
        return {name: _filled(item, arguments) for name, item in value.items()}
    if not isinstance(value, str):
        return value
    alone = _PLACE.fullmatch(value)
    if alone is not None and alone[1] in arguments:
        return arguments[alone[1]]
    return _PLACE.sub(lambda place: str(arguments.get(place[1], place[0])), value)
