"""A pipeline's parameters in a request's words, found through their declarations."""

import re
from collections.abc import Sequence

from backends.chat_builtin.words import settings, with_digits
from core.pipelines import Parameter, ParameterValue
from core.world import World

_NUMBER = r"(\d+(?:\.\d+)?|\.\d+)\s*(%|percent)?"


def parameters_in(
    text: str, declared: Sequence[Parameter], world: World
) -> dict[str, ParameterValue]:
    """Return the values that the text gives to declared parameters.

    Understood are `name=value`, a name beside a value ("10 folds", "seed 7"), choices ("a group
    split", "only a random forest"), wishes to leave something out ("without the cameras") and
    objects (`datasets/june.csv`).
    """
    given: dict[str, ParameterValue] = {
        name: _listed(value) if value.startswith("[") else value
        for name, value in settings(text).items()
    }
    plain = with_digits(text)
    for parameter in declared:
        if parameter.name in given:
            continue
        value = _value(plain, parameter, world)
        if parameter.is_object and value in given.values():
            # One object is named, and it goes to the first parameter that takes one.
            continue
        if value is not None:
            given[parameter.name] = value
    return given


def _listed(value: str) -> ParameterValue:
    return [item.strip(" \"'") for item in value.strip("[]").split(",") if item.strip(" \"'")]


def _value(text: str, parameter: Parameter, world: World) -> ParameterValue:
    if parameter.is_object:
        return _object(text, world)
    if parameter.type == "list" and parameter.choices:
        return _several(text, parameter)
    if parameter.choices:
        return _one(text, parameter)
    if parameter.type in {"integer", "number"}:
        return _number(text, parameter)
    if parameter.type == "boolean":
        return _flag(text, parameter)
    return None


def _object(text: str, world: World) -> ParameterValue:
    for bucket in world.buckets():
        if found := re.search(rf"(?<![\w/-]){re.escape(bucket)}/[\w./-]*\w", text):
            return found[0]
    if named := re.search(r"[\w./-]*\w\.(?:csv|tsv|parquet)\b", text):
        if "/" in named[0]:
            return named[0]
        known = [key for key in world.keys("datasets") if key.endswith(named[0])]
        return f"datasets/{known[0] if known else named[0]}"
    return None


def _several(text: str, parameter: Parameter) -> ParameterValue:
    named: list[ParameterValue] = [
        choice for choice in parameter.choices if _spoken(choice).search(text)
    ]
    return named or None


def _spoken(choice: str) -> re.Pattern[str]:
    """Match a choice such as `RandomForest` however it is written: `random forests`."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", choice) or [choice]
    spelt = r"[\s_-]?".join(map(re.escape, parts))
    return re.compile(rf"(?<!\w){spelt}s?(?!\w)", re.I)


def _one(text: str, parameter: Parameter) -> ParameterValue:
    name = _name(parameter)
    for choice in parameter.choices:
        near = rf"(?:{choice}(?:[\s-]based)?[\s-]+{name}|{name}(?:\s+\w+){{0,2}}?\s+{choice})\b"
        if re.search(rf"(?<!\w){near}", text, re.I):
            return choice
    return None


def _number(text: str, parameter: Parameter) -> ParameterValue:
    name = _name(parameter)
    found = re.search(rf"\b{name}\s*(?:of|to|is|at|:|=)?\s*{_NUMBER}", text, re.I) or re.search(
        rf"{_NUMBER}[\s-]*(?:for\s+)?{name}\b", text, re.I
    )
    if found is None:
        return None
    value = float(found[1]) / (100 if found[2] else 1)
    return int(value) if parameter.type == "integer" and value.is_integer() else value


def _flag(text: str, parameter: Parameter) -> ParameterValue:
    verb, _, thing = parameter.name.partition("_")
    if verb == "exclude" and thing:
        stem = re.escape(thing.rstrip("s"))
        out = r"\b(?:without|excluding|exclude|leave out|leaving out|no|drop|skip|minus)\b"
        if re.search(rf"{out}(?:\s+\w+){{0,2}}?\s+{stem}s?\b", text, re.I):
            return True
        if re.search(
            rf"\bleav\w+\s+(?:\w+\s+){{0,2}}?{stem}s?\b(?:\s+\w+){{0,2}}?\s+out\b", text, re.I
        ):
            return True
        if re.search(rf"\b(?:with|including|include)(?:\s+the)?\s+{stem}s?\b", text, re.I):
            return False
        return None
    if re.search(rf"\b(?:no|not|without)\s+{_name(parameter)}\b", text, re.I):
        return False
    return True if re.search(rf"\b{_name(parameter)}\b", text, re.I) else None


_SAME = {"sizes?": "(?:size|share|part|fraction|portion)", "folds?": "(?:folds?|flods?)"}
"""What people say for a word of a parameter's name."""


def _name(parameter: Parameter) -> str:
    words = [re.escape(word) for word in parameter.name.split("_")]
    words[-1] = words[-1].removesuffix("s") + "s?"
    words = [_SAME.get(word, word) for word in words]
    return r"[\s_-]".join(words)
