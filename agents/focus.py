"""What a conversation is about: the things that the latest calls touched."""

from collections.abc import Mapping
from dataclasses import replace

from pydantic_core import to_json

from core.focus import Focus
from core.metrics import RunMetrics
from core.models import ModelCard, Prediction, RegisteredModel
from core.objects import BinaryPreview, Plot, StoredObject, TablePreview, TextPreview
from core.paging import Page
from core.pipelines import PipelineSpec
from core.runs import Artifact, Run, RunLogs

KEPT_CHARACTERS = 1_000
"""Arguments longer than this are not carried on."""


def focus_after(focus: Focus, tool: str, arguments: Mapping[str, object], value: object) -> Focus:
    """Return the focus after a tool answered with a value."""
    told = {
        name: str(arguments[name])
        for name in ("pipeline", "bucket", "key", "model")
        if arguments.get(name)
    }
    kept = to_json(dict(arguments)).decode()
    spoken = {**told, **_facts(value), "arguments": kept if len(kept) <= KEPT_CHARACTERS else ""}
    return replace(focus, tool=tool, **spoken)


def _facts(value: object) -> dict[str, str]:
    match value:
        case Page() if value.items and not isinstance(value.items[0], StoredObject | PipelineSpec):
            return _facts(value.items[0])
        case TablePreview() | TextPreview() | BinaryPreview():
            return _facts(value.object)
        case StoredObject():
            return {"bucket": value.bucket, "key": value.key}
        case RegisteredModel():
            return {"model": value.name}
        case ModelCard():
            return {"model": f"{value.version.model}:{value.version.version}"}
        case Prediction():
            return {"model": f"{value.model}:{value.version}"}
    return _run_facts(value)


def _run_facts(value: object) -> dict[str, str]:
    match value:
        case Run():
            return {"run": value.id, "pipeline": value.pipeline}
        case RunMetrics():
            return {"run": value.run_id, "pipeline": value.pipeline}
        case RunLogs() | Plot() | Artifact():
            return {"run": value.run_id}
        case PipelineSpec():
            return {"pipeline": value.name}
    return {}
