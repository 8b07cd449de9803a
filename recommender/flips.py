"""What else a person could say, and what it would change."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from core.errors import RequestError
from core.toolchains import ProjectProfile
from recommender.chain import Chain, Shares, build_chain
from recommender.forest import Forest
from recommender.profile import CHOICES, settled, structure_of

ASKED = ("cloud", "deployment", "kubernetes", "data_types", "team_size", "governance", "budget")
TESTS = {"tests": ("none", "some", "many")}
FAMILIES = {
    "task": ("classification", "regression", "forecasting", "object detection", "text generation"),
    "framework": ("scikit-learn", "XGBoost", "PyTorch", "TensorFlow", "Spark"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """The same project with one fact changed."""

    fact: str
    value: str
    before: str
    """What was said of it; empty where nothing was."""
    profile: ProjectProfile

    @property
    def sentence(self) -> str:
        """The change in words."""
        said = f" instead of {self.before}" if self.before else ""
        return f"{self.fact} {self.value}{said}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A changed fact that changes the first choice of a slot."""

    slot: str
    alternative: Alternative
    first: str

    @property
    def sentence(self) -> str:
        """The flip in words."""
        return f"With {self.alternative.sentence}: {self.first}."


def alternatives(profile: ProjectProfile) -> Iterator[Alternative]:
    """Yield the profile with each single fact changed, where that makes sense."""
    for fact, values in {**{fact: CHOICES[fact] for fact in ASKED}, **FAMILIES, **TESTS}.items():
        said = getattr(profile, fact)
        before = ", ".join(said) if isinstance(said, tuple) else said
        for value in values:
            if value.casefold() == before.casefold() or (fact, value) == ("cloud", "none"):
                continue
            changed = _with(profile, fact, value)
            try:
                settled(changed)
            except RequestError:
                # A change that excludes what is in use is none that a person can make.
                continue
            yield Alternative(fact=fact, value=value, before=before, profile=changed)


def _with(profile: ProjectProfile, fact: str, value: str) -> ProjectProfile:
    if fact != "data_types":
        return replace(profile, **{fact: value})  # type: ignore[arg-type]  # all other facts are text
    # A structure that only followed from the kind of data follows from the other kind, too.
    implied = profile.data_structure in ("", structure_of(profile.data_types))
    structure = structure_of((value,)) if implied else profile.data_structure
    return replace(profile, data_types=(value,), data_structure=structure)


def build_chains(forest: Forest, profiles: Sequence[ProjectProfile]) -> list[Chain]:
    """Build the toolchain of every profile; the forest is asked once for all of them."""
    slots = forest.learned.slots
    return [
        build_chain(profile, shares, slots)
        for profile, shares in zip(profiles, shares_for(forest, profiles), strict=True)
    ]


def shares_for(forest: Forest, profiles: Sequence[ProjectProfile]) -> list[Shares]:
    """Return what the forest says of each profile, by slot and class."""
    ranked = forest.rank(profiles)
    slots = forest.learned.slots
    return [
        {
            name: dict(zip(slots[name].classes, map(float, shares[row]), strict=True))
            for name, shares in ranked.items()
        }
        for row in range(len(profiles))
    ]


def find_flips(
    chain: Chain, others: Sequence[tuple[Alternative, Chain]]
) -> Mapping[str, tuple[Flip, ...]]:
    """Return, by slot, the changes that lead to another first choice."""
    return {
        slot: tuple(
            Flip(slot=slot, alternative=alternative, first=other[slot].first)
            for alternative, other in others
            if other[slot].first != link.first
        )
        for slot, link in chain.items()
    }
