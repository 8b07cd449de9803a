"""What the references in a call stood for, as the value that came back tells it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.comparison import Comparison
from core.deployments import Deployment, ModelPackage, StoppedDeployment
from core.diagnosis import Diagnosis
from core.drift import DriftReport
from core.metrics import RunMetrics
from core.models import ModelCard, ModelVersion, Prediction, PromotedModel, ScoredTable
from core.objects import Plot
from core.paging import Page
from core.passages import RemovedSource
from core.runs import Artifact, Run, RunLogs
from core.schedules import Schedule
from core.triggers import Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a call meant, so that it can be repeated when `latest` is something else."""

    arguments: Mapping[str, object] = field(default_factory=dict)
    """Those that were references, or were left to be made up, by what they came to be."""
    made: str = ""
    """The id of the run that was started."""


NO_MEANING = Meaning()


def meaning_of(tool: str, arguments: Mapping[str, object], value: object) -> Meaning:
    """Return what a call's references stood for.

    Args:
        tool: What was called.
        arguments: As they were given.
        value: What it returned: nobody else knows for certain what was used.
    """
    meant: dict[str, object] = {**_version(arguments, value), **_name(arguments, value)}
    if "run" in arguments and (run := _run(value)):
        meant["run"] = run
    if "runs" in arguments and isinstance(value, Comparison):
        meant["runs"] = [run.id for run in value.runs]
    started = tool == "start_run" and isinstance(value, Run)
    return Meaning(arguments=meant, made=value.id if started and isinstance(value, Run) else "")


def _run(value: object) -> str:
    match value:
        case Run():
            return value.id
        case RunMetrics() | RunLogs() | Diagnosis() | Plot():
            return value.run_id
        case Page() if value.items and isinstance(value.items[0], Artifact):
            return value.items[0].run_id
    return ""


def _version(arguments: Mapping[str, object], value: object) -> dict[str, object]:
    """Return the model with the number of the version that was used."""
    match value:
        case ModelCard(version=ModelVersion() as used):
            model, number = used.model, used.version
        # To roll back is to go to whatever was before.
        case PromotedModel(version=ModelVersion() as used) if "version" in arguments:
            model, number = used.model, used.version
        case Prediction() | ScoredTable() | DriftReport() | ModelPackage():
            model, number = value.model, value.version
        # One that follows an alias is to follow it again.
        case Deployment(follows="") if "model" in arguments:
            model, number = value.model, value.version
        case _:
            return {}
    if arguments.get("version"):
        return {"model": model, "version": str(number)}
    return {"model": f"{model}:{number}"}


def _name(arguments: Mapping[str, object], value: object) -> dict[str, object]:
    """Return the name of what stands, also where one was made up for it."""
    match value:
        case Schedule():
            kind, name = "schedule", value.name
        case Trigger():
            kind, name = "trigger", value.name
        case Deployment() | StoppedDeployment():
            kind, name = "deployment", value.name
        case RemovedSource():
            kind, name = "source", value.source.name
        case _:
            return {}
    return {kind: name} if kind in arguments else {"name": name} if "name" in arguments else {}
