"""From a request's words to the grams that a classifier weighs."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

_ID = re.compile(r"\b(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{6,32}\b")
_FILE = re.compile(
    r"[\w./-]*\w\.(?:csv|tsv|parquet|json|jsonl|md|txt|html|png|skops|ya?ml|py|pdf|ipynb|xlsx)\b"
)
_DATE = re.compile(r"\b\d{4}-\d{2}(?:-\d{2})?\b")
_NUMBER = re.compile(r"\b\d+(?:\.\d+)?\b")
_WORD = re.compile(r"\w+|[?]")


def normal_form(text: str, names: Mapping[str, str] | None = None) -> str:
    """Return the request in lower case, with references replaced by what they refer to.

    Args:
        text: The request.
        names: Kinds (`run`, `bucket` and so on) by names that exist.
    """
    text = f" {text.casefold()} ".replace("’", "'")  # noqa: RUF001 (people type this apostrophe)
    for name, kind in sorted((names or {}).items(), key=lambda item: -len(item[0])):
        text = re.sub(rf"(?<![\w-]){re.escape(name.casefold())}(?![\w-])", f"xx{kind}xx", text)
    text = _FILE.sub("xxfilexx", text)
    text = _ID.sub("xxrunxx", text)
    text = _DATE.sub("xxdatexx", text)
    return _NUMBER.sub("xxnumberxx", text)


def word_grams(normal: str) -> Sequence[str]:
    """Return words and pairs of words."""
    words = _WORD.findall(normal)
    return [*words, *(f"{a} {b}" for a, b in pairwise(words))]


def character_grams(normal: str) -> Sequence[str]:
    """Return runs of two to five characters inside words, with their borders."""
    grams = []
    for word in normal.split():
        padded = f" {word} "
        for size in (2, 3, 4, 5):
            grams += [padded[i : i + size] for i in range(len(padded) - size + 1)]
    return grams
