"""What in a value or an error came from outside, and so might be an order in disguise.

Logs, objects and documents are from outside as a whole. Of everything else, each text is looked at:
names of runs, reasons of failures, descriptions of pipelines were written by whoever started or
wrote them, which on a shared cluster is anybody. What this project ships, what the assistant itself
makes up (`delay-prediction-7`, ids, times) and single words cannot carry an order.
"""

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from functools import cache

from agents.events import OutsideText
from core.objects import Bucket
from core.pipelines import PipelineSpec
from core.toolchains import QuestionsFirst, Recommendation
from core.visible import visible
from pipelines.catalog import Catalog
from pipelines.delay import schema

KEPT_CHARACTERS = 6000
"""How much of a text from outside is kept; by default a model is shown no more."""
EXCERPT_CHARACTERS = 600
"""How much of a text from outside an approval card shows."""
SHOWN = 4
"""How many texts from outside a card shows."""

_OUR_WORDS = frozenset(
    "default latest artifacts models datasets champion challenger report metrics html json csv png"
    " model_comparison confusion_matrix roc_curve feature_importance calibration"
    " accuracy balanced_accuracy f1 roc_auc cv_accuracy accuracy_error majority_accuracy"
    " one_rule_accuracy".split()
)
_NUMBER = r"-?[\d.,]+(?:e[+-]?\d+)?"
_MEASURED = re.compile(
    rf"(?:mean|median) {_NUMBER} then, {_NUMBER} now"
    rf"|(?:missing|{_NUMBER}) in \d+% of rows then, in \d+% now"
)
"""How it is told how far numbers have moved: nobody else has a word in it."""
_CODE = re.compile(r"[0-9a-fA-F]{6,}|[\d,%+TZ-]*")
# Only letters of one alphabet: in others a whole sentence has no spaces.
_WORD = re.compile(r"[A-Za-z0-9]{1,32}")


def outside_in(value: object) -> tuple[str, ...]:
    """Return the texts of a value that somebody else may have written."""
    return tuple(dict.fromkeys(text for text in _texts(value) if not is_ours(text)))


def is_ours(text: str) -> bool:
    """Return whether a text was written by this project, or is too narrow to carry an order."""
    if text in _shipped() or _MEASURED.fullmatch(text):
        return True
    if len(text.split()) > 2:
        return False
    unknown = [part for part in re.split(r"[/:@.\s\[\]]+", text) if not _is_known(part)]
    return not unknown or (len(unknown) == 1 and _WORD.fullmatch(unknown[0]) is not None)


def source_of(tool: str, arguments: Mapping[str, object]) -> str:
    """Name the call that brought a text."""
    given = " ".join(f"{name}={value}" for name, value in arguments.items())
    return visible(f"{tool} {given}".strip())[:EXCERPT_CHARACTERS]


def beside(
    texts: Sequence[OutsideText], tool: str, arguments: Mapping[str, object]
) -> tuple[OutsideText, ...]:
    """Return what a card shows of texts from outside: first those that speak of the call.

    Without this an order could be put after the beginning that fits on a card, or be followed by
    enough other texts.
    """
    words = [word.casefold() for word in (tool, *_texts(arguments)) if len(word) > 2]
    mentioned = [_first_mention(text.text, words) for text in texts]
    by_weight = sorted(range(len(texts)), key=lambda at: (mentioned[at] >= 0, at))[-SHOWN:]
    return tuple(
        dataclasses.replace(texts[at], text=_excerpt(texts[at].text, mentioned[at]))
        for at in sorted(by_weight)
    )


def _first_mention(text: str, words: Sequence[str]) -> int:
    lowered = text.casefold()
    places = [place for word in words if (place := lowered.find(word)) >= 0]
    return min(places, default=-1)


def _excerpt(text: str, place: int) -> str:
    start = 0 if place < EXCERPT_CHARACTERS // 2 else place - EXCERPT_CHARACTERS // 2
    end = start + EXCERPT_CHARACTERS
    return f"{'…' * (start > 0)}{text[start:end]}{'…' * (end < len(text))}"


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, Enum | Recommendation | QuestionsFirst | Bucket):
        # These hold only what this project ships, or names that are too narrow to carry an order.
        return
    if isinstance(value, str):
        yield value
        return
    for part in _parts(value):
        yield from _texts(part)


def _parts(value: object) -> Iterator[object]:
    match value:
        case PipelineSpec():
            if value not in Catalog().all():
                yield from _described(value)
        case Mapping():
            yield from (*value.keys(), *value.values())
        case list() | tuple() | set() | frozenset():
            yield from value
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            yield from (getattr(value, field.name) for field in dataclasses.fields(value))


@cache
def _shipped() -> frozenset[str]:
    """Return every text of the pipelines that come with the project, and what they learn from."""
    specs = Catalog().all()
    texts = {text for spec in specs for part in _described(spec) for text in _texts(part)}
    columns = {*schema.phases_schema().required, schema.ON_TIME, schema.DELAYED}
    return frozenset({*texts, *columns, *_OUR_WORDS})


def _described(spec: PipelineSpec) -> Iterator[object]:
    yield from (spec.name, spec.description, spec.parameters, spec.tasks)


def _is_known(part: str) -> bool:
    if part in _shipped() or _CODE.fullmatch(part):
        return True
    name, _, number = part.rpartition("-")
    return number.isdigit() and name in _shipped()
