"""What the models agent can do with registered models."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agents.events import Effect
from agents.toolbox import Tool
from agents.tools.object_changes import tag_change
from core.errors import AssistantError, RequestError
from core.models import (
    ModelCard,
    ModelContest,
    ModelVersion,
    Prediction,
    PromotedModel,
    RegisteredModel,
)
from core.objects import ObjectStore
from core.paging import Page, page_of
from core.pipelines import ParameterValue
from core.runs import RunBackend
from models.deployments.book import DeploymentBook
from models.records import CHAMPION
from models.registry import Registry, split_reference

SHOWN_METRICS = ("accuracy", "roc_auc", "f1")


@dataclass(frozen=True, slots=True)
class ModelTools:
    """Registered models and their predictions."""

    registry: Registry
    runs: RunBackend
    store: ObjectStore
    deployments: DeploymentBook

    def list_models(self, search: str = "") -> Page[RegisteredModel]:
        """List the registered models with their versions, their aliases and who held them.

        Args:
            search: Words that the name must contain.
        """
        self.registry.sync(self.runs)
        words = search.casefold().split()
        found = self.registry.models()
        return page_of([m for m in found if all(word in m.name.casefold() for word in words)])

    def describe_model(self, model: str, version: str = "") -> ModelCard:
        """Show a model's card: data, metrics, fairness, importances, calibration, lineage.

        Args:
            model: Its name, which may carry a version: `delay`, `delay@challenger`, `delay:3`.
            version: A number, an alias or `latest`; the champion if empty.
        """
        self.registry.sync(self.runs)
        return self.registry.card(self.registry.find(model, version))

    def promote_model(self, model: str, version: str, alias: str = CHAMPION) -> PromotedModel:
        """Hand an alias to a version: what follows the champion uses it from then on.

        Args:
            model: Its name: `delay`.
            version: A number, an alias or `latest`: `3`, `challenger`.
            alias: `champion` or `challenger`.
        """
        self.registry.sync(self.runs)
        wanted = self._to_promote(model, version, alias)
        return self._changed(self.registry.promote(wanted.model, str(wanted.version), alias), alias)

    def promote_model_details(
        self, model: str, version: str, alias: str = CHAMPION
    ) -> Mapping[str, str]:
        """Say who hands the alias to whom, and whether that is a gain."""
        self.registry.sync(self.runs)
        wanted = self._to_promote(model, version, alias)
        holder = self._holder(wanted.model, alias)
        details = {
            "alias": f"{alias} of {wanted.model}",
            "from": _told(holder) if holder else "nobody",
            "to": _told(wanted),
            "goes back": "with rollback_model",
        }
        if following := self.deployments.followers(wanted.model, alias):
            details["changes too"] = f"the deployments {', '.join(following)}"
        if holder is not None:
            details["comparison"] = self._comparison(holder, wanted)
        return details

    def rollback_model(self, model: str, alias: str = CHAMPION) -> PromotedModel:
        """Hand an alias back to the version that held it before.

        Args:
            model: Its name: `delay`.
            alias: `champion` or `challenger`.
        """
        return self._changed(self.registry.rollback(model, alias), alias)

    def rollback_model_details(self, model: str, alias: str = CHAMPION) -> Mapping[str, str]:
        """Say who hands the alias back to whom."""
        before = self.registry.previous(model, alias)
        holder = self._holder(before.model, alias)
        return {
            "alias": f"{alias} of {before.model}",
            "from": _told(holder) if holder else "nobody",
            "back to": _told(before),
        }

    def tag_model(self, model: str, tags: dict[str, str], version: str = "") -> ModelVersion:
        """Set tags of a version of a model, beside those that training and people gave it.

        Args:
            model: Its name, which may carry a version: `delay`, `delay@challenger`, `delay:3`.
            tags: Values by name; an empty value takes a tag away.
            version: A number, an alias or `latest`; the champion if empty.
        """
        self.registry.sync(self.runs)
        return self.registry.tag(self.registry.find(model, version), tags)

    def tag_model_details(
        self, model: str, tags: dict[str, str], version: str = ""
    ) -> Mapping[str, str]:
        """Say which version's tags change, and how."""
        self.registry.sync(self.runs)
        found = self.registry.find(model, version)
        changes = [tag_change(name, found.tags.get(name), value) for name, value in tags.items()]
        return {"tags": _told(found), "changes": ", ".join(changes)}

    def predict_delay(
        self,
        phase: dict[str, ParameterValue] = {},  # noqa: B006 (never changed; the contract's default)
        model: str = "",
    ) -> Prediction:
        """Predict how likely a construction phase is to be late, and say why.

        Args:
            phase: Any of `phase` (`Scope` or `Design`), `planned_duration_days`, `start_date`,
                `borough`, `district`, `school_level`, `project_type`, `work_category`,
                `description`, `prev_phase_adherence`, `prev_phase_delay_days`.
            model: A model with or without a version; the champion of `delay` if empty.
        """
        from models.prediction import Variation, predict
        from pipelines.delay.phase import phase_features
        from pipelines.delay.variations import variations

        self.registry.sync(self.runs)
        version = self.registry.find(model or "delay")
        tried = [
            Variation(what=found.what, value=found.value, features=found.features)
            for found in variations(phase)
        ]
        return predict(self.registry, version, phase_features(phase), tried)

    def contest(self, holder: ModelVersion, candidate: ModelVersion) -> ModelContest:
        """Hold two versions against each other on later rows that neither has seen.

        Raises:
            AssistantError: They cannot be compared, in words.
        """
        from pipelines.delay.contest import contest

        card, other = self.registry.card(holder), self.registry.card(candidate)
        source = str(other.data.get("object") or card.data.get("object") or "")
        bucket, _, key = source.partition("/")
        if not key:
            raise RequestError("Their cards do not say which table they learned from.")
        with tempfile.TemporaryDirectory() as folder:
            path = self.store.download(bucket, key, Path(folder) / "table")
            return contest(
                path,
                source,
                (card, self.registry.load(holder).probabilities),
                (other, self.registry.load(candidate).probabilities),
            )

    def _comparison(self, holder: ModelVersion, candidate: ModelVersion) -> str:
        if holder.version == candidate.version:
            return "it holds the alias already"
        try:
            return self.contest(holder, candidate).verdict
        except AssistantError as error:
            return f"could not be made: {error.message}"

    def _to_promote(self, model: str, version: str, alias: str) -> ModelVersion:
        wanted = self.registry.find(split_reference(model)[0], version)
        if alias in wanted.aliases:
            raise RequestError(
                f"{wanted.model}:{wanted.version} is the {alias} already.",
                hint="`list_models` shows the other versions.",
            )
        return wanted

    def _holder(self, model: str, alias: str) -> ModelVersion | None:
        if alias not in self.registry.model(model).aliases:
            return None
        return self.registry.find(model, alias)

    def _changed(self, version: ModelVersion, alias: str) -> PromotedModel:
        history = self.registry.model(version.model).history
        change = next(change for change in history if change.alias == alias)
        return PromotedModel(
            version=version,
            change=change,
            follows=tuple(self.deployments.followers(version.model, alias)),
        )

    def tools(self) -> tuple[Tool, ...]:
        """Return the tools of this agent."""
        return (
            Tool(self.list_models),
            Tool(self.describe_model),
            Tool(self.promote_model, Effect.WRITES, details=self.promote_model_details),
            Tool(self.rollback_model, Effect.WRITES, details=self.rollback_model_details),
            Tool(self.tag_model, Effect.WRITES, details=self.tag_model_details),
            Tool(self.predict_delay),
        )


def _told(version: ModelVersion) -> str:
    scores = ", ".join(
        f"{name.replace('_', ' ')} {version.metrics[name]:.3f}"
        for name in SHOWN_METRICS
        if name in version.metrics
    )
    return (
        f"{version.model}:{version.version}, {version.algorithm}{f' ({scores})' if scores else ''}"
    )
