"""Every tool of the assistant, over the parts that they work with."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from agents.toolbox import Tool
from agents.tools.attempts import AttemptTools
from agents.tools.comparison import ComparisonTools
from agents.tools.diagnosis import DiagnosisTools
from agents.tools.experiments import ExperimentTools
from agents.tools.exporting import ExportTools
from agents.tools.knowledge import KnowledgeTools
from agents.tools.models import ModelTools
from agents.tools.models_data import ModelDataTools
from agents.tools.models_deployments import DeploymentTools
from agents.tools.object_changes import ObjectChangeTools
from agents.tools.object_transfers import ObjectTransferTools
from agents.tools.object_use import InUse
from agents.tools.objects import ObjectTools
from agents.tools.pipelines import PipelineTools
from agents.tools.recommender import RecommenderTools
from agents.tools.schedules import ScheduleTools
from agents.tools.trash import TrashTools
from agents.tools.triggers import TriggerTools
from agents.tools.uploading import UploadTools
from core.audit import AuditLog
from core.objects import ObjectStore
from core.runs import RunBackend
from core.secrets import Masker
from core.sessions import SessionStore
from core.settings import Settings
from core.triggers import TriggerBook
from knowledge.library import Library
from models.deployments.book import DeploymentBook
from models.registry import Registry
from pipelines.catalog import Catalog
from recommender.choices import Choices
from surfaces.alerting import sent
from surfaces.services import barred_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the tools work with."""

    settings: Settings
    catalog: Catalog
    runs: RunBackend
    store: ObjectStore
    registry: Registry
    library: Library
    deployments: DeploymentBook
    triggers: TriggerBook
    audit: AuditLog
    sessions: SessionStore
    masker: Masker


def tools_of(parts: Parts) -> Sequence[Tool]:
    """Return every tool, in the order in which they are listed."""
    known = (
        *_run_tools(parts),
        *_object_tools(parts),
        *_model_tools(parts),
        *KnowledgeTools(parts.library).tools(),
        *RecommenderTools(
            parts.catalog, Choices(parts.settings.home / "recommender"), parts.settings.licences
        ).tools(),
    )
    exporting = ExportTools(parts.audit, parts.sessions, parts.runs, parts.masker, known)
    return (*known, *exporting.tools())


def _run_tools(parts: Parts) -> Sequence[Tool]:
    catalog, runs = parts.catalog, parts.runs
    return (
        *PipelineTools(catalog, runs).tools(),
        *UploadTools(catalog, runs).tools(),
        *DiagnosisTools(runs).tools(),
        *ComparisonTools(runs, parts.store).tools(),
        *AttemptTools(runs).tools(),
        *ExperimentTools(runs).tools(),
        *ScheduleTools(catalog, runs).tools(),
    )


def _object_tools(parts: Parts) -> Sequence[Tool]:
    store, runs = parts.store, parts.runs
    in_use = InUse(runs, parts.registry)
    barred = barred_of(parts.settings)
    return (
        *TrashTools(runs, store).tools(),
        *ObjectTools(store, runs, in_use).tools(),
        *ObjectChangeTools(store, in_use).tools(),
        *ObjectTransferTools(store, in_use).tools(),
        *TriggerTools(parts.catalog, runs, store, parts.triggers, barred).tools(),
    )


def _model_tools(parts: Parts) -> Sequence[Tool]:
    registry, runs, store, deployments = (
        parts.registry,
        parts.runs,
        parts.store,
        parts.deployments,
    )
    reports = parts.settings.home / "reports"
    alert = partial(sent, settings=parts.settings.alerts)
    return (
        *ModelTools(registry, runs, store, deployments).tools(),
        *ModelDataTools(registry, runs, store, deployments, reports, alert).tools(),
        *DeploymentTools(registry, runs, store, parts.catalog, deployments).tools(),
    )
