"""Reading requests for a toolchain."""

import json

from backends.chat_builtin.projects import project_in
from backends.chat_builtin.skills.base import Arguments, Skill
from core.focus import Focus
from core.world import World


def _recommend(text: str, world: World, focus: Focus) -> Arguments:
    del world
    told = project_in(text)
    if focus.tool == "recommend_toolchain" and focus.arguments:
        # "what if we were on AWS?" changes one fact of the project that was spoken of.
        before = {n: v for n, v in json.loads(focus.arguments).items() if v}
        return {**before, **told} if told else before
    return told


SKILLS = (Skill(tool="recommend_toolchain", read=_recommend, in_words="recommend a toolchain"),)
