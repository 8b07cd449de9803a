"""What a toolchain must not contain, and what speaks for or against a tool beside the data."""

from collections.abc import Mapping
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
from recommender.judgements import CLOUDS, RULES

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
        ("infrastructure", "None"),
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
    return frozenset(number for number, rule in enumerate(RULES) if rule.when(profile))


@cache
def _about() -> Mapping[tuple[str, str], tuple[tuple[int, Push], ...]]:
    """Return the rules that are about each tool, by slot and name, with their numbers."""
    return {
        (tool.slot, tool.name): tuple(
            (number, Push(factor=rule.factor, why=rule.why))
            for number, rule in enumerate(RULES)
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
