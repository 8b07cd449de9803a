"""What a conversation is about: the things that the latest calls touched."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pydantic_core import to_json

from core.comparison import Comparison
from core.deployments import Deployment, StoppedDeployment
from core.diagnosis import Diagnosis
from core.focus import Focus
from core.lineage import Downloaded, ObjectDetails, ObjectTrace, Removed, SharedLink
from core.metrics import RunMetrics
from core.models import ModelCard, Prediction, PromotedModel, RegisteredModel, ScoredTable
from core.objects import BinaryPreview, Plot, StoredObject, TablePreview, TextPreview
from core.paging import Page
from core.pipelines import PipelineSpec
from core.runs import Artifact, Experiment, Run, RunLogs
from core.schedules import Schedule
from core.toolchains import QuestionsFirst, Recommendation
from core.triggers import Trigger

KEPT_CHARACTERS = 1_000
"""Arguments longer than this are not carried on."""
LISTED = 20
"""How many names of a list are carried on: "the third one"."""
_TOLD = (
    "pipeline",
    "bucket",
    "key",
    "model",
    "experiment",
    "schedule",
    "trigger",
    "deployment",
    "source",
    "path",
)


def focus_after(focus: Focus, tool: str, arguments: Mapping[str, object], value: object) -> Focus:
    """Return the focus after a tool answered with a value."""
    told = {name: str(arguments[name]) for name in _TOLD if arguments.get(name)}
    kept = to_json(dict(arguments)).decode()
    spoken = {
        **told,
        **_facts(value),
        "arguments": kept if len(kept) <= KEPT_CHARACTERS else "",
        "listed": "\n".join(_listed(value)),
    }
    return replace(focus, tool=tool, **spoken)


def _listed(value: object) -> Sequence[str]:
    """Return the names of what a list or a comparison shows, or what a recommendation asks for."""
    match value:
        case Page():
            return [name for item in value.items[:LISTED] if (name := _name(item))]
        case Comparison():
            return [run.name for run in value.runs[:LISTED]]
        case ScoredTable():
            return [value.target]
        case Recommendation() if value.questions_left:
            return [question.fact for question in value.questions[:1]]
        case QuestionsFirst():
            return value.facts
        case [*items]:
            return [name for item in items[:LISTED] if (name := _name(item))]
    return ()


def _name(item: object) -> str:
    if isinstance(item, StoredObject | Artifact):
        return f"{item.bucket}/{item.key}"
    return str(getattr(item, "name", ""))


def _facts(value: object) -> dict[str, str]:
    match value:
        case Page() if len(value.items) > 1 and isinstance(value.items[0], Schedule | Trigger):
            return {}
        case Page() if value.items and not isinstance(value.items[0], StoredObject | PipelineSpec):
            return _facts(value.items[0])
        case TablePreview() | TextPreview() | BinaryPreview():
            return _facts(value.object)
        case ObjectTrace():
            made_by = {"run": value.run.id} if value.run else {}
            return _facts(value.object) | made_by
        case ObjectDetails() | Downloaded() | SharedLink():
            return _facts(value.object)
        case StoredObject():
            return {"bucket": value.bucket, "key": value.key}
        case Removed():
            return {"bucket": value.bucket, "key": ""}
    return _model_facts(value) or _run_facts(value)


def _model_facts(value: object) -> dict[str, str]:
    match value:
        case RegisteredModel():
            return {"model": value.name}
        case Deployment() | StoppedDeployment():
            return {"deployment": value.name, "model": value.model}
        case PromotedModel():
            return {"model": value.version.model}
        case ModelCard():
            return {"model": f"{value.version.model}:{value.version.version}"}
        case Prediction():
            return {"model": f"{value.model}:{value.version}"}
    return {}


def _run_facts(value: object) -> dict[str, str]:
    match value:
        case Run():
            return {"run": value.id, "pipeline": value.pipeline}
        case RunMetrics():
            return {"run": value.run_id, "pipeline": value.pipeline}
        case Diagnosis():
            return {"run": value.run_id, "pipeline": value.pipeline, **_missing(value)}
        case Comparison():
            # "The better one" is the one that leads in most metrics.
            leads = [one.best for one in value.metrics if one.best]
            best = max(leads, key=leads.count, default=value.runs[0].id)
            return {"run": best, "pipeline": value.runs[0].pipeline}
        case RunLogs() | Plot() | Artifact():
            return {"run": value.run_id}
        case PipelineSpec():
            return {"pipeline": value.name}
        case Experiment():
            return {"experiment": value.name}
    return _standing_facts(value)


def _missing(diagnosis: Diagnosis) -> dict[str, str]:
    """Return the bucket that a run did not find: "create that bucket" then means it."""
    fault = diagnosis.fault
    if fault is None or fault.kind != "no-such-bucket":
        return {}
    named = re.search(r"['\"`“]([a-z0-9][a-z0-9.-]+)['\"`”]", fault.cause)
    return {"bucket": named[1]} if named else {}


def _standing_facts(value: object) -> dict[str, str]:
    match value:
        case Schedule():
            return {"schedule": value.name, "pipeline": value.pipeline}
        case Trigger():
            return {"trigger": value.name, "pipeline": value.pipeline}
    return {}
