"""Toolchains for a project: the types."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectProfile:
    """What is known of a project; an empty field is unknown."""

    data_structure: str = ""
    """`structured`, `semi-structured` or `unstructured`."""
    data_types: tuple[str, ...] = ()
    """Any of `numerical, text, image, video, audio, time-series, graph`."""
    task: str = ""
    framework: str = ""
    team_size: str = ""
    """`solo`, `small`, `medium` or `large`."""
    deployment: str = ""
    """`batch`, `real-time`, `streaming` or `edge`."""
    cloud: str = ""
    """`aws`, `azure`, `gcp`, `on-prem` or `none` (no preference)."""
    kubernetes: str = ""
    """Skill: `none`, `some` or `strong`."""
    budget: str = ""
    """`low`, `medium` or `high`."""
    governance: str = ""
    """`low`, `medium` or `high`."""
    existing_tools: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolChoice:
    """A tool for one slot of a toolchain."""

    tool: str
    probability: float
    why: str = ""
    """What speaks for it, or against it when it is not the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotChoice:
    """The ranked tools for one slot."""

    slot: str
    """`tracking`, `orchestration`, `serving` and so on."""
    choices: tuple[ToolChoice, ...]
    """Best first."""
    evidence: str
    """`data` (the forest is better than popularity here), `weak` or `rule`."""
    why: str = ""
    why_not: str = ""
    """Why not the runner-up."""
    flips: tuple[str, ...] = ()
    """What would change the first choice, each checked by asking again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """A toolchain for a project, with reasons."""

    profile: ProjectProfile
    platform: SlotChoice
    slots: tuple[SlotChoice, ...]
    unknown: tuple[str, ...] = ()
    """Facts that were not given and could change the answer, most useful first."""
    caveats: tuple[str, ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    """Weighted F1 of the forest by slot, measured on owner-grouped folds."""
    baselines: Mapping[str, float] = field(default_factory=dict)
    """Weighted F1 of a draw from the class shares, by slot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionsFirst:
    """What to ask before anything can be recommended."""

    questions: tuple[str, ...]
