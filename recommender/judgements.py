"""Judgements that the data cannot make: which tools fit which projects more or less, in words."""

from collections.abc import Callable
from dataclasses import dataclass

from core.toolchains import ProjectProfile
from recommender.catalogue import NOTHING, Tool

CLOUDS = {"AWS": "aws", "Azure": "azure", "GCP": "gcp"}
"""The platforms that are clouds, and how a profile calls them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A judgement: for which projects which tools become more or less fitting, and why."""

    when: Callable[[ProjectProfile], bool]
    who: Callable[[Tool], bool]
    factor: float
    why: str
    slot: str = ""


def _named(*names: str) -> Callable[[Tool], bool]:
    return lambda tool: tool.name in names


def _rich_media(profile: ProjectProfile) -> bool:
    return bool({"image", "video", "audio"} & set(profile.data_types))


def _written_with(*words: str) -> Callable[[ProjectProfile], bool]:
    return lambda profile: any(word in profile.framework.casefold() for word in words)


def _few_people(profile: ProjectProfile) -> bool:
    return profile.team_size in ("solo", "small") and profile.kubernetes != "strong"


def _many_people(profile: ProjectProfile) -> bool:
    return profile.team_size in ("medium", "large")


def _governed(profile: ProjectProfile) -> bool:
    return profile.governance == "high"


# The factors are judgements, not measurements: 0.3 and 3 say "strongly", 0.6 and 1.5 "somewhat".
# Larger ones are for tools that the table of projects hardly knows.
RULES: tuple[Rule, ...] = (
    Rule(
        when=lambda profile: profile.budget == "low",
        who=lambda tool: tool.costs,
        factor=0.4,
        why="it sends a bill for every use, and the budget is low",
    ),
    Rule(
        when=lambda profile: profile.budget == "high" and profile.cloud in CLOUDS.values(),
        who=lambda tool: tool.cloud_only,
        factor=1.5,
        why="the budget allows somebody else to run it",
    ),
    Rule(
        when=lambda profile: profile.kubernetes == "strong",
        who=lambda tool: tool.needs_kubernetes,
        factor=2.0,
        why="the team is strong in Kubernetes",
    ),
    Rule(
        when=lambda profile: not profile.kubernetes,
        who=lambda tool: tool.needs_kubernetes,
        factor=0.6,
        why="it needs Kubernetes, and nobody said that somebody runs it",
    ),
    Rule(
        slot="serving",
        when=lambda profile: profile.deployment == "streaming",
        who=_named("Kafka consumer", "Spark Structured Streaming"),
        factor=5.0,
        why="it is made for streams",
    ),
    Rule(
        when=_few_people,
        who=lambda tool: tool.needs_kubernetes,
        factor=0.4,
        why="few people would have to look after a cluster",
    ),
    Rule(
        when=_many_people,
        who=_named("TensorBoard", "DVCLive", "Own drift script", "Docker Compose", "Batch job"),
        factor=0.5,
        why="it is made for one person or one machine, and the team is larger",
    ),
    Rule(
        slot="feature_store",
        when=_many_people,
        who=lambda tool: tool.name != NOTHING,
        factor=3.0,
        why="several people can share what one of them prepared",
    ),
    Rule(
        slot="feature_store",
        when=_rich_media,
        who=lambda tool: tool.name != NOTHING,
        factor=0.3,
        why="features are learned from the raw data and are not kept in tables",
    ),
    Rule(
        when=_governed,
        who=_named(
            "TensorBoard",
            "DVCLive",
            "Own drift script",
            "GitHub Actions workflows",
            "Streamlit",
            "Gradio",
            "Other",
            "Hugging Face Hub",
        ),
        factor=0.3,
        why="it leaves no record of who approved what, and governance is strict",
    ),
    Rule(
        slot="infrastructure",
        when=_many_people,
        who=lambda tool: tool.name != NOTHING,
        factor=3.0,
        why="several people change the same machines",
    ),
    Rule(
        slot="infrastructure",
        when=_governed,
        who=lambda tool: tool.name != NOTHING,
        factor=4.0,
        why="strict governance wants every change of a machine reviewed",
    ),
    Rule(
        slot="registry",
        when=_governed,
        who=lambda tool: tool.kin == "managed",
        factor=1.5,
        why="approval steps and user rights are built in",
    ),
    Rule(
        slot="infrastructure",
        when=lambda profile: profile.cloud == "on-prem",
        who=_named("Ansible"),
        factor=25.0,
        why="it sets up one's own machines",
    ),
    Rule(
        slot="data_versioning",
        when=_rich_media,
        who=_named("Delta Lake"),
        factor=0.3,
        why="it keeps tables, and the data are files",
    ),
    Rule(
        when=_written_with("spark", "databricks"),
        who=_named("Delta Lake", "Spark Structured Streaming"),
        factor=4.0,
        why="it belongs to Spark",
    ),
    Rule(
        when=_written_with("databricks"),
        who=_named("Databricks Jobs"),
        factor=4.0,
        why="Databricks is in use",
    ),
    Rule(
        slot="serving",
        when=lambda profile: profile.budget != "high",
        who=_named("Seldon Core"),
        factor=0.4,
        why="its licence asks for a payment in production",
    ),
    Rule(
        when=lambda profile: not _written_with("spark", "databricks")(profile),
        who=_named("Spark Structured Streaming", "Databricks Jobs"),
        factor=0.5,
        why="nobody said that there is Spark",
    ),
    Rule(
        when=_written_with("tensorflow", "keras"),
        who=_named("LiteRT"),
        factor=4.0,
        why="it runs TensorFlow models",
    ),
    Rule(
        when=_written_with("torch", "sklearn", "scikit", "xgboost", "lightgbm"),
        who=_named("LiteRT"),
        factor=0.3,
        why="the model would first have to be turned into TensorFlow's format",
    ),
    Rule(
        slot="registry",
        when=_written_with("transformers", "hugging"),
        who=_named("Hugging Face Hub"),
        factor=3.0,
        why="the models come from there",
    ),
    Rule(
        slot="registry",
        when=lambda profile: _rich_media(profile) or "text" in profile.data_types,
        who=_named("Hugging Face Hub"),
        factor=1.5,
        why="many models for such data are shared there",
    ),
    Rule(
        slot="serving",
        when=lambda profile: (
            not any(w in profile.task.casefold() for w in ("generat", "llm", "chat"))
        ),
        who=_named("vLLM"),
        factor=0.05,
        why="it is made for large language models",
    ),
    Rule(
        slot="serving",
        when=lambda profile: not _written_with("tensorflow", "keras")(profile),
        who=_named("TensorFlow Serving"),
        factor=0.1,
        why="it serves TensorFlow models, and nobody said that there are any",
    ),
    Rule(
        slot="serving",
        when=lambda _: True,
        who=_named("TorchServe"),
        factor=0.2,
        why="it is no longer developed",
    ),
    Rule(
        slot="tracking",
        when=lambda _: True,
        who=_named("Neptune"),
        factor=0.2,
        why="another company bought it for its own use",
    ),
    Rule(
        slot="serving",
        when=lambda profile: profile.deployment == "edge",
        who=_named("NVIDIA Triton"),
        factor=0.1,
        why="it wants a GPU on the device",
    ),
    Rule(
        slot="serving",
        when=_written_with("torch", "sklearn", "scikit", "xgboost", "lightgbm", "transformers"),
        who=_named("ONNX Runtime"),
        factor=3.0,
        why="the model can be exported to its format",
    ),
)
