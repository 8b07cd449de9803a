"""Telling whether a branch is taken: the conditions that the KFP compiler writes, in CEL."""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from core.errors import RequestError
from core.pipelines import ParameterValue

_TOKEN = re.compile(
    r"""\s*(?:
        inputs\.parameter_values\['(?P<input>[^'\\]+)'\]
      | (?P<text>'[^'\\\n]*')(?=\s*(?:$|\)|&&|\|\||[=!<>]))
      | (?P<number>-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)
      | (?P<word>true|false|null|int|double|string|bool)\b
      | (?P<sign>&&|\|\||==|!=|<=|>=|<|>|!|\(|\))
    )""",
    re.VERBOSE,
)
_SIGNS = {"&&": " and ", "||": " or ", "!": " not "}
_WORDS = {"true": "True", "false": "False", "null": "None"}
_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], object]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def check_condition(condition: str) -> None:
    """Refuse a condition that cannot be told.

    The compiler writes texts between quotes as they are, so one with a quote in it breaks its
    condition, here and on a cluster.

    Raises:
        RequestError: It cannot be told.
    """
    _parsed(condition)


def holds(condition: str, inputs: Mapping[str, ParameterValue]) -> bool:
    """Tell whether a condition holds.

    Args:
        condition: What the compiler wrote.
        inputs: The values it may name.

    Raises:
        RequestError: It cannot be told.
    """
    try:
        return bool(_value(_parsed(condition), inputs, condition))
    except (KeyError, TypeError, ValueError) as error:
        raise _untold(condition) from error


def _parsed(condition: str) -> ast.expr:
    place, parts = 0, []
    while condition[place:].strip():
        token = _TOKEN.match(condition, place)
        if token is None:
            raise _untold(condition)
        place = token.end()
        parts.append(_python(token))
    try:
        # The sign of a negation binds closer in CEL than `not` does in Python, but the compiler
        # always puts what is negated between brackets.
        parsed = ast.parse("".join(parts).strip(), mode="eval").body
    except SyntaxError as error:
        raise _untold(condition) from error
    # Where two constants are compared, a quote in a value has ended the value before its end.
    if not all(_compares_a_value(node) for node in ast.walk(parsed)):
        raise _untold(condition)
    return parsed


def _compares_a_value(node: ast.AST) -> bool:
    if not isinstance(node, ast.Compare):
        return True
    return len(node.ops) == 1 and any(isinstance(part, ast.Subscript) for part in ast.walk(node))


def _python(token: re.Match[str]) -> str:
    if token["input"]:
        return f"inputs[{token['input']!r}]"
    if token["sign"]:
        return _SIGNS.get(token["sign"], token["sign"])
    return _WORDS.get(token["word"] or "", token[0].strip())


def _value(node: ast.expr, inputs: Mapping[str, ParameterValue], condition: str) -> object:
    match node:
        case ast.Constant():
            return node.value
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return inputs[name]
        case ast.BoolOp():
            values = (bool(_value(part, inputs, condition)) for part in node.values)
            return all(values) if isinstance(node.op, ast.And) else any(values)
        case ast.UnaryOp(op=ast.Not()):
            return not _value(node.operand, inputs, condition)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return -number
        case ast.Compare(left=left, ops=[sign], comparators=[right]):
            return _compared(
                sign, _value(left, inputs, condition), _value(right, inputs, condition), condition
            )
        case ast.Call(func=ast.Name(id=name), args=[inner]):
            return _converted(name, _value(inner, inputs, condition))
    raise _untold(condition)


def _compared(sign: ast.cmpop, left: object, right: object, condition: str) -> object:
    numbers = isinstance(left, int | float) and isinstance(right, int | float)
    if not numbers and type(left) is not type(right) and left is not None and right is not None:
        # A number never equals a text; a branch must not be skipped for that in silence.
        raise RequestError(
            f"The condition {condition} compares {left!r} with {right!r}.",
            hint="Give both sides the same type in the pipeline.",
        )
    return _COMPARE[type(sign)](left, right)


def _converted(name: str, value: object) -> object:
    if not isinstance(value, str | int | float):
        raise TypeError
    if name == "int":
        return int(value)
    if name == "double":
        return float(value)
    return bool(value) if name == "bool" else str(value)


def _untold(condition: str) -> RequestError:
    return RequestError(
        f"The condition {condition} cannot be told.",
        hint="A quote or a backslash in a value that is compared is not possible in KFP: make the"
        " value a parameter of the pipeline.",
    )
