"""What the toolchain agent can do."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from agents.events import Effect
from agents.toolbox import Tool
from core.blueprints import Blueprint
from core.maturity import MaturityAssessment
from core.paging import Page, page_of
from core.platforms import PlatformComparison
from core.projects import ProjectInspection
from core.toolchains import (
    QuestionsFirst,
    Recommendation,
    RecordedChoice,
)
from pipelines.catalog import Catalog
from recommender.blueprints import plan, refuse_existing, write
from recommender.choices import Choices, tool_for
from recommender.inspection.project import inspect_folder
from recommender.maturity import assess
from recommender.platforms import compare
from recommender.profile import beside_folder, read_profile, told_profile
from recommender.toolchains import recommend


@dataclass(frozen=True, slots=True)
class RecommenderTools:
    """Toolchains for projects."""

    catalog: Catalog
    choices: Choices
    licences: str = ""
    """The policy on licences that the settings state; empty for none."""

    def inspect_project(self, path: str) -> ProjectInspection:
        """Read what a project is from its folder: its profile, with the evidence for each field.

        Nothing in it is run, no secret is opened. What no file shows stays unknown.

        Args:
            path: The project's folder on this machine: `churn-service`.
        """
        return inspect_folder(path)

    def recommend_toolchain(
        self,
        project: str = "",
        data_structure: str = "",
        data_types: list[str] = [],  # noqa: B006 (never changed; the contract's default)
        task: str = "",
        framework: str = "",
        team_size: str = "",
        deployment: str = "",
        cloud: str = "",
        kubernetes: str = "",
        budget: str = "",
        governance: str = "",
        existing_tools: list[str] = [],  # noqa: B006 (never changed; the contract's default)
    ) -> Recommendation | QuestionsFirst:
        """Recommend a toolchain for a project: ranked tools for each slot, with reasons.

        A fact that is `skip` is unknown and not asked for again.

        Args:
            project: A folder to read the profile from; what is given beside it wins.
            data_structure: `structured`, `semi-structured` or `unstructured`.
            data_types: Any of `numerical, text, image, video, audio, time-series, graph`.
            task: In free words: `classification`.
            framework: In free words: `pytorch`.
            team_size: A number, or `solo`, `small`, `medium`, `large`.
            deployment: `batch`, `real-time`, `streaming` or `edge`.
            cloud: `aws`, `azure`, `gcp`, `on-prem`, or `none` for no preference.
            kubernetes: Skill: `none`, `some` or `strong`.
            budget: `low`, `medium` or `high`.
            governance: `low`, `medium` or `high`.
            existing_tools: Tools that are in use already and stay.
        """
        told = read_profile(
            data_structure=data_structure,
            data_types=data_types,
            task=task,
            framework=framework,
            team_size=team_size,
            deployment=deployment,
            cloud=cloud,
            kubernetes=kubernetes,
            budget=budget,
            governance=governance,
            existing_tools=existing_tools,
            licences=self.licences,
        )
        profile = beside_folder(told, inspect_folder(project).profile) if project else told
        return recommend(profile, self.choices.forest(), told)

    def compare_platforms(
        self,
        platforms: list[str] = [],  # noqa: B006 (never changed; the contract's default)
        aspect: str = "all",
    ) -> PlatformComparison:
        """Compare platforms: features and use cases as published and as they are today.

        Args:
            platforms: Any of `aws, azure, gcp, kubeflow, mlflow, airflow`; all six if empty.
            aspect: `features`, `use_cases` or `all`.
        """
        return compare(platforms, aspect)

    def assess_maturity(self, path: str) -> MaturityAssessment:
        """Assess a project's folder against the nine principles of MLOps.

        Each comes with the evidence that was seen and the next step.

        Args:
            path: The project's folder on this machine: `churn-service`.
        """
        return assess(path)

    def write_blueprint(
        self, platform: str, folder: str, pipeline: str = "delay-prediction"
    ) -> Blueprint:
        """Write a runnable beginning of a pipeline on a platform into a folder.

        No file that exists is written over.

        Args:
            platform: `aws`, `azure`, `gcp`, `mlflow-aws`, `kubeflow-azure` or `airflow`.
            folder: Where to write it on this machine: `./aws-start`.
            pipeline: Its name.
        """
        return write(platform, folder, self.catalog.find(pipeline))

    def write_blueprint_details(
        self, platform: str, folder: str, pipeline: str
    ) -> Mapping[str, str]:
        """Say which files are written where."""
        files = plan(platform, self.catalog.find(pipeline))
        root = Path(folder).expanduser()
        refuse_existing(root, folder, files)
        return {
            "writes": f"{len(files)} files into {root.absolute()}",
            "files": ", ".join(file.path for file in files),
            "keeps": "every file that is there",
        }

    def record_choice(
        self,
        tool: str,
        slot: str = "",
        project: str = "",
        facts: dict[str, str | list[str]] = {},  # noqa: B006 (never changed)
    ) -> RecordedChoice:
        """Record which tool a team really took, on this machine only.

        Args:
            tool: A tool of the catalogue: `Prefect`.
            slot: What it is for, where that is not clear: `orchestration`.
            project: A folder to read the project's profile from.
            facts: What is known of the project, by the arguments of `recommend_toolchain`.
        """
        profile = told_profile(facts)
        if project:
            profile = beside_folder(profile, inspect_folder(project).profile)
        return self.choices.record(tool, slot, replace(profile, existing_tools=()))

    def record_choice_details(
        self, tool: str, slot: str, project: str, facts: dict[str, str | list[str]]
    ) -> Mapping[str, str]:
        """Say what is kept, and what it changes."""
        taken = tool_for(tool, slot)
        told_profile(facts)
        said = [f"{name} {value}" for name, value in facts.items()] + [project] * bool(project)
        return {
            "records": f"{taken.name} for {taken.slot.replace('_', ' ')}",
            "project": ", ".join(said) or "nothing is told of it: it counts for every project",
            "kept in": str(self.choices.folder),
            "changes": "nothing until `mlops-swarm recommend --retrain`; it can be removed",
        }

    def list_choices(self) -> Page[RecordedChoice]:
        """List the tools that were recorded as really taken."""
        return page_of(self.choices.all())

    def remove_choice(self, choice: str) -> RecordedChoice:
        """Remove a recorded choice.

        Args:
            choice: Its id, or its tool: `Prefect`.
        """
        return self.choices.remove(choice)

    def tools(self) -> tuple[Tool, ...]:
        """Return the tools of this agent."""
        return (
            Tool(self.inspect_project, untrusted=True),
            Tool(self.recommend_toolchain),
            Tool(self.compare_platforms),
            Tool(self.assess_maturity, untrusted=True),
            Tool(self.write_blueprint, Effect.WRITES, details=self.write_blueprint_details),
            Tool(self.record_choice, Effect.WRITES, details=self.record_choice_details),
            Tool(self.list_choices),
            Tool(self.remove_choice, Effect.WRITES),
        )
