"""Why a tool is first in its slot, why the next one is not, and what would change that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor

from core.toolchains import ProjectProfile, SlotChoice, ToolChoice
from recommender.catalogue import NOTHING
from recommender.chain import Link, Ranked
from recommender.flips import Flip
from recommender.rules import excluded

SHOWN_TOOLS = 4
SHOWN_FLIPS = 4
TELLING = 0.02
"""The move of the trees' mean from which a fact is worth naming."""
NAMED_AS_OUT = 2
_WEAK = (
    "The facts given do not foretell this slot better than popularity does; "
    "this is the commonest answer that fits."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A link of the toolchain with everything its reasons are made of."""

    link: Link
    profile: ProjectProfile
    pushed: Mapping[str, float]
    """How far each fact moved the trees towards the first choice's class, as a share."""
    flips: Sequence[Flip]
    absent: float
    """The share of projects that have nothing in this slot."""

    def choice(self) -> SlotChoice:
        """Return the slot in the words that a person reads."""
        shown = self.link.ranked[: 1 if self.link.kept else SHOWN_TOOLS]
        return SlotChoice(
            slot=self.link.slot,
            choices=tuple(
                ToolChoice(
                    tool=entry.tool.name,
                    probability=1.0 if self.link.kept else _rounded_down(entry.share),
                    why=_for_it(entry) if entry is shown[0] else _against_it(entry),
                )
                for entry in shown
            ),
            evidence=self.link.evidence,
            why=self._why(),
            why_not=self._why_not(),
            flips=tuple(flip.sentence for flip in varied(self.flips)),
        )

    def _why(self) -> str:
        first = self.link.ranked[0]
        if self.link.kept:
            barred = [reason for tool, reason in self.link.excluded if tool == first.tool]
            doubt = f" Look out, though: {barred[0]}." if barred else ""
            return f"It is already in use, so it stays.{doubt}"
        return " ".join(filter(None, (self._evidence(), self._ruled_out(), self._absence())))

    def _evidence(self) -> str:
        first = self.link.ranked[0]
        for_it = [push.why for push in first.pushes if push.factor > 1]
        rules = f"For {first.tool.name}: {'; '.join(for_it)}." if for_it else ""
        if self.link.evidence == "weak":
            return f"{_WEAK} {rules}".strip()
        if self.link.evidence == "rule":
            return rules or "Decided by what the other tools and facts leave over."
        facts = self._telling_facts()
        told = f" What speaks for it most: {', '.join(facts)}." if facts else ""
        usual = "do without" if first.tool.name == NOTHING else "choose this"
        return f"Projects like it {usual} more often than anything else.{told} {rules}".strip()

    def _telling_facts(self) -> list[str]:
        """Name the facts that move the trees towards the first choice, the most telling first."""
        return [
            f"{fact} {said} (+{round(100 * effect)} points)"
            for fact, effect in sorted(self.pushed.items(), key=lambda item: -item[1])
            if effect >= TELLING and (said := _said(self.profile, fact))
        ]

    def _ruled_out(self) -> str:
        """Name tools that a fact of this project rules out, the commonest first."""
        # What another cloud offers, or what nobody asked for, is out without saying.
        spoken = {
            tool.name: excluded(tool, self.profile, {})
            for tool, _ in self.link.excluded
            if (self.profile.cloud == "on-prem" or not tool.clouds)
            and (self.profile.deployment or not tool.modes or "real-time" in tool.modes)
        }
        named: dict[str, list[str]] = {}
        for name, why in spoken.items():
            if why and sum(map(len, named.values())) < NAMED_AS_OUT:
                named.setdefault(why, []).append(name)
        told = [
            f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} out: {why}"
            for why, names in named.items()
        ]
        return f"{'; '.join(told)}." if told else ""

    def _absence(self) -> str:
        if self.absent < 0.25 or self.link.ranked[0].tool.kin == "none":
            return ""
        return f"{self.absent:.0%} of the projects learned from have nothing here."

    def _why_not(self) -> str:
        if len(self.link.ranked) == 1:
            return "Nothing else fits the facts and the other tools."
        first, second = self.link.ranked[:2]
        if self.link.kept:
            return (
                f"{second.tool.name} would be next, but moving costs more than it is shown to give."
            )
        return (
            f"{second.tool.name} comes next ({_rounded_down(second.share):.0%} against"
            f" {_rounded_down(first.share):.0%}). "
            f"{_against_it(second)}"
        )


def varied(flips: Sequence[Flip]) -> list[Flip]:
    """Return a few flips, each fact once before any comes twice."""
    seen: dict[str, int] = {}
    rank: list[tuple[int, int]] = []
    for flip in flips:
        fact = flip.alternative.fact
        rank.append((seen.get(fact, 0), len(rank)))
        seen[fact] = seen.get(fact, 0) + 1
    order = sorted(range(len(flips)), key=rank.__getitem__)
    return [flips[index] for index in order[:SHOWN_FLIPS]]


def _for_it(entry: Ranked) -> str:
    return f"Good for {entry.tool.good_for}. Licence: {entry.tool.licence}; {entry.tool.cost}."


def _against_it(entry: Ranked) -> str:
    against = [push.why for push in entry.pushes if push.factor < 1]
    return f"Against it: {'; '.join([*against, f'not for {entry.tool.not_for}'])}."


def _said(profile: ProjectProfile, fact: str) -> str:
    value = getattr(profile, fact)
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _rounded_down(share: float) -> float:
    # Rounding up could make the shares of a slot add up to more than one.
    return floor(share * 1000) / 1000
