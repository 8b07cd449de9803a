"""The projects of the data that are most like the one that is asked about."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from core.errors import UnavailableError
from core.toolchains import ProjectProfile, SimilarProject
from recommender.examples import PROJECTS, facts_of_row, is_whole
from recommender.features import facts_of

NEAREST = 3
LEAST_ALIKE = 0.5
"""A project with fewer of the known facts in common is not worth naming."""
SHOWN_TOOLS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    repository: str
    facts: Mapping[str, tuple[str, ...]]
    platform: str
    tools: tuple[str, ...]


def nearest(profile: ProjectProfile) -> tuple[SimilarProject, ...]:
    """Return the projects that share most of the known facts, nearest first."""
    facts = facts_of(profile)
    if not facts:
        return ()
    ranked = sorted(
        ((_likeness(facts, other.facts), other) for other in _projects()),
        key=lambda pair: (-pair[0], pair[1].repository),
    )
    return tuple(
        SimilarProject(
            repository=other.repository,
            likeness=round(likeness, 2),
            in_common=tuple(
                f"{fact.replace('_', ' ')} {', '.join(shared)}"
                for fact, values in sorted(facts.items())
                if (shared := _shared(values, other.facts.get(fact, ())))
            ),
            platform=other.platform,
            tools=other.tools,
        )
        for likeness, other in ranked[:NEAREST]
        if likeness >= LEAST_ALIKE
    )


def _likeness(facts: Mapping[str, tuple[str, ...]], others: Mapping[str, tuple[str, ...]]) -> float:
    """Return the mean over the known facts of what is shared of all that either names."""
    shares = [
        len(set(values) & set(others.get(fact, ()))) / len({*values, *others.get(fact, ())})
        for fact, values in facts.items()
    ]
    return sum(shares) / len(shares)


def _shared(values: tuple[str, ...], others: tuple[str, ...]) -> list[str]:
    return [value for value in values if value in others and not value.startswith("uses ")]


@cache
def _projects() -> tuple[_Known, ...]:
    try:
        with PROJECTS.open(encoding="utf-8", newline="") as file:
            return tuple(
                _Known(
                    repository=row["repo"],
                    facts=facts_of_row(row),
                    platform=row["lab_platform"],
                    tools=tuple(row["tools_all"].split(";")[:SHOWN_TOOLS]),
                )
                for row in csv.DictReader(file)
                if is_whole(row)
            )
    except (OSError, KeyError) as error:
        raise UnavailableError(
            f"The table of projects cannot be read: {error}.", hint="Install the project again."
        ) from error
