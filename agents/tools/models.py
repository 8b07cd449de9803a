"""What the models agent can do."""

from dataclasses import dataclass

from agents.toolbox import Tool
from core.models import ModelCard, Prediction, RegisteredModel
from core.paging import Page, page_of
from core.pipelines import ParameterValue
from core.runs import RunBackend
from models.registry import Registry


@dataclass(frozen=True, slots=True)
class ModelTools:
    """Registered models and their predictions."""

    registry: Registry
    runs: RunBackend

    def list_models(self, search: str = "") -> Page[RegisteredModel]:
        """List the registered models with their versions and aliases.

        Args:
            search: Words that the name must contain.
        """
        self.registry.sync(self.runs)
        words = search.casefold().split()
        found = self.registry.models()
        return page_of([m for m in found if all(word in m.name.casefold() for word in words)])

    def describe_model(self, model: str, version: str = "") -> ModelCard:
        """Show a model's card: data, metrics, baselines, importances, lineage.

        Args:
            model: Its name, which may carry a version: `delay`, `delay@challenger`, `delay:3`.
            version: A number, an alias or `latest`; the champion if empty.
        """
        self.registry.sync(self.runs)
        return self.registry.card(self.registry.find(model, version))

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
        from models.prediction import predict
        from pipelines.delay.phase import phase_features

        self.registry.sync(self.runs)
        version = self.registry.find(model or "delay")
        features = phase_features(phase)
        return predict(self.registry, version, features)

    def tools(self) -> tuple[Tool, ...]:
        """Return the tools of this agent."""
        return Tool(self.list_models), Tool(self.describe_model), Tool(self.predict_delay)
