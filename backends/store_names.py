"""Which names buckets and objects may have, and what an ending promises."""

import mimetypes
import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from core.errors import RequestError

KEY_BYTES = 1024
NAME_BYTES = 255
MOST_TAGS = 10
TAG_NAME_CHARACTERS = 128
TAG_VALUE_CHARACTERS = 256

_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_ESCAPED = re.compile(r"%(?:2e|2f|5c|00|0a|0d)", re.IGNORECASE)
_TAG_TEXT = re.compile(r"[\w \-+=.:/@]*")
_CONTENT_TYPES = {
    ".csv": "text/csv",
    ".joblib": "application/x-joblib",
    ".jsonl": "application/jsonl",
    ".log": "text/plain",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".pickle": "application/x-pickle",
    ".pkl": "application/x-pickle",
    ".skops": "application/zip",
    ".toml": "application/toml",
    ".tsv": "text/tab-separated-values",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}
# The types that Python ships, not those of the machine: the same file has the same type everywhere.
_KNOWN_TYPES = mimetypes.MimeTypes()


def is_bucket_name(name: str) -> bool:
    """Whether an S3 bucket could have this name."""
    return (
        _BUCKET_NAME.fullmatch(name) is not None
        and _ADDRESS.fullmatch(name) is None
        and not any(pair in name for pair in ("..", ".-", "-."))
    )


def check_bucket_name(bucket: str) -> None:
    """Refuse a name that no S3 bucket could have.

    Raises:
        RequestError: The name breaks a rule.
    """
    if not is_bucket_name(bucket):
        raise RequestError(
            f"{bucket!r} cannot be the name of a bucket.",
            hint="Use 3 to 63 lower-case letters, digits, dots and hyphens.",
        )


def check_key(key: str) -> None:
    """Refuse a key that could leave its bucket or that no file system could hold.

    Raises:
        RequestError: The key breaks a rule.
    """
    problem = _problem_of(key)
    if problem:
        shown = key if len(key) <= 80 else f"{key[:80]}…"
        raise RequestError(
            f"{shown!r} cannot be the key of an object: {problem}.",
            hint="Use a path such as `reports/2024/summary.md`.",
        )


def _problem_of(key: str) -> str:
    parts = key.split("/")
    size = len(key.encode("utf-8", "surrogatepass"))
    rules = (
        (not key, "it is empty"),
        (size > KEY_BYTES, f"it is longer than {KEY_BYTES} bytes"),
        (any(len(part.encode("utf-8", "surrogatepass")) > NAME_BYTES for part in parts),
         f"a part of it is longer than {NAME_BYTES} bytes"),
        (not key.isprintable(), "it has control characters"),
        ("\\" in key, "it has a backslash"),
        (_ESCAPED.search(key) is not None, "it has an escaped dot or slash"),
        (any(part in {"", ".", ".."} for part in parts), "a part of its path is empty or dots"),
    )  # fmt: skip
    return next((problem for broken, problem in rules if broken), "")


def check_tags(tags: Mapping[str, str]) -> None:
    """Refuse tags that no S3 store would keep.

    Raises:
        RequestError: There are too many, or one breaks a rule.
    """
    if len(tags) > MOST_TAGS:
        raise RequestError(
            f"An object can have {MOST_TAGS} tags, not {len(tags)}.", hint="Take one away first."
        )
    for name, value in tags.items():
        problem = _problem_of_tag(name, value)
        if problem:
            raise RequestError(
                f"The tag {name[:80]!r} = {value[:80]!r} cannot be kept: {problem}.",
                hint="Use letters, digits, spaces and any of `+ - = . _ : / @`.",
            )


def _problem_of_tag(name: str, value: str) -> str:
    rules = (
        (not name.strip(), "its name is empty"),
        (len(name) > TAG_NAME_CHARACTERS, f"its name has over {TAG_NAME_CHARACTERS} characters"),
        (len(value) > TAG_VALUE_CHARACTERS, f"it has over {TAG_VALUE_CHARACTERS} characters"),
        (not _TAG_TEXT.fullmatch(name) or not _TAG_TEXT.fullmatch(value),
         "a character in it is reserved"),
        (name.lower().startswith("aws:"), "names that begin with `aws:` are reserved"),
    )  # fmt: skip
    return next((problem for broken, problem in rules if broken), "")


def merged_tags(present: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Return the tags of an object with others set; an empty value takes a tag away.

    Raises:
        RequestError: There would be too many, or one breaks a rule.
    """
    merged = {name: value for name, value in {**present, **wanted}.items() if value}
    check_tags(merged)
    return merged


def content_type_of(key: str) -> str:
    """Return the content type that a key's ending promises."""
    ending = PurePosixPath(key).suffix.lower()
    known = _CONTENT_TYPES.get(ending) or _KNOWN_TYPES.guess_type(f"file{ending}")[0]
    return known or "application/octet-stream"
