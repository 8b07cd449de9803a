"""What a function's docstring tells of its arguments."""

import inspect
import re
from collections.abc import Callable, Mapping
from functools import cache

_SECTION = re.compile(r"^(?:Args|Returns|Raises|Yields):\n", re.M)
_ARGUMENT = re.compile(r"^    (\w+): (.*?)(?=^    \w+: |\Z)", re.M | re.S)
_QUOTED = re.compile(r"`([^`]+)`")


@cache
def arguments_told(function: Callable[..., object]) -> Mapping[str, str]:
    """Return what the docstring says of each argument, on one line, by name."""
    _, begins, rest = (inspect.getdoc(function) or "").partition("\nArgs:\n")
    section = _SECTION.split(rest)[0] if begins else ""
    return {name: " ".join(told.split()) for name, told in _ARGUMENT.findall(section)}


def purpose_of(function: Callable[..., object]) -> str:
    """Return the docstring up to its first section."""
    return _SECTION.split(inspect.getdoc(function) or "")[0].strip()


def examples_in(told: str) -> list[str]:
    """Return the values that a description quotes."""
    return [word for quoted in _QUOTED.findall(told) for word in quoted.split(", ")]
