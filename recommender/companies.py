"""What published platforms of companies say beside a recommendation: a check, never a share."""

import csv
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from core.errors import UnavailableError
from core.toolchains import ProjectProfile

COMPANIES = Path(__file__).parent / "data" / "company_stacks.csv"
FEWEST = 10
"""Companies from which counting them says something."""
SHOWN = 3
SHOWN_SLOTS = 2
BUILT = 0.3
"""The share of in-house tools, among companies that tell, from which it is worth a word."""
_INDUSTRIES: Mapping[str, tuple[str, str]] = {
    "finance": ("in finance", r"\bfraud|\bcredit|\bloan|\bbank|\binsur|\bpayment"),
    "health": ("in health", r"\bpatient|\bclinic|\bhospital|\bmedic|\bx-?ray|\bdiagnos"),
    "commerce": ("in commerce", r"\bretail|\be-?commerce|\bbasket|\bshop|\bdeliver"),
    "mobility_travel_logistics": (
        "in travel and logistics",
        r"\blogistic|\bfleet|\btravel|\bride|\bshipping",
    ),
}
_SIZES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "medium": ("that are still growing", ("scaleup",)),
    "large": ("of a large size", ("enterprise", "bigtech")),
}
_SILENT = frozenset({"unknown", ""})
_BUILDABLE = ("feature_store", "serving", "monitoring", "orchestration")

Company = Mapping[str, str]


def company_notes(profile: ProjectProfile, platform: str) -> tuple[str, ...]:
    """Return how published companies like this one chose, in sentences; empty for unlike ones.

    Args:
        profile: What is known of the project.
        platform: The platform that is recommended.
    """
    notes = []
    for words, companies in _groups(profile):
        told = [one for one in companies if one["platform"] not in _SILENT]
        if len(told) >= FEWEST:
            notes.append(_platforms(words, told, platform))
    if profile.team_size == "large" and (built := _built(_of_size("large"))):
        notes.append(built)
    return tuple(notes)


def _groups(profile: ProjectProfile) -> Sequence[tuple[str, Sequence[Company]]]:
    groups: list[tuple[str, Sequence[Company]]] = []
    for industry, (words, pattern) in _INDUSTRIES.items():
        if re.search(pattern, profile.task, re.I):
            groups.append((words, [c for c in read_companies() if c["industry_group"] == industry]))
    if profile.governance == "high" and not groups:
        regulated = [c for c in read_companies() if c["regulated"] == "yes"]
        groups.append(("under regulation", regulated))
    if profile.team_size in _SIZES:
        groups.append((_SIZES[profile.team_size][0], _of_size(profile.team_size)))
    return [(words, _on_same(profile.cloud, companies)) for words, companies in groups]


def _on_same(cloud: str, companies: Sequence[Company]) -> Sequence[Company]:
    """Return those on the same cloud where they are enough to count, else all."""
    there = [one for one in companies if cloud and one["cloud"] == cloud]
    return there if len(there) >= FEWEST else companies


def _of_size(size: str) -> Sequence[Company]:
    return [one for one in read_companies() if one["company_size"] in _SIZES[size][1]]


def _platforms(words: str, companies: Sequence[Company], platform: str) -> str:
    counted = Counter(one["platform"].removesuffix(" open source") for one in companies)
    clouds = {one["cloud"] for one in companies}
    where = f" on {clouds.pop()}" if len(clouds) == 1 else ""
    others = [(name, count) for name, count in counted.most_common() if name != platform]
    most = ", ".join(f"{_called(name)} {count}" for name, count in others[:SHOWN])
    where = f" on {clouds.pop()}" if len(clouds := {c["cloud"] for c in companies}) == 1 else ""
    here = f"{counted[platform] or 'none'} took {_called(platform)}, as recommended here"
    return (
        f"Of {len(companies)} published platforms of companies {words}{where}, {here}; the others"
        f" are mostly {most}."
    )


def _called(platform: str) -> str:
    return {"Other": "single open-source tools", "In-house": "their own"}.get(platform, platform)


def _built(companies: Sequence[Company]) -> str:
    """Say what companies built themselves, where enough of them tell."""
    parts = []
    for slot in _BUILDABLE:
        told = [one[f"inhouse_{slot}"] for one in companies]
        known = [answer for answer in told if answer in ("yes", "no")]
        built = known.count("yes")
        if len(known) >= FEWEST and built / len(known) >= BUILT:
            parts.append(f"{slot.replace('_', ' ')} {built} of {len(known)}")
    if not parts:
        return ""
    return (
        f"Large companies that tell often built it themselves: {', '.join(parts[:SHOWN_SLOTS])}."
        " Check there whether a tool holds at your size."
    )


@cache
def read_companies() -> tuple[Company, ...]:
    """Read the table of companies.

    Raises:
        UnavailableError: It cannot be read.
    """
    try:
        with COMPANIES.open(encoding="utf-8", newline="") as file:
            return tuple(csv.DictReader(file))
    except OSError as error:
        raise UnavailableError(
            f"The table of companies cannot be read: {error}.", hint="Install the project again."
        ) from error
