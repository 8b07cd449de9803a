"""Recommends a toolchain for a project and says why."""

from collections.abc import Mapping, Sequence
from dataclasses import fields

from core.errors import RequestError
from core.toolchains import ProjectProfile, Question, QuestionsFirst, Recommendation, SlotChoice
from recommender.catalogue import PLATFORM, find_tools
from recommender.chain import Chain, Shares, build_chain
from recommender.clashes import refuse_clashes
from recommender.companies import company_notes
from recommender.features import encode, facts_of
from recommender.flips import Flip, alternatives, find_flips, shares_for
from recommender.forest import TIERS, Forest, Slot, known_tier, load_forest
from recommender.leanings import other_toolchains
from recommender.neighbours import nearest
from recommender.profile import names_tests, settled
from recommender.questions import rank_questions, still_to_ask
from recommender.reasons import Explained

SLOTS = (
    "data_versioning",
    "tracking",
    "orchestration",
    "serving",
    "monitoring",
    "feature_store",
    "cicd",
    "registry",
    "container",
    "infrastructure",
)
ASKED_AT_ONCE = 3
_CAVEATS = (
    "Most of the projects learned from are demonstrations by one person; what companies pay for, "
    "sign and must comply with is not visible in them.",
    "The projects were found by the names of tools and clouds, so how common a tool is there says "
    "more of the search than of the world.",
    "A probability is among projects that have a tool in that slot at all; the rules on budget, "
    "governance and Kubernetes are judgements, not measurements.",
)
_BY_CLOUD = "The platform is mostly the stated cloud: your constraint, not a finding of the data."
_WITHOUT_CLOUD = (
    "Without a stated cloud the data foretell the platform no better than popularity does."
)


def recommend(
    profile: ProjectProfile, forest: Forest | None = None, told: ProjectProfile | None = None
) -> Recommendation | QuestionsFirst:
    """Recommend one coherent toolchain, or ask first when no fact is known.

    Args:
        profile: What is known of the project.
        forest: The forest to ask; the shipped one if None.
        told: What the person said of it, where a folder says more; all of the profile if None.

    Raises:
        RequestError: Two wishes exclude each other.
    """
    profile = settled(profile)
    refuse_clashes(profile)
    forest = forest or load_forest()
    changed = list(alternatives(profile))
    shares = shares_for(forest, [profile, *(one.profile for one in changed)])
    slots = forest.learned.slots
    chain = build_chain(profile, shares[0], slots)
    others = [
        (one, other)
        for one, said in zip(changed, shares[1:], strict=True)
        if (other := _chain_or_none(one.profile, said, slots))
    ]
    questions = rank_questions(profile, others)
    if not any(getattr(profile, field.name) for field in fields(profile)):
        return _first_questions(questions)
    asked, left = still_to_ask(questions, told or profile)
    explained = _explained(profile, forest, chain, find_flips(chain, others))
    measures = {name: slot.measures[known_tier(profile)] for name, slot in slots.items()}
    return Recommendation(
        profile=profile,
        platform=explained[PLATFORM],
        slots=tuple(explained[name] for name in SLOTS),
        unknown=tuple(question.fact for question in questions),
        caveats=_caveats(profile),
        scores={name: measure.forest for name, measure in measures.items()},
        baselines={name: measure.draw for name, measure in measures.items()},
        alternatives=other_toolchains(profile, chain, shares[0], slots),
        neighbours=nearest(profile),
        companies=company_notes(profile, chain[PLATFORM].first),
        questions=asked,
        questions_left=left,
    )


def _first_questions(questions: Sequence[Question]) -> QuestionsFirst:
    shown = questions[:ASKED_AT_ONCE]
    return QuestionsFirst(
        questions=tuple(question.text for question in shown),
        facts=tuple(question.fact for question in shown),
    )


def _chain_or_none(
    profile: ProjectProfile, shares: Shares, slots: Mapping[str, Slot]
) -> Chain | None:
    """Return the toolchain of a changed project; None where the change makes it impossible."""
    try:
        refuse_clashes(profile)
        return build_chain(profile, shares, slots)
    except RequestError:
        return None


def _explained(
    profile: ProjectProfile, forest: Forest, chain: Chain, flips: Mapping[str, Sequence[Flip]]
) -> Mapping[str, SlotChoice]:
    row = encode(facts_of(profile))
    slots = forest.learned.slots
    return {
        name: Explained(
            link=link,
            profile=profile,
            pushed={
                fact: float(moved[slots[name].classes.index(link.ranked[0].tool.kin)])
                for fact, moved in forest.trees[name].contributions(row).items()
            },
            flips=flips[name],
            absent=slots[name].absent,
        ).choice()
        for name, link in chain.items()
    }


def _caveats(profile: ProjectProfile) -> tuple[str, ...]:
    stated = any(fact in facts_of(profile) for fact in ("cloud", "kubernetes"))
    found = [*_CAVEATS, _BY_CLOUD if stated else _WITHOUT_CLOUD]
    if len(facts_of(profile)) < len(TIERS[known_tier(profile)]):
        found.append(
            "The scores are for projects whose data, task, framework, team and deployment are "
            "known; with fewer facts expect less."
        )
    if profile.team_size in ("medium", "large"):
        found.append("Very few of the projects learned from have more than five people.")
    found.extend(
        f"The catalogue has no tool called {name!r}, so it was left aside."
        for name in profile.existing_tools
        if not (find_tools(name) or names_tests(name))
    )
    return tuple(found)
