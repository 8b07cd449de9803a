"""What a model is shown of a tool's result."""

import dataclasses
import re
from collections.abc import Mapping

from pydantic_core import to_json

from core.charts import Chart
from core.visible import visible

# The tag itself in any spelling, also with the wide and small signs that look like "<", and the
# marks by which models tell who speaks.
_LESS = "[<\uff1c\ufe64\u2039\u3008]"
_TAG = re.compile(rf"(?i){_LESS}(?=[\s/\\|]*(?:untrusted|system|assistant|user|tool|im_))")
_SPEAKER = re.compile(rf"{_LESS}(?=\|)|(?i:\[(?=/?(?:INST|SYS)\]))")
_LINK = re.compile(r"(!?)\[([^\]\n]*)\](?=\s*[\[(])")


def as_text(value: object, limit: int) -> str:
    """Return a value as compact JSON, cut at a number of characters with a word on how to go on."""
    text = to_json(_slim(value)).decode()
    if len(text) <= limit:
        return text
    return (
        f"{text[:limit]}\n… truncated: {len(text) - limit} of {len(text)} characters are not shown."
        " Ask for less (a smaller limit, one task, a prefix) or read on with the cursor."
    )


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
