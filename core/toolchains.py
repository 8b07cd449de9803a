"""Toolchains for a project: the types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


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
    licences: str = ""
    """A policy: `open` for open-source licences only, `permissive` for those without copyleft."""
    tests: str = ""
    """How much of the code is tested already: `none`, `some` or `many` (five test files)."""
    skipped: tuple[str, ...] = ()
    """Facts that the person was asked for and passed over."""


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
    alternatives: tuple["OtherToolchain", ...] = ()
    """Whole toolchains that differ for a reason."""
    neighbours: tuple["SimilarProject", ...] = ()
    """The projects of the data that are most like it, nearest first."""
    companies: tuple[str, ...] = ()
    """What published platforms of companies like this one say beside it, in sentences."""
    questions: tuple["Question", ...] = ()
    """What to ask next, by the information that its answer would give."""
    questions_left: int = 0
    """How many of them may still be asked: what was told or passed over counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherToolchain:
    """A toolchain that fits together, too, and differs for a stated reason."""

    name: str
    reason: str
    tools: Mapping[str, str]
    """By slot, the platform among them."""
    differs: tuple[str, ...]
    """The slots in which it is not the first toolchain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarProject:
    """A public project of the data, and how it is like the one that was asked about."""

    repository: str
    likeness: float
    """The share of the known facts that it has in common, 0 to 1."""
    in_common: tuple[str, ...]
    platform: str
    tools: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something to ask about a project; it can always be skipped."""

    fact: str
    text: str
    choices: tuple[str, ...]
    information: float
    """Bits that the answer is expected to give about the toolchain, all slots together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedChoice:
    """What a person says that they really took."""

    id: str
    tool: str
    slot: str
    profile: ProjectProfile
    at: datetime
    learned: bool = False
    """Whether the forest in use was trained with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrained:
    """What training with the recorded choices did."""

    choices: int
    slots: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionsFirst:
    """What to ask before anything can be recommended."""

    questions: tuple[str, ...]
    facts: tuple[str, ...] = ()
    """What each question is about."""
