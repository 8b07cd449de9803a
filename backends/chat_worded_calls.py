"""Calls that a model wrote as text, because it was not taught another way."""

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence

Parameters = Mapping[str, Sequence[str]]
"""The parameters of the tools that were offered, in order, by name."""

LONGEST_CALL = 20_000
"""Characters; what is longer is an answer."""

_FENCE = re.compile(r"```[\w-]*\s*(.*?)\s*```", re.S)
_TAGGED = re.compile(r"<(tool_call|function_call)>\s*(.*?)\s*(?:</\1>|\Z)", re.S)
_FUNCTION = re.compile(r"<function=([\w-]+)>\s*(.*?)\s*(?:</function>|\Z)", re.S)
_NAMES = ("name", "tool", "tool_name", "function", "function_name")
_ARGUMENTS = ("arguments", "parameters", "args", "input", "tool_input")
_BESIDES = frozenset({"type", "id"})
_NAMED = re.compile(r'[\[{][\s{]*"(?:name|tool|tool_name|function)"\s*:\s*"([\w-]+)"')
_JSON_WORDS = {"true": True, "false": False, "null": None}


def worded_calls(text: str, tools: Parameters) -> Sequence[tuple[str, str]]:
    """Return the calls that a text consists of, as name and JSON; none where it says more.

    Only calls of tools that were offered are read, so that an example in an answer is not one.
    """
    said = text.strip()
    if not said or len(said) > LONGEST_CALL:
        return ()
    calls: list[tuple[str, str]] = []
    for body in _bodies(said):
        found = _from_json(body, tools) or _from_code(body, tools) or _broken(body, tools)
        if not found:
            return ()
        calls += found
    return calls


def _bodies(text: str) -> Iterator[str]:
    """Yield what stands between the marks that models put round calls."""
    for pattern in (_TAGGED, _FENCE):
        if pattern.match(text) and not pattern.sub("", text).strip():
            for match in pattern.finditer(text):
                yield from _bodies(match[match.re.groups].strip())
            return
    if _FUNCTION.match(text) and not _FUNCTION.sub("", text).strip():
        for name, arguments in _FUNCTION.findall(text):
            yield json.dumps({"name": name, "arguments": arguments})
        return
    yield re.sub(r"(?i)^\[tool_calls\]\s*", "", text)


def _from_json(body: str, tools: Parameters) -> list[tuple[str, str]]:
    calls: list[tuple[str, str]] = []
    decoder = json.JSONDecoder(strict=False)
    at = 0
    while at < len(body):
        try:
            value, at = decoder.raw_decode(body, at)
        except (json.JSONDecodeError, RecursionError):
            return []
        at += len(body[at:]) - len(body[at:].lstrip(" \n\r\t,;"))
        for item in value if isinstance(value, list) else [value]:
            call = _from_object(item, tools)
            if call is None:
                return []
            calls.append(call)
    return calls


def _from_object(value: object, tools: Parameters) -> tuple[str, str] | None:
    if not isinstance(value, dict):
        return None
    inner = value.get("function", value.get("tool_call"))
    if isinstance(inner, dict):
        return _from_object(inner, tools)
    name = next((value[key] for key in _NAMES if isinstance(value.get(key), str)), "")
    if name not in tools or not value.keys() <= {*_NAMES, *_ARGUMENTS, *_BESIDES}:
        return None
    given = [value[key] for key in _ARGUMENTS if value.get(key) is not None]
    arguments = given[0] if given else {}
    return name, arguments if isinstance(arguments, str) else json.dumps(arguments)


def _from_code(body: str, tools: Parameters) -> list[tuple[str, str]]:
    try:
        statements = ast.parse(body).body
        expressions = [_JsonWords().visit(s.value) for s in statements if isinstance(s, ast.Expr)]
        each = [e for e in expressions for e in (e.elts if isinstance(e, ast.List) else [e])]
        calls = [_from_call(expression, tools) for expression in each]
    except (SyntaxError, ValueError, RecursionError):
        return []
    if len(expressions) < len(statements):
        return []
    return [call for call in calls if call] if all(calls) else []


def _from_call(expression: ast.expr, tools: Parameters) -> tuple[str, str] | None:
    """Return a call written as code; its values must be literals.

    Raises:
        ValueError: One is not.
    """
    if not isinstance(expression, ast.Call) or not isinstance(expression.func, ast.Name):
        return None
    name, given = expression.func.id, list(expression.args)
    if name == "call_tool" and given:
        first = given.pop(0)
        name = first.id if isinstance(first, ast.Name) else str(ast.literal_eval(first))
    if name not in tools or len(given) > max(1, len(tools[name])):
        return None
    values = [ast.literal_eval(value) for value in given]
    arguments: dict[str, object] = {
        str(k.arg): ast.literal_eval(k.value) for k in expression.keywords if k.arg
    }
    if len(values) == 1 and isinstance(values[0], dict):
        arguments |= values[0]
    else:
        arguments |= dict(zip(tools[name], values, strict=False))
    try:
        return name, json.dumps(arguments)
    except TypeError:
        return None


def _broken(body: str, tools: Parameters) -> list[tuple[str, str]]:
    """Return a call whose JSON cannot be read, so that the model is asked for it again."""
    named = _NAMED.match(body)
    return [(named[1], body)] if named and named[1] in tools and not _is_json(body) else []


def _is_json(text: str) -> bool:
    try:
        json.loads(text, strict=False)
    except (json.JSONDecodeError, RecursionError):
        return False
    return True


class _JsonWords(ast.NodeTransformer):
    """Reads `true`, `false` and `null` in code as the values that they are in JSON."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Return the value that a word of JSON stands for."""
        return ast.Constant(_JSON_WORDS[node.id]) if node.id in _JSON_WORDS else node
