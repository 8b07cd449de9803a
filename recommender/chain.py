"""One coherent toolchain: slot after slot, each tool weighed against those before it."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import prod

from core.errors import RequestError
from core.toolchains import ProjectProfile
from recommender.catalogue import PLATFORM, Tool, sharing, tools_for
from recommender.forest import Slot, known_tier
from recommender.judging import JUDGED, left_to_judge
from recommender.profile import kept_tools
from recommender.rules import Push, excluded, harmony, rules_holding, rules_on, wishes_of

ORDER = (
    PLATFORM,
    "orchestration",
    "tracking",
    "registry",
    "serving",
    "container",
    "monitoring",
    "data_versioning",
    "feature_store",
    "cicd",
    "infrastructure",
)
"""What decides most comes first: later slots follow the earlier ones."""
UNSEEN = 0.5
"""How often a tool counts that no training project uses."""
CHOSEN = 12.0
"""How many training projects a choice that a person recorded here counts for."""
LEAST = 0.001
"""The probability of a class below which it is not let fall: the table is small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A tool that may be chosen, with what it rests on."""

    tool: Tool
    learned: float
    """Its share by the data alone."""
    share: float
    """Its share after the rules; over the tools of a slot the shares add up to one."""
    pushes: tuple[Push, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One slot of the toolchain."""

    slot: str
    ranked: tuple[Ranked, ...]
    """Best first."""
    evidence: str
    """`data`, `weak` or `rule`, as in `SlotChoice`."""
    kept: bool = False
    """Whether the first tool is there because it is already in use."""
    excluded: tuple[tuple[Tool, str], ...] = ()
    """Tools that cannot be part of it, with the reason."""

    @property
    def first(self) -> str:
        """The name of the first choice."""
        return self.ranked[0].tool.name


Chain = Mapping[str, Link]
Shares = Mapping[str, Mapping[str, float]]
"""Class probabilities by slot."""


def build_chain(
    profile: ProjectProfile,
    shares: Shares,
    slots: Mapping[str, Slot],
    leaning: Callable[[Tool], float] | None = None,
) -> Chain:
    """Choose a tool for every slot.

    Args:
        profile: What is known of the project.
        shares: What the forest says, by slot and class.
        slots: What was learned and measured, by slot.
        leaning: What each tool's share is multiplied with, where one way is preferred.

    Raises:
        RequestError: No tool of a slot fits what is wished for.
    """
    kept = kept_tools(profile)
    chosen = dict(kept)
    chain: dict[str, Link] = {}
    for slot in ORDER:
        learned = slots[slot]
        others = {other: tool for other, tool in chosen.items() if other != slot}
        link = _link(slot, profile, others, learned, shares[slot], leaning)
        if slot in kept:
            link = _keep(link, kept[slot])
        chain[slot] = link
        chosen[slot] = link.first
    return chain


def _link(
    slot: str,
    profile: ProjectProfile,
    others: Mapping[str, str],
    learned: Slot,
    shares: Mapping[str, float],
    leaning: Callable[[Tool], float] | None,
) -> Link:
    # Most changes of a single fact leave the wishes and the other tools as they are.
    key = tuple(sorted(others.items()))
    reasons = _sorted_out(slot, wishes_of(profile), key)
    allowed = [tool for tool, reason in reasons if not reason]
    if not allowed:
        raise _impossible(slot, profile, reasons)
    base = _spread(allowed, learned, shares)
    in_tune = _in_tune(slot, key, profile.existing_tools)
    rules = rules_on(slot, rules_holding(profile))
    # Rules that are fitted with the data are in the probabilities already.
    due = rules_on(slot, left_to_judge(slot, profile))
    pushed = {tool.name: (*rules[tool.name], *in_tune[tool.name]) for tool in allowed}
    weighed = {
        tool.name: base[tool.name]
        * prod(push.factor for push in due[tool.name])
        * prod(push.factor for push in in_tune[tool.name])
        for tool in allowed
    }
    if leaning is not None:
        weighed = {tool.name: weighed[tool.name] * leaning(tool) for tool in allowed}
    whole = sum(weighed.values())
    ranked = [
        Ranked(
            tool=tool,
            learned=base[tool.name],
            share=weighed[tool.name] / whole,
            pushes=pushed[tool.name],
        )
        for tool in allowed
    ]
    ranked.sort(key=lambda entry: -entry.share)
    clear = learned.measures[known_tier(profile)].clear
    first = ranked[0]
    by_rules = rules[first.tool.name]
    # Where the data say nothing, a rule that is in the probabilities already is what decides.
    urged = slot in JUDGED and not clear and any(push.factor > 1 for push in by_rules)
    ruled = len(allowed) == 1 or first.learned < max(base.values()) or urged
    return Link(
        slot=slot,
        ranked=tuple(ranked),
        evidence="rule" if ruled else "data" if clear else "weak",
        excluded=tuple((tool, reason) for tool, reason in reasons if reason),
    )


@lru_cache(maxsize=8192)
def _sorted_out(
    slot: str, wishes: ProjectProfile, others: tuple[tuple[str, str], ...]
) -> tuple[tuple[Tool, str], ...]:
    """Return every tool of a slot with why it is out; empty for those that may be chosen."""
    chosen = dict(others)
    return tuple((tool, excluded(tool, wishes, chosen)) for tool in tools_for(slot))


@lru_cache(maxsize=8192)
def _in_tune(
    slot: str, others: tuple[tuple[str, str], ...], existing: tuple[str, ...]
) -> Mapping[str, tuple[Push, ...]]:
    """Return what speaks for each tool of a slot because of the other tools."""
    chosen = dict(others)
    return {tool.name: harmony(tool, existing, chosen) for tool in tools_for(slot)}


def _impossible(
    slot: str, profile: ProjectProfile, reasons: Sequence[tuple[Tool, str]]
) -> RequestError:
    """Build the error for a slot that nothing can fill, naming the wishes in each other's way."""
    wishes = [
        f"{fact} {value}"
        for fact in ("cloud", "kubernetes", "budget", "governance", "licences", "deployment")
        if (value := getattr(profile, fact))
    ]
    told = "; ".join(f"{tool.name}: {reason}" for tool, reason in reasons[:3])
    return RequestError(
        f"Nothing for {slot.replace('_', ' ')} fits all of {', '.join(wishes)} ({told}).",
        hint="These wishes exclude each other: give up one of them.",
    )


def _spread(allowed: list[Tool], learned: Slot, shares: Mapping[str, float]) -> dict[str, float]:
    """Part the probability of each class among its allowed tools, by how often each is used."""
    weights = {tool.name: _weight(tool, learned) for tool in allowed}
    by_kin: defaultdict[str, float] = defaultdict(float)
    for tool in allowed:
        by_kin[tool.kin] += weights[tool.name]
    parted = {
        tool.name: max(shares[tool.kin], LEAST) * weights[tool.name] / by_kin[tool.kin]
        for tool in allowed
    }
    whole = sum(parted.values())
    return {name: share / whole for name, share in parted.items()}


def _weight(tool: Tool, learned: Slot) -> float:
    said = CHOSEN * learned.chosen.get(tool.name, 0)
    seen = learned.seen.get(tool.label, 0) / sharing(tool.slot)[tool.label]
    return (seen or UNSEEN) + said


def _keep(link: Link, name: str) -> Link:
    """Put the tool that is in use first, whatever else is said of it."""
    tool = next(tool for tool in tools_for(link.slot) if tool.name == name)
    others = tuple(entry for entry in link.ranked if entry.tool.name != name)
    mine = next((entry for entry in link.ranked if entry.tool.name == name), None)
    kept = mine or Ranked(tool=tool, learned=0.0, share=0.0)
    return replace(link, ranked=(kept, *others), evidence="rule", kept=True)
