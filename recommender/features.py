"""What the forest sees of a project: every fact as numbers, with room for the unknown."""

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from core.toolchains import ProjectProfile

UNKNOWN = -1.0
LIBRARIES = (
    "sklearn",
    "boosting",
    "pytorch",
    "tensorflow",
    "transformers",
    "spark",
    "statsmodels",
    "vision",
    "language",
    "audio",
    "llm",
)
"""What a project can import beside its main framework."""

# Each fact is one group of columns that is known or unknown as a whole.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "data_structure": ("structured", "semi-structured", "unstructured"),
    "data_types": ("numerical", "text", "image", "video", "audio", "time-series", "graph"),
    "task": (
        "classification",
        "regression",
        "forecasting",
        "detection",
        "recommendation",
        "generation",
        "other",
    ),
    "framework": (
        "sklearn",
        "boosting",
        "pytorch",
        "tensorflow",
        "transformers",
        "spark",
        "statsmodels",
        "other",
        *(f"uses {name}" for name in LIBRARIES),
    ),
    "team_size": ("people",),
    "deployment": ("batch", "real-time", "streaming", "edge"),
    "cloud": ("aws", "azure", "gcp", "databricks", "on-prem"),
    "kubernetes": ("skill",),
    "tests": ("amount",),
}
STATED = ("cloud", "kubernetes", "tests")
"""Facts that nearly restate what is predicted: only ever used as the person's own statement."""

COLUMNS = tuple(f"{fact}={value}" for fact, values in GROUPS.items() for value in values)
_TEAM_RANK = {"solo": 0.0, "small": 1.0, "medium": 2.0, "large": 2.0}
_SKILL_RANK = {"none": 0.0, "strong": 1.0}
_TESTS_RANK = {"none": 0.0, "some": 1.0, "many": 2.0}

_FRAMEWORK_WORDS = {
    "sklearn": ("sklearn", "scikit"),
    "boosting": ("xgboost", "lightgbm", "catboost", "gbm", "boosting"),
    "transformers": ("transformers", "hugging"),
    "pytorch": ("torch", "lightning"),
    "tensorflow": ("tensorflow", "keras"),
    "spark": ("spark", "databricks"),
    "statsmodels": ("statsmodels", "prophet", "arima", "stats_ts"),
    "vision": ("opencv", "torchvision", "pillow", "ultralytics", "yolo", "timm"),
    "language": ("spacy", "nltk", "gensim"),
    "audio": ("librosa", "torchaudio", "whisper"),
    "llm": ("langchain", "llama", "openai", "llm"),
}
_TASK_WORDS = {
    "detection": ("detection of objects", "object", "segment", "locali"),
    "forecasting": ("forecast", "time series", "time-series", "demand", "predict sales"),
    "recommendation": ("recommend", "ranking", "recsys"),
    "generation": ("generat", "llm", "rag", "chat", "summar", "translation", "question answering"),
    "classification": ("classif", "fraud", "churn", "sentiment", "spam", "detect", "diagnos"),
    "regression": ("regress", "price", "estimat", "duration"),
}


def span(fact: str) -> slice:
    """Return where a fact's columns are."""
    start = 0
    for name, values in GROUPS.items():
        if name == fact:
            return slice(start, start + len(values))
        start += len(values)
    raise KeyError(fact)


SPANS = {fact: span(fact) for fact in GROUPS}


@cache
def family(fact: str, words: str) -> str:
    """Sort free words for a task or a framework into the families that the forest knows."""
    return next(iter(families(fact, words)), "")


@cache
def families(fact: str, words: str) -> tuple[str, ...]:
    """Sort free words into every family that they name; a task is only the first.

    Frameworks come in the order of the text: people name the main one first.
    """
    known = _TASK_WORDS if fact == "task" else _FRAMEWORK_WORDS
    lowered = words.casefold()
    named = [name for name, parts in known.items() if any(part in lowered for part in parts)]
    if fact == "task":
        named = named[:1]
    else:
        named.sort(key=lambda name: min(p for w in known[name] if (p := lowered.find(w)) >= 0))
    return tuple(named) or (("other",) if lowered else ())


def used_frameworks(named: Sequence[str]) -> tuple[str, ...]:
    """Return frameworks as the forest sees them: the main one, and every one that is used."""
    main = named[0] if named[0] in GROUPS["framework"] else "other"
    return (main, *(f"uses {name}" for name in named if name in LIBRARIES))


def encode(facts: Mapping[str, Sequence[str]]) -> NDArray[np.float32]:
    """Turn facts into one row; facts that are absent or empty stay unknown."""
    row = np.full(len(COLUMNS), UNKNOWN, dtype=np.float32)
    for fact, values in facts.items():
        if not values:
            continue
        if fact == "team_size":
            row[SPANS[fact]] = _TEAM_RANK[values[0]]
        elif fact == "kubernetes":
            row[SPANS[fact]] = _SKILL_RANK.get(values[0], UNKNOWN)
        elif fact == "tests":
            row[SPANS[fact]] = _TESTS_RANK[values[0]]
        else:
            row[SPANS[fact]] = [float(name in values) for name in GROUPS[fact]]
    return row


def facts_of(profile: ProjectProfile) -> dict[str, tuple[str, ...]]:
    """Return the facts of a profile in the forest's words, without the unknown ones."""
    cloud = "" if profile.cloud == "none" else profile.cloud
    single = {
        "data_structure": profile.data_structure,
        "task": family("task", profile.task),
        "team_size": profile.team_size,
        "deployment": profile.deployment,
        "cloud": cloud,
        # Some skill is no constraint either way, so the forest is not told.
        "kubernetes": "" if profile.kubernetes == "some" else profile.kubernetes,
        "tests": profile.tests,
    }
    facts: dict[str, tuple[str, ...]] = {fact: (value,) for fact, value in single.items() if value}
    if profile.framework:
        facts["framework"] = used_frameworks(families("framework", profile.framework))
    if profile.data_types:
        facts["data_types"] = profile.data_types
    return facts
