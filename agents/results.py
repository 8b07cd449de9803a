"""What a model is shown of a tool's result."""

import dataclasses
import re
from collections.abc import Mapping, Sequence

from pydantic_core import to_json

from core.charts import Chart
from core.sessions import LongResult
from core.visible import visible

# The tag itself in any spelling, also with the wide and small signs that look like "<", and the
# marks by which models tell who speaks.
_LESS = "[<\uff1c\ufe64\u2039\u3008]"
_TAG = re.compile(rf"(?i){_LESS}(?=[\s/\\|]*(?:untrusted|system|assistant|user|tool|im_))")
_SPEAKER = re.compile(rf"{_LESS}(?=\|)|(?i:\[(?=/?(?:INST|SYS)\]))")
_LINK = re.compile(r"(!?)\[([^\]\n]*)\](?=\s*[\[(])")


# Where a text may be cut, best first: never inside a word, an id or a number, and a comma between
# figures is the last choice, for it may stand for thousands.
_CUTS = tuple(
    re.compile(pattern, re.S)
    for pattern in (r".*(?:[\]}],(?=[\[{])|\\n|\n)", r".*(?:,(?=[\"\[{])|\s)", r".*,", r".*\W")
)


def shown_part(result: LongResult, name: str, part: int) -> str:
    """Return a part of a long result, with a word on how to read on; the first is 1."""
    text = result.parts[part - 1]
    shown = fence(text, result.source) if result.outside else text
    if part == len(result.parts):
        return f"{shown}\n… part {part} of {part} of result {name}: the end."
    return (
        f"{shown}\n… truncated: part {part} of {len(result.parts)} of result {name}."
        f" `read_on` with result={name} and part={part + 1} reads on. Often it is better to ask"
        " for less: a smaller limit, one task, a prefix."
    )


def as_text(value: object) -> str:
    """Return a value as compact JSON, without what only a machine reads."""
    return to_json(_slim(value)).decode()


def parts_of(text: str, limit: int) -> Sequence[str]:
    """Return a text in parts of at most so many characters, cut where no id or number is split."""
    parts: list[str] = []
    start = 0
    while len(text) - start > limit:
        window = text[start + limit // 2 : start + limit]
        matches = (cut.match(window) for cut in _CUTS)
        end = next((limit // 2 + match.end() for match in matches if match), limit)
        parts.append(text[start : start + end])
        start += end
    return [*parts, text[start:]]


def fence(text: str, source: str) -> str:
    """Mark text from outside, so that what it says is not taken for an order.

    It cannot close the fence, speak for somebody else, or hide where a link or a picture leads.
    """
    inert = _SPEAKER.sub("(", _TAG.sub("(", visible(text)))
    inert = _LINK.sub(r"\2 ", inert)
    return f'<untrusted source="{source}">\n{inert}\n</untrusted>'


def _slim(value: object) -> object:
    """Leave out what only a machine reads: compiled packages, points of charts, control codes."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, Chart):
        return {"title": visible(value.title), "note": visible(value.note)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _slim(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if field.name != "package"
        }
    if isinstance(value, Mapping):
        return {_slim(key): _slim(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_slim(item) for item in value]
    return value
