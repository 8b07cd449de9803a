"""What to ask next: the question whose answer is expected to say most about the toolchain."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import log2

from core.toolchains import ProjectProfile, Question
from recommender.catalogue import PLATFORM
from recommender.chain import Chain
from recommender.flips import FAMILIES, Alternative
from recommender.profile import CHOICES

QUESTIONS: Mapping[str, str] = {
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
MOST_QUESTIONS = 5
WORTH_ASKING = 0.1
"""Bits from which an answer is worth a person's time."""
PLATFORM_COUNTS = 2.0
"""The platform decides about other slots, so what is learned of it counts twice."""


def rank_questions(
    profile: ProjectProfile, others: Sequence[tuple[Alternative, Chain]]
) -> tuple[Question, ...]:
    """Return what is worth asking, the most telling first.

    The information of a question is the mutual information between its answer and the tools of
    each slot, in bits, added up over the slots; every answer is taken to be as likely as another,
    because the data say more of how they were gathered than of who asks.

    Args:
        profile: What is known.
        others: The toolchain for every value of every fact.
    """
    by_fact: defaultdict[str, list[Chain]] = defaultdict(list)
    for alternative, chain in others:
        known = getattr(profile, alternative.fact) or alternative.fact in profile.skipped
        if not known and alternative.fact in QUESTIONS:
            by_fact[alternative.fact].append(chain)
    choices = {**CHOICES, **FAMILIES}
    ranked = [
        Question(
            fact=fact,
            text=QUESTIONS[fact],
            choices=tuple(choices[fact]),
            information=round(_information(chains), 3),
        )
        for fact, chains in by_fact.items()
    ]
    told = [question for question in ranked if question.information >= WORTH_ASKING]
    return tuple(sorted(told, key=lambda question: (-question.information, question.fact)))


def still_to_ask(
    questions: Sequence[Question], told: ProjectProfile
) -> tuple[tuple[Question, ...], int]:
    """Return the questions in the order to ask them, and how many may still be asked.

    What a person told or passed over counts as a question, so that an interview ends after
    `MOST_QUESTIONS` whatever is answered. The cloud decides most: it comes before the end.

    Args:
        questions: What is worth asking, the most telling first.
        told: What the person said, without what a folder shows.
    """
    counted = sum(bool(getattr(told, fact)) for fact in QUESTIONS) + len(told.skipped)
    left = max(0, MOST_QUESTIONS - counted)
    cloud = tuple(question for question in questions if question.fact == "cloud")
    if cloud and left <= 1:
        questions, left = (*cloud, *(one for one in questions if one not in cloud)), 1
    return tuple(questions[:MOST_QUESTIONS]), min(left, len(questions))


def _information(chains: Sequence[Chain]) -> float:
    total = 0.0
    for slot in chains[0]:
        parts = [{entry.tool.name: entry.share for entry in chain[slot].ranked} for chain in chains]
        names = {name for part in parts for name in part}
        mean = [sum(part.get(name, 0.0) for part in parts) / len(parts) for name in names]
        gained = _entropy(mean) - sum(_entropy(part.values()) for part in parts) / len(parts)
        total += gained * (PLATFORM_COUNTS if slot == PLATFORM else 1.0)
    return total


def _entropy(shares: Iterable[float]) -> float:
    return -sum(share * log2(share) for share in shares if share > 0)
