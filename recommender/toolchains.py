"""Recommends a toolchain for a project and says why."""

from dataclasses import fields

from core.toolchains import ProjectProfile, QuestionsFirst, Recommendation
from recommender.catalogue import PLATFORM, find_tools
from recommender.chain import Chain
from recommender.features import STATED, facts_of
from recommender.flips import (
    Alternative,
    alternatives,
    build_chains,
    find_flips,
    weight_of_facts,
    without,
)
from recommender.forest import TIERS, Forest, known_tier, load_forest
from recommender.profile import settled
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
QUESTIONS = {
    "cloud": "Where does it run: AWS, Azure, GCP or your own machines?",
    "deployment": "How are predictions needed: batch, real-time, streaming or edge?",
    "kubernetes": "Does anybody in the team run Kubernetes: none, some or strong?",
    "data_types": "What is the data: numerical, text, image, video, audio, time-series or graph?",
    "team_size": "How many people work on it?",
    "governance": "How strict are the rules on who approves a model: low, medium or high?",
    "budget": "How large is the budget for paid services: low, medium or high?",
    "task": "What is the task: classification, regression, forecasting or something else?",
    "framework": "Which framework is the model written with?",
}
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


def recommend(profile: ProjectProfile) -> Recommendation | QuestionsFirst:
    """Recommend one coherent toolchain, or ask first when no fact is known.

    Raises:
        RequestError: Two wishes exclude each other.
    """
    profile = settled(profile)
    forest = load_forest()
    known = sorted(facts_of(profile))
    chain, without_fact, others = _answers(forest, profile, known, list(alternatives(profile)))
    flips = find_flips(chain, others)
    telling = weight_of_facts(flips)
    if not any(getattr(profile, field.name) for field in fields(profile)):
        return QuestionsFirst(questions=tuple(QUESTIONS[fact] for fact in telling[:ASKED_AT_ONCE]))
    learned = forest.learned.slots
    slots = {
        name: Explained(
            link=link,
            profile=profile,
            without=without_fact,
            flips=flips[name],
            absent=learned[name].absent,
        ).choice()
        for name, link in chain.items()
    }
    measures = {name: slot.measures[known_tier(profile)] for name, slot in learned.items()}
    return Recommendation(
        profile=profile,
        platform=slots[PLATFORM],
        slots=tuple(slots[name] for name in SLOTS),
        unknown=tuple(telling),
        caveats=_caveats(profile),
        scores={name: measure.forest for name, measure in measures.items()},
        baselines={name: measure.draw for name, measure in measures.items()},
    )


def _answers(
    forest: Forest, profile: ProjectProfile, known: list[str], changed: list[Alternative]
) -> tuple[Chain, dict[str, Chain], list[tuple[Alternative, Chain]]]:
    """Build the toolchain as it is, without each fact and with each fact changed, all at once."""
    profiles = [profile]
    profiles += [without(profile, fact) for fact in known]
    profiles += [alternative.profile for alternative in changed]
    chain, *rest = build_chains(forest, profiles)
    without_fact = dict(zip(known, rest[: len(known)], strict=True))
    return chain, without_fact, list(zip(changed, rest[len(known) :], strict=True))


def _caveats(profile: ProjectProfile) -> tuple[str, ...]:
    stated = any(fact in facts_of(profile) for fact in STATED)
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
        if not find_tools(name)
    )
    return tuple(found)
