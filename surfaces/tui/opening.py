"""What of a value can be opened outside the terminal."""

from core.metrics import RunMetrics
from core.objects import BinaryPreview, Plot, StoredObject, TablePreview, TextPreview


def openable(value: object) -> str:
    """Return `bucket/key` of what a value lets one open; empty if nothing."""
    if isinstance(value, Plot):
        return f"{value.artifact.bucket}/{value.artifact.key}"
    if isinstance(value, RunMetrics):
        return value.report
    if isinstance(value, TablePreview | TextPreview | BinaryPreview):
        return value.object.reference
    return value.reference if isinstance(value, StoredObject) else ""
