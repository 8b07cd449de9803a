"""From a request's words to the grams that a classifier weighs."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

_ID = re.compile(r"(?<![\w-])(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{6,32}(?![\w-])")
FILE = re.compile(
    r"[\w./@-]*\w\.(?:csv|tsv|parquet|xlsx|jsonl?|md|txt|html?|pdf|ipynb|png|skops|ya?ml|py|sh|gz"
    r"|zip)\b",
    re.I,
)
"""Something written like a file."""
_GROUPS = {
    "table": "csv tsv parquet xlsx",
    "text": "md txt html htm pdf ipynb",
    "code": "py sh",
    "package": "yaml yml",
    "model": "skops",
    "archive": "gz zip",
    "picture": "png",
    "json": "json jsonl",
}
_GROUP = {ending: group for group, endings in _GROUPS.items() for ending in endings.split()}
_DATE = re.compile(r"\b\d{4}-\d{2}(?:-\d{2})?\b")
_NUMBER = re.compile(r"\b\d+(?:\.\d+)?\b")
_HYPHENED = re.compile(r"(?<![\w./@-])[a-z]\w*(?:-\w+)+(?![\w/-]|\.\w)")
_WORDS = frozenset(
    "real-time on-prem time-series semi-structured side-by-side re-run re-runs re-execute un-pause"
    " re-enable de-index de-register cross-validate cross-validation self-contained out-of-date"
    " pre-signed end-to-end up-to-date low-latency high-latency mlflow-aws kubeflow-azure on-device"
    " low-cost high-volume one-off follow-up check-up roll-back rolled-back long-term in-house"
    " e-mail read-only built-in non-native x-ray x-rays air-gapped cost-effective step-by-step"
    " all-in-one"
    " ready-to-run open-source server-side github-actions vs-code well-known day-to-day"
    " state-of-the-art sub-second near-real-time event-driven batch-wise close-up"
    " scikit-learn".split()
)
"""Words with a hyphen that are no names."""
_WORD = re.compile(r"\w+|[?]")
PLACEHOLDER = re.compile(r"xx[a-z]+xx")


def normal_form(text: str, names: Mapping[str, str] | None = None) -> str:
    """Return the request in lower case, with references replaced by what they refer to.

    Args:
        text: The request.
        names: Kinds (`run`, `bucket` and so on) by names that exist.
    """
    text = f" {text.casefold()} ".replace("’", "'")  # noqa: RUF001 (people type this apostrophe)
    for name, kind in sorted((names or {}).items(), key=lambda item: -len(item[0])):
        if name.casefold() in text:
            kept = rf"(?<![\w-]){re.escape(name.casefold())}(?![\w-]|\.\w)"
            text = re.sub(kept, f"xx{kind}xx{_ending(name)}", text)
    text = re.sub(r"(?:\./|xxbucketxx/|s3://)+(?=xx\w+xx)", "", text)
    text = FILE.sub(lambda found: f"xxfilexx{_ending(found[0])}", text)
    text = _ID.sub("xxrunxx", text)
    text = _HYPHENED.sub(_unknown, text)
    text = _DATE.sub("xxdatexx", text)
    return _NUMBER.sub("xxnumberxx", text)


def _ending(name: str) -> str:
    """Return what kind of file a name is of, as a word of its own; empty for other names."""
    group = _GROUP.get(name.casefold().rpartition(".")[2]) if "." in name else None
    return f" xx{group}xx" if group else ""


def _unknown(found: re.Match[str]) -> str:
    """Keep a word with a hyphen, and replace what is only written like a name."""
    return found[0] if found[0] in _WORDS else "xxnamexx"


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
