"""Wishes that exclude each other, found before anything is recommended."""

from core.errors import RequestError
from core.toolchains import ProjectProfile
from recommender.catalogue import find_tools
from recommender.profile import kept_tools
from recommender.rules import barred_by_wish

_WISH = {
    "vendor": "cloud on-prem",
    "Kubernetes": "kubernetes none",
    "budget": "budget low",
    "governance": "governance high",
    "licence": "the licence policy",
}


def refuse_clashes(profile: ProjectProfile) -> None:
    """Refuse a profile in which a tool in use breaks a wish.

    Raises:
        RequestError: One does; the message names both.
    """
    kept = kept_tools(profile)
    for name in profile.existing_tools:
        for tool in find_tools(name):
            if kept.get(tool.slot) == tool.name and (reason := barred_by_wish(tool, profile)):
                wish = next((wish for word, wish in _WISH.items() if word in reason), "a wish")
                raise RequestError(
                    f"{tool.reference} is in use, but {reason}.",
                    hint=f"Leave out one of the two: {name} among the existing tools, or {wish}.",
                )
