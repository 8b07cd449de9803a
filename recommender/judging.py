"""What the rules say of whole classes, so that both are measured together."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from math import prod

import numpy as np
from numpy.typing import NDArray

from core.toolchains import ProjectProfile
from recommender.catalogue import PLATFORM, tools_for
from recommender.rules import barred_by_wish, rules_holding, rules_on

JUDGED = frozenset({PLATFORM})
"""Slots in which each class is one tool, so that rules can be fitted and calibrated with trees."""


def judged(
    slot: str, classes: Sequence[str], profiles: Sequence[ProjectProfile]
) -> NDArray[np.float64]:
    """Return the factor of the rules for each class, one row per project; 0 for what is barred.

    Only the facts that the table of projects tells of count; the others are judged afterwards.

    Args:
        slot: One of `JUDGED`.
        classes: The classes, in the order of the columns.
        profiles: What is known of the projects.
    """
    tools = {tool.kin: tool for tool in tools_for(slot)}
    return np.array(
        [
            [_factor(slot, tools[name].name, in_data(profile)) for name in classes]
            for profile in profiles
        ]
    )


@lru_cache(maxsize=512)
def in_data(profile: ProjectProfile) -> ProjectProfile:
    """Return a profile with only the facts that the table of projects tells of."""
    return replace(profile, budget="", governance="", licences="", existing_tools=())


def left_to_judge(slot: str, profile: ProjectProfile) -> frozenset[int]:
    """Return the numbers of the rules that are not in a slot's probabilities already."""
    holding = rules_holding(profile)
    return holding - rules_holding(in_data(profile)) if slot in JUDGED else holding


def _factor(slot: str, name: str, profile: ProjectProfile) -> float:
    tool = next(tool for tool in tools_for(slot) if tool.name == name)
    if barred_by_wish(tool, profile):
        return 0.0
    return prod(push.factor for push in rules_on(slot, rules_holding(profile))[name])
