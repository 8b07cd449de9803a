"""Reading questions for the documentation."""

from backends.chat_builtin.skills.base import Arguments, Skill, no_arguments
from backends.chat_builtin.words import settings
from core.focus import Focus
from core.world import World


def _search_docs(text: str, world: World, focus: Focus) -> Arguments:
    del world, focus
    return {"query": settings(text).get("query", text.strip())}


SKILLS = (
    Skill(tool="search_docs", read=_search_docs, in_words="look it up in the documentation"),
    Skill(tool="list_sources", read=no_arguments, in_words="list the documents I know"),
)
