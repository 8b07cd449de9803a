"""What the toolchain agent can do."""

from dataclasses import dataclass

from agents.toolbox import Tool
from core.errors import RequestError
from core.toolchains import QuestionsFirst, Recommendation
from recommender.profile import read_profile
from recommender.toolchains import recommend


@dataclass(frozen=True, slots=True)
class RecommenderTools:
    """Toolchains for projects."""

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

        Args:
            project: A folder to read the profile from; not possible yet.
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
        if project:
            raise RequestError(
                "Reading a project's folder is not there yet.",
                hint="Describe the project: kind of data, team size, cloud, how it is deployed.",
            )
        return recommend(
            read_profile(
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
            )
        )

    def tools(self) -> tuple[Tool, ...]:
        """Return the tools of this agent."""
        return (Tool(self.recommend_toolchain),)
