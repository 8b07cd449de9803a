"""What was spoken of before, called by its name: "into it", "the copy", "both parquets"."""

import json
import re

from core.focus import Focus
from core.world import World

_LISTS = frozenset(
    "list_objects delete_object describe_object list_artifacts preview_object create_bucket".split()
)
_ORIGINAL = r"\bthe (?:original(?: (?:file|one|object))?|(?:source|old) (?:file|one|object))\b"
_RESULT = re.compile(
    r"\b(?:that|the) (?:result(?:s|ing file)?|predictions?|scored (?:file|table|one)|output)\b",
    re.I,
)
_INTO_IT = re.compile(
    r"\b(?P<how>in|into|inside|to|within|under)\s+(?:it|that one|this one|that|there|that bucket"
    r"|that experiment|the new one|the new bucket|the new experiment)\b(?!\s+(?:is|was|run|file))",
    re.I,
)
_IN_THERE = re.compile(
    r"\s*\b(?:in|from)\s+(?:there|it|that bucket|this bucket)\b|\s+there\b", re.I
)
_COPY = re.compile(r"\b(?:the|that|this) (?:new )?copy\b", re.I)
_KINDS = "csv|parquet|json|md|html|png|xlsx|tsv"
_OF_A_KIND = re.compile(
    rf"\b(?:(?P<all>both|all|the two|all the|both the)|the|that)\s+(?P<kind>{_KINDS})"
    r"(?:\s+(?:file|one|table)s?|s)?\b",
    re.I,
)


def spoken_of(text: str, focus: Focus, world: World) -> str:
    """Return a text in which things of the conversation are called by their names."""
    if focus.tool == "create_experiment" and focus.experiment:
        named = rf"\g<how> the experiment {focus.experiment}"
        text = _INTO_IT.sub(named.replace("\\g<how>", "in"), text, count=1)
    if focus.tool == "create_bucket" and focus.bucket:
        text = _INTO_IT.sub(f"into {focus.bucket}", text, count=1)
        text = re.sub(r"\b(?:inside|in there|there)\W*$", f"into {focus.bucket}", text, flags=re.I)
    if focus.tool == "copy_object" and focus.key:
        text = _COPY.sub(f"{focus.bucket}/{focus.key}", text, count=1)
    if focus.tool == "copy_object" and (source := _source(focus)):
        text = _original(text, source)
    if focus.tool == "score_dataset" and focus.listed and "/" in focus.listed:
        text = _RESULT.sub(focus.listed, text, count=1)
    return _of_a_kind(text, focus, world)


def _source(focus: Focus) -> str:
    """Return what was copied last, as `bucket/key`."""
    given = json.loads(focus.arguments) if focus.arguments else {}
    return f"{given['bucket']}/{given['key']}" if given.get("bucket") and given.get("key") else ""


def _original(text: str, source: str) -> str:
    """Name the original of a copy: "the original", "it from" the bucket where it was."""
    bucket = source.partition("/")[0]
    there = rf"\s+(?:from|in|out of)\s+(?:the\s+)?{re.escape(bucket)}(?:\s+bucket)?\b"
    text = re.sub(rf"{_ORIGINAL}(?:{there})?", source, text, count=1, flags=re.I)
    return re.sub(rf"\b(?:it|that|this){there}", source, text, count=1, flags=re.I)


def _of_a_kind(text: str, focus: Focus, world: World) -> str:
    """Name "the csv in there" and "both parquets" by the objects of the bucket spoken of."""
    found = _OF_A_KIND.search(text)
    named = [bucket for bucket in world.buckets() if re.search(rf"\b{bucket}\b", text)]
    bucket = named[0] if len(named) == 1 else focus.bucket
    if found is None or not (named or focus.tool in _LISTS):
        return text
    kind = found["kind"].casefold()
    listed = [name for name in focus.listed.splitlines() if "/" in name and not named]
    known = world.keys(bucket) if bucket in world.buckets() else ()
    every = listed or [f"{bucket}/{key}" for key in known]
    keys = [name for name in every if name.casefold().endswith(f".{kind}")]
    if not keys or (len(keys) > 1) != bool(found["all"]):
        return text
    rest = _IN_THERE.sub("", text[found.end() :], count=1)
    return f"{text[: found.start()]}{' and '.join(keys)}{rest}"
