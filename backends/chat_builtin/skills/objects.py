"""Reading requests about buckets, objects and what runs left in them."""

import re

from backends.chat_builtin.references import bucket_in, object_in, run_in
from backends.chat_builtin.skills.base import Arguments, Missing, Skill, no_arguments, which
from backends.chat_builtin.words import with_digits
from core.focus import Focus
from core.world import World

_PLOTS = {
    "confusion_matrix": r"confus\w+|mix(?:es|ed)?[ -]?up|mixing up|false (?:positives?"
    "|negatives?|alarms?)|\bmatrix\b",
    "roc_curve": r"\broc\b|receiver operating|\bauc curve\b",
    "feature_importance": r"\bimportan\w+|attention|\bdecisive\b|\bdrives?\b|\blook(?:ed)? at\b"
    r"|which (?:features|columns)|features? (?:matter|mattered)",
    "calibration": r"\bcalibrat\w*|reliability (?:curve|diagram)",
    "model_comparison": r"\bcompar\w+|all (?:the )?models|side by side|model bars?|bars? of",
}
_PLOT_NAMES = (
    r"confusion (?:matrix|plot)",
    r"\broc(?: curve)?\b",
    r"feature importances?",
    r"calibration(?: curve| plot)?",
    r"model comparison",
)

_DATED = re.compile(
    r"\b(?:(?:january|february|march|april|june|july|august|september|october|november|december)"
    r"(?: \d{4})?|may \d{4}|20\d\d)\b",
    re.I,
)
_ROWS = re.compile(
    r"\b(\d+)\s+(?:\w+\s+)?(?:rows?|lines?|records?|entries)\b|\b(?:first|top)\s+(\d+)\b"
    r"|\bhead\s+-?(?:n\s*)?(\d+)\b",
    re.I,
)


def plots_in(text: str) -> list[str]:
    """Return how a text names each plot that it wants, as it stands there."""
    found = (re.search(pattern, text, re.I) for pattern in _PLOT_NAMES)
    return [match[0] for match in found if match]


def _list_objects(text: str, world: World, focus: Focus) -> Arguments | Missing:
    bucket = bucket_in(text, world, focus)
    if not bucket:
        return which("bucket", list(world.buckets()))
    arguments: Arguments = {"bucket": bucket}
    lowered = text.casefold()
    folders = sorted(
        {key.rpartition("/")[0] for key in world.keys(bucket) if "/" in key}, key=len, reverse=True
    )
    tops = {folder.split("/")[0] for folder in folders}
    for folder in [*folders, *sorted(tops)]:
        if folder and re.search(rf"(?<![\w-]){re.escape(folder.casefold())}(?![\w-])", lowered):
            arguments["prefix"] = f"{folder}/"
            break
    if counted := re.search(r"\b(?:first|last|top)\s+(\d+)\b|\b(\d+) (?:files|objects)", lowered):
        arguments["limit"] = int(counted[1] or counted[2])
    return arguments


def _preview_object(text: str, world: World, focus: Focus) -> Arguments | Missing:
    bucket, key = object_in(text, world, focus)
    if not key:
        where = bucket or "datasets"
        asked = which(f"object in {where}", list(world.keys(where)))
        dated = _DATED.search(text)
        return Missing(f"There is no file for “{dated[0]}”. {asked.question}") if dated else asked
    arguments: Arguments = {"bucket": bucket, "key": key}
    if rows := _ROWS.search(with_digits(text)):
        arguments["rows"] = int(next(number for number in rows.groups() if number))
    return arguments


def _list_artifacts(text: str, world: World, focus: Focus) -> Arguments:
    arguments: Arguments = {"run": run_in(text, world, focus)}
    kinds = {
        "plot": r"\bplots?\b|\bfigures?\b|\bcharts?\b|\bpictures?\b|\bgraph(?:ic)?s?\b|\bimages?\b",
        "report": r"\breports?\b",
    } | {
        "dataset": r"\bdatasets?\b|\bdata sets?\b",
        "model": r"\bmodels?\b(?! pipeline)",
        "metrics": r"\bmetrics?\b",
    }
    for kind, pattern in kinds.items():
        if re.search(pattern, text, re.I):
            arguments["kind"] = kind
            break
    return arguments


def _show_plot(text: str, world: World, focus: Focus) -> Arguments:
    default = "latest succeeded"
    arguments: Arguments = {"run": run_in(text, world, focus, default)}
    for kind, pattern in _PLOTS.items():
        if re.search(pattern, text, re.I):
            arguments["kind"] = kind
            break
    return arguments


def _read_metrics(text: str, world: World, focus: Focus) -> Arguments:
    return {"run": run_in(text, world, focus, "latest succeeded")}


SKILLS = (
    Skill(tool="list_buckets", read=no_arguments, in_words="list the buckets"),
    Skill(tool="list_objects", read=_list_objects, in_words="list the files in a bucket"),
    Skill(tool="preview_object", read=_preview_object, in_words="show what is in a file"),
    Skill(tool="list_artifacts", read=_list_artifacts, in_words="list what a run made"),
    Skill(tool="read_metrics", read=_read_metrics, in_words="show which model won and its scores"),
    Skill(tool="show_plot", read=_show_plot, in_words="show a plot"),
)
