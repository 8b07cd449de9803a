"""What a model is shown of a tool's result."""

import dataclasses

from pydantic_core import to_json

from core.charts import Chart


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
    """Mark text from outside, so that what it says is not taken for an order."""
    inert = text.replace("<untrusted", "[untrusted").replace("</untrusted", "[/untrusted")
    return f'<untrusted source="{source}">\n{inert}\n</untrusted>'


def _slim(value: object) -> object:
    """Leave out what only a machine reads: compiled packages and the points of charts."""
    if isinstance(value, Chart):
        return {"title": value.title, "note": value.note}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _slim(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if field.name != "package"
        }
    if isinstance(value, list | tuple):
        return [_slim(item) for item in value]
    return value
