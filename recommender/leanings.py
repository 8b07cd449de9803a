"""Other toolchains that fit together, too: each leans one way, and says which."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from core.toolchains import OtherToolchain, ProjectProfile
from recommender.catalogue import NOTHING, Tool
from recommender.chain import Chain, Shares, build_chain
from recommender.forest import Slot

SHOWN = 2
AWAY = 0.02
"""What a tool that a leaning avoids is multiplied with: it comes only when nothing else fits."""
_SIMPLE = frozenset(
    {
        NOTHING,
        "Batch job",
        "DVC",
        "DVC pipelines",
        "Docker",
        "Docker Compose",
        "Evidently",
        "FastAPI",
        "Flask",
        "Git LFS",
        "LiteRT",
        "ONNX Runtime",
        "Own drift script",
        "Streamlit",
    }
)
"""Tools of one's own that hardly need looking after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaning:
    """A way to prefer some tools over others."""

    name: str
    reason: str
    avoids: Callable[[Tool], bool]
    when: Callable[[ProjectProfile], bool] = lambda _: True

    def factor(self, tool: Tool) -> float:
        """Return what a tool's share is multiplied with."""
        return AWAY if self.avoids(tool) else 1.0


LEANINGS: tuple[Leaning, ...] = (
    Leaning(
        name="portable",
        reason="nothing in it binds to one cloud, so that it can move, also to own machines; in"
        " return somebody has to run it",
        avoids=lambda tool: bool(tool.clouds) or tool.cloud_only,
    ),
    Leaning(
        name="managed",
        reason="a cloud runs as much of it as it can, so that nobody looks after servers; in return"
        " every use is billed and leaving is work",
        avoids=lambda tool: not tool.clouds and tool.kin != "none" and tool.slot != "cicd",
        when=lambda profile: profile.cloud in ("aws", "azure", "gcp") and profile.budget != "low",
    ),
    Leaning(
        name="least to look after",
        reason="it has the fewest parts that somebody must learn and keep alive; in return it will"
        " not grow far",
        avoids=lambda tool: (
            tool.needs_kubernetes
            or (tool.hosting == "self" and tool.name not in _SIMPLE and tool.slot != "tracking")
        ),
    ),
    Leaning(
        name="open source only",
        reason="every part is under an open-source licence; in return some conveniences of"
        " products are missing",
        avoids=lambda tool: not tool.is_open,
    ),
)


def other_toolchains(
    profile: ProjectProfile, chain: Chain, shares: Shares, slots: Mapping[str, Slot]
) -> tuple[OtherToolchain, ...]:
    """Return up to two toolchains that differ from the first and from each other.

    Args:
        profile: What is known of the project.
        chain: The first toolchain.
        shares: What the forest says, by slot and class.
        slots: What was learned and measured, by slot.
    """
    first = {slot: link.first for slot, link in chain.items()}
    found: list[OtherToolchain] = []
    for leaning in LEANINGS:
        if len(found) == SHOWN or not leaning.when(profile):
            continue
        other = build_chain(profile, shares, slots, leaning.factor)
        tools = {slot: link.first for slot, link in other.items()}
        if tools != first and all(tools != one.tools for one in found):
            found.append(
                OtherToolchain(
                    name=leaning.name,
                    reason=leaning.reason,
                    tools=tools,
                    differs=_differing(tools, first),
                )
            )
    return tuple(found)


def _differing(tools: Mapping[str, str], first: Mapping[str, str]) -> tuple[str, ...]:
    slots: Sequence[str] = list(first)
    return tuple(slot for slot in slots if tools[slot] != first[slot])
