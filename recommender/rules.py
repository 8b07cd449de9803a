"""What a toolchain must not contain, and what speaks for or against a tool beside the data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from core.toolchains import ProjectProfile
from recommender.catalogue import (
    NOTHING,
    PLATFORM,
    Tool,
    catalogue,
    clustered_tools,
    find_tools,
    tools_for,
)

CLOUDS = {"AWS": "aws", "Azure": "azure", "GCP": "gcp"}
# A platform of this name is defined by this tool in this slot: there is no choice left.
BRINGS: Mapping[str, Mapping[str, str]] = {
    "Kubeflow": {"orchestration": "Kubeflow Pipelines"},
    "Airflow": {"orchestration": "Airflow"},
    "MLflow": {"tracking": "MLflow"},
}

LEAVES_NO_RECORD = frozenset(
    {
        ("tracking", "TensorBoard"),
        ("tracking", "DVCLive"),
        ("registry", "Hugging Face Hub"),
        ("monitoring", "Own drift script"),
    }
)
"""Tools that strict governance rules out, with their slot."""

Chosen = Mapping[str, str]
"""The tools already chosen, by slot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """Something beside the data that makes a tool more or less fitting."""

    factor: float
    why: str


def excluded(tool: Tool, profile: ProjectProfile, chosen: Chosen) -> str:
    """Return why a tool cannot be part of the toolchain; empty if it can."""
    cloud = chosen_cloud(profile, chosen)
    if tool.clouds and profile.cloud not in {"", "none", "on-prem", *tool.clouds}:
        return f"it runs on {' or '.join(tool.clouds)}, and the project is on {profile.cloud}"
    if tool.slot != PLATFORM and tool.clouds and cloud not in tool.clouds:
        return f"it runs on {' or '.join(tool.clouds)}, and the toolchain does not"
    if barred := barred_by_wish(tool, profile):
        return barred
    if profile.deployment and tool.modes and profile.deployment not in tool.modes:
        return f"it is not made for {profile.deployment} predictions"
    if not profile.deployment and tool.modes and "real-time" not in tool.modes:
        return f"it is only for {' and '.join(tool.modes)} predictions"
    return _out_of_tune(tool, chosen)


def barred_by_wish(tool: Tool, profile: ProjectProfile) -> str:
    """Return which stated wish rules a tool out, whatever else is chosen; empty for none."""
    if tool.cloud_only and profile.cloud == "on-prem":
        return "it runs only at its vendor, and everything must stay on own machines"
    if tool.needs_kubernetes and profile.kubernetes == "none":
        return "it needs Kubernetes, and nobody here runs it"
    if profile.budget == "low" and tool.cost.startswith("paid"):
        return "it costs a licence, and the budget is low"
    if profile.governance == "high" and (tool.slot, tool.name) in LEAVES_NO_RECORD:
        return "it leaves no record of who approved what, and governance is strict"
    if profile.licences == "open" and not tool.is_open:
        return f"its licence is {tool.licence}, and only open-source licences are allowed"
    if profile.licences == "permissive" and not tool.is_permissive:
        return f"its licence is {tool.licence}, and only permissive licences are allowed"
    return ""


def chosen_cloud(profile: ProjectProfile, chosen: Chosen) -> str:
    """Return the cloud of the toolchain: the stated one, else the platform's; may be empty."""
    stated = "" if profile.cloud == "none" else profile.cloud
    return stated or CLOUDS.get(chosen.get(PLATFORM, ""), "")


def wishes_of(profile: ProjectProfile) -> ProjectProfile:
    """Return a profile with only the facts that can rule a tool out."""
    return ProjectProfile(
        deployment=profile.deployment,
        cloud=profile.cloud,
        kubernetes=profile.kubernetes,
        budget=profile.budget,
        governance=profile.governance,
        licences=profile.licences,
    )


@lru_cache(maxsize=4096)
def rules_on(slot: str, holding: frozenset[int]) -> Mapping[str, tuple[Push, ...]]:
    """Return every rule that speaks for or against the tools of a slot, in words.

    Args:
        slot: The slot.
        holding: The rules that hold for the project, as `rules_holding` returns them.
    """
    return {
        tool.name: tuple(push for number, push in _about()[slot, tool.name] if number in holding)
        for tool in tools_for(slot)
    }


@lru_cache(maxsize=512)
def rules_holding(profile: ProjectProfile) -> frozenset[int]:
    """Return the numbers of the rules that hold for a profile, whatever the tool."""
    return frozenset(number for number, rule in enumerate(_RULES) if rule.when(profile))


@cache
def _about() -> Mapping[tuple[str, str], tuple[tuple[int, Push], ...]]:
    """Return the rules that are about each tool, by slot and name, with their numbers."""
    return {
        (tool.slot, tool.name): tuple(
            (number, Push(factor=rule.factor, why=rule.why))
            for number, rule in enumerate(_RULES)
            if rule.slot in ("", tool.slot) and rule.who(tool)
        )
        for tool in catalogue()
    }


def _out_of_tune(tool: Tool, chosen: Chosen) -> str:
    if tool.slot == PLATFORM:
        others = [chosen.get(slot, name) for slot, name in BRINGS.get(tool.name, {}).items()]
        foreign = [name for name in others if name not in BRINGS[tool.name].values()]
        return f"{foreign[0]} is in use instead" if foreign else ""
    platform = chosen.get(PLATFORM, "")
    brought = BRINGS.get(platform, {}).get(tool.slot)
    if brought and brought != tool.name:
        return f"the platform {platform} means {brought} here"
    tracker = "Weights & Biases"
    if tool.slot == "registry" and tool.name == f"{tracker} Registry":
        return "" if chosen.get("tracking", tracker) == tracker else "nothing is tracked there"
    if tool.slot == "container" and tool.name != "Kubernetes":
        clustered = [name for slot, name in chosen.items() if (slot, name) in clustered_tools()]
        return f"{clustered[0]} runs on Kubernetes" if clustered else ""
    return ""


def harmony(tool: Tool, existing: tuple[str, ...], chosen: Chosen) -> tuple[Push, ...]:
    """Return what speaks for a tool because of the other tools and of those in use."""
    platform = chosen.get(PLATFORM, "")
    found = []
    if platform and platform in tool.works_with:
        found.append(Push(factor=1.5, why=f"it is at home on {platform}"))
    partners = [
        name
        for slot, name in chosen.items()
        if slot != PLATFORM and name in tool.works_with and name != NOTHING
    ]
    if partners:
        found.append(Push(factor=1.5, why=f"it works with {' and '.join(partners)}"))
    if tool.slot == PLATFORM and any(tool in find_tools(name) for name in existing):
        found.append(Push(factor=3.0, why="it is already in use"))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
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
_RULES: tuple[_Rule, ...] = (
    _Rule(
        when=lambda profile: profile.budget == "low",
        who=lambda tool: tool.costs,
        factor=0.4,
        why="it sends a bill for every use, and the budget is low",
    ),
    _Rule(
        when=lambda profile: profile.budget == "high" and profile.cloud in CLOUDS.values(),
        who=lambda tool: tool.cloud_only,
        factor=1.5,
        why="the budget allows somebody else to run it",
    ),
    _Rule(
        when=lambda profile: profile.kubernetes == "strong",
        who=lambda tool: tool.needs_kubernetes,
        factor=2.0,
        why="the team is strong in Kubernetes",
    ),
    _Rule(
        when=lambda profile: not profile.kubernetes,
        who=lambda tool: tool.needs_kubernetes,
        factor=0.6,
        why="it needs Kubernetes, and nobody said that somebody runs it",
    ),
    _Rule(
        slot="serving",
        when=lambda profile: profile.deployment == "streaming",
        who=_named("Kafka consumer", "Spark Structured Streaming"),
        factor=5.0,
        why="it is made for streams",
    ),
    _Rule(
        when=_few_people,
        who=lambda tool: tool.needs_kubernetes,
        factor=0.4,
        why="few people would have to look after a cluster",
    ),
    _Rule(
        when=_many_people,
        who=_named("TensorBoard", "DVCLive", "Own drift script", "Docker Compose", "Batch job"),
        factor=0.5,
        why="it is made for one person or one machine, and the team is larger",
    ),
    _Rule(
        slot="feature_store",
        when=_many_people,
        who=lambda tool: tool.name != NOTHING,
        factor=3.0,
        why="several people can share what one of them prepared",
    ),
    _Rule(
        slot="feature_store",
        when=_rich_media,
        who=lambda tool: tool.name != NOTHING,
        factor=0.3,
        why="features are learned from the raw data and are not kept in tables",
    ),
    _Rule(
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
    _Rule(
        slot="infrastructure",
        when=_many_people,
        who=lambda tool: tool.name != NOTHING,
        factor=3.0,
        why="several people change the same machines",
    ),
    _Rule(
        slot="infrastructure",
        when=_governed,
        who=lambda tool: tool.name != NOTHING,
        factor=4.0,
        why="strict governance wants every change of a machine reviewed",
    ),
    _Rule(
        slot="registry",
        when=_governed,
        who=lambda tool: tool.kin == "managed",
        factor=1.5,
        why="approval steps and user rights are built in",
    ),
    _Rule(
        slot="infrastructure",
        when=lambda profile: profile.cloud == "on-prem",
        who=_named("Ansible"),
        factor=3.0,
        why="it sets up one's own machines",
    ),
    _Rule(
        slot="data_versioning",
        when=_rich_media,
        who=_named("Delta Lake"),
        factor=0.3,
        why="it keeps tables, and the data are files",
    ),
    _Rule(
        when=_written_with("spark", "databricks"),
        who=_named("Delta Lake", "Spark Structured Streaming", "Databricks Jobs"),
        factor=4.0,
        why="it belongs to Spark",
    ),
    _Rule(
        when=lambda profile: not _written_with("spark", "databricks")(profile),
        who=_named("Spark Structured Streaming", "Databricks Jobs"),
        factor=0.5,
        why="nobody said that there is Spark",
    ),
    _Rule(
        when=_written_with("tensorflow", "keras"),
        who=_named("LiteRT"),
        factor=4.0,
        why="it runs TensorFlow models",
    ),
    _Rule(
        when=_written_with("torch", "sklearn", "scikit", "xgboost", "lightgbm"),
        who=_named("LiteRT"),
        factor=0.3,
        why="the model would first have to be turned into TensorFlow's format",
    ),
    _Rule(
        slot="registry",
        when=_written_with("transformers", "hugging"),
        who=_named("Hugging Face Hub"),
        factor=3.0,
        why="the models come from there",
    ),
    _Rule(
        slot="registry",
        when=lambda profile: _rich_media(profile) or "text" in profile.data_types,
        who=_named("Hugging Face Hub"),
        factor=1.5,
        why="many models for such data are shared there",
    ),
    _Rule(
        slot="serving",
        when=lambda profile: (
            not any(w in profile.task.casefold() for w in ("generat", "llm", "chat"))
        ),
        who=_named("vLLM"),
        factor=0.05,
        why="it is made for large language models",
    ),
    _Rule(
        slot="serving",
        when=lambda profile: not _written_with("tensorflow", "keras")(profile),
        who=_named("TensorFlow Serving"),
        factor=0.1,
        why="it serves TensorFlow models, and nobody said that there are any",
    ),
    _Rule(
        slot="serving",
        when=lambda _: True,
        who=_named("TorchServe"),
        factor=0.2,
        why="it is no longer developed",
    ),
    _Rule(
        slot="serving",
        when=lambda profile: profile.deployment == "edge",
        who=_named("NVIDIA Triton"),
        factor=0.1,
        why="it wants a GPU on the device",
    ),
    _Rule(
        slot="serving",
        when=_written_with("torch", "sklearn", "scikit", "xgboost", "lightgbm", "transformers"),
        who=_named("ONNX Runtime"),
        factor=3.0,
        why="the model can be exported to its format",
    ),
)
