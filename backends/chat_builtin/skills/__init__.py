"""What the built-in model knows of each tool: one module for each specialist."""

from collections.abc import Mapping

from backends.chat_builtin.skills import (
    knowledge,
    models,
    models_use,
    object_changes,
    objects,
    pipelines,
    recommender,
    runs,
    schedules,
    session,
    triggers,
)
from backends.chat_builtin.skills.base import Arguments, Missing, Skill
from core.focus import Focus
from core.world import World

SKILLS: Mapping[str, Skill] = {
    skill.tool: skill
    for module in (
        pipelines,
        runs,
        schedules,
        objects,
        object_changes,
        models,
        models_use,
        knowledge,
        recommender,
        triggers,
        session,
    )
    for skill in module.SKILLS
}
"""By the name of the tool."""

UNDERSTOOD = frozenset(SKILLS)
"""The tools whose arguments the built-in model can fill in."""

CHANGES = frozenset(name for name, skill in SKILLS.items() if skill.changes)
"""The tools that write or destroy."""

__all__ = ["CHANGES", "SKILLS", "UNDERSTOOD", "Arguments", "Missing", "arguments_for"]


def arguments_for(tool: str, text: str, world: World, focus: Focus) -> Arguments | Missing:
    """Return a tool's arguments as the text gives them, or what to ask first."""
    return SKILLS[tool].read(text, world, focus)
