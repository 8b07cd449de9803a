"""Reading requests for a toolchain, about a project's folder and about platforms."""

import json
import re
from pathlib import Path

from backends.chat_builtin.projects import clouds_in, known_tools_in, project_in
from backends.chat_builtin.skills.base import Arguments, Missing, Skill, no_arguments
from backends.chat_builtin.words import settings
from core.focus import Focus
from core.world import World

_PLATFORMS = {
    "aws": r"\baws\b|\bamazon\b|\bsage\s?maker\b",
    "azure": r"\bazure(?:\s?ml)?\b|\bmicrosoft\b",
    "gcp": r"\bgcp\b|\bgoogle(?: cloud)?\b|\bvertex(?: ai)?\b",
    "kubeflow": r"\bkubeflow\b|\bkfp\b",
    "mlflow": r"\bml\s?flow\b",
    "airflow": r"\bair\s?flow\b",
}
_BLUEPRINTS = {
    "kubeflow-azure": r"\bkubeflow\b|\bkfp\b",
    "mlflow-aws": r"\bml\s?flow\b",
    "airflow": r"\bair\s?flow\b",
    **{name: _PLATFORMS[name] for name in ("aws", "azure", "gcp")},
}
_PATH = re.compile(r"(?<![\w:/])(?:~|\.{1,2})?/[\w./-]+|(?<![\w/.])[\w.-]+/(?:[\w.-]+/?)*")
_QUOTED = re.compile(r"[`\"'“]([\w~./ -]+)[`\"'”]")
_NAME = r"([A-Za-z][\w.-]*)"
_AFTER = re.compile(
    rf"\b(?:repos?(?:itory)?|project|folder|directory|code ?base|app|service|called|named)\s+"
    rf"(?:in\s+|at\s+|is\s+|called\s+|named\s+)?{_NAME}",
    re.I,
)
_BEFORE = re.compile(
    rf"\b{_NAME}\s+(?:repo(?:sitory)?|project|folder|directory|code ?base)\b", re.I
)
_HYPHENED = re.compile(r"(?<![\w/.-])[A-Za-z]\w*(?:[-_]\w+)+(?![\w/-])")
_HERE = re.compile(
    r"\b(?:this|the current|my current|current) (?:folder|directory|project|repo\w*)\b"
    r"|^\W*here\b|\bhere\W*$",
    re.I,
)
_IT = re.compile(r"\b(?:it|its|that|this|there|they|them|their)\b", re.I)
_INTO = re.compile(
    r"(?:\b(?:into|in|to|under|folder|directory)|→|->)\s+(?:the\s+|a\s+|my\s+)?(?:folder\s+|directory\s+"
    r"|new folder\s+)?[`\"']?([~\w./-]*\w/?)",
    re.I,
)
# Words that stand where a folder's name could, and hyphened words of this field that are none.
_NO_FOLDER = frozenset(
    "in at is the a an my our your this that it for of and to with against on uses use using has"
    " from into nine mlops ml aws azure gcp google kubeflow mlflow airflow vertex sagemaker"
    " real-time time-series on-prem semi-structured scikit-learn hugging-face kubeflow-azure"
    " mlflow-aws edge"
    " delay-prediction delay-scoring drift-check machine-learning end-to-end ready-to-run batch"
    " online open-source small large solo stack template scaffold blueprint me one-person ci-cd"
    " self-hosted low-latency cloud folder directory project repository maturity".split()
)
_TOOK = re.compile(
    r"\b(?:we|i|our team|they)(?:'ve| have|'d| had)?\s+(?:in the end\s+|actually\s+|really\s+"
    r"|finally\s+|now\s+)*(?:took|take|taken|chose|chosen|picked|went with|go with"
    r"|decided (?:on|for)|settled (?:on|for)|ended up (?:with|using)|adopted|selected|switched to)"
    r"\s+([^.;!?]+)",
    re.I,
)
_SLOTS = {
    "orchestration": r"\borchestrat\w+|\bworkflows?\b|\bscheduling\b",
    "tracking": r"\btrack\w*|\bexperiments?\b",
    "registry": r"\bregistry\b",
    "serving": r"\bserv(?:e|es|ing)\b|\bdeploy\w*\b|\bendpoints?\b",
    "monitoring": r"\bmonitor\w*",
    "data_versioning": r"\bdata version\w*|\bversion(?:ing)? (?:the |our )?data\b",
    "feature_store": r"\bfeature store\b|\bfeatures\b",
    "cicd": r"\bci\b|\bci/cd\b",
    "container": r"\bcontainers?\b|\bimages?\b",
    "infrastructure": r"\binfrastructure\b|\biac\b",
    "platform": r"\bplatform\b",
}


def folder_in(text: str, focus: Focus) -> str:
    """Return the folder that a text names; empty where it names none."""
    if given := settings(text).get("path") or settings(text).get("project"):
        return given
    for pattern in (_QUOTED, _PATH):
        if found := pattern.search(text):
            return (found[1] if pattern is _QUOTED else found[0]).rstrip(".,;:!?") or "/"
    named = [found[1] for pattern in (_AFTER, _BEFORE) for found in pattern.finditer(text)]
    hyphened = [found[0] for found in _HYPHENED.finditer(text)]
    fitting = [name for name in named if name.casefold().rstrip(".") not in _NO_FOLDER]
    written = [name for name in hyphened if name.casefold() not in _NO_FOLDER]
    words = re.findall(r"[\w.-]+", text)
    there = [word for word in words if _is_folder(word, [*written, *fitting])]
    if chosen := next(iter([*there, *fitting]), ""):
        return chosen.rstrip(".,")
    if focus.path and _IT.search(text):
        return focus.path
    if _HERE.search(text):
        return "."
    return next(iter(written), "")


def _is_folder(word: str, named: list[str]) -> bool:
    known = word in named or not re.fullmatch(r"[a-z]+", word)
    return known and word.casefold() not in _NO_FOLDER and Path(word).is_dir()


def _path(text: str, world: World, focus: Focus) -> Arguments | Missing:
    del world
    if folder := folder_in(text, focus):
        return {"path": folder}
    return Missing("Which folder on this machine is the project in?")


def _recommend(text: str, world: World, focus: Focus) -> Arguments | Missing:
    del world
    if len(clouds := clouds_in(text)) > 1:
        named = " and ".join(clouds)
        return Missing(
            f"You name {named}, and a toolchain is for one place (“no cloud preference” is an"
            " answer, too). Which one is it to be?"
        )
    told = project_in(text)
    of_folder = focus.tool in {"inspect_project", "assess_maturity"}
    if "project" not in told and (folder := folder_in(text, focus if of_folder else Focus())):
        told["project"] = folder
    if focus.tool == "recommend_toolchain" and focus.arguments:
        # "what if we were on AWS?" changes one fact of the project that was spoken of.
        before = {n: v for n, v in json.loads(focus.arguments).items() if v}
        return {**before, **told} if told else before
    return told


def _compare(text: str, world: World, focus: Focus) -> Arguments:
    del world
    named = [name for name, pattern in _PLATFORMS.items() if re.search(pattern, text, re.I)]
    if not named and re.search(r"\bclouds?\b|\bbig three\b", text, re.I):
        named = ["aws", "azure", "gcp"]
    arguments: Arguments = {"platforms": named} if named else {}
    features = re.search(r"\bfeatures?\b(?! stores?)|\bcapabilit\w+", text, re.I)
    use_cases = re.search(
        r"\buse[\s-]cases?\b|\bused for\b|\bgood for\b|\b(?:typical|common) uses\b", text, re.I
    )
    if bool(features) != bool(use_cases):
        arguments["aspect"] = "features" if features else "use_cases"
    if focus.tool == "compare_platforms" and focus.arguments:
        return _compared_again(text, arguments, json.loads(focus.arguments))
    return arguments


_ADDED = re.compile(r"\b(?:add\w*|plus|also|too|as (?:a )?third|as well|include|and)\b", re.I)
_IN_PLACE_OF = re.compile(r"\b(?:instead of|rather than|not|without|drop|replac\w+)\b(.*)", re.I)


def _compared_again(text: str, arguments: Arguments, before: Arguments) -> Arguments:
    """Return a comparison that changes the last one: "kubeflow instead of azure", "use cases"."""
    given = before.get("platforms")
    earlier = [str(name) for name in given] if isinstance(given, list) else []
    spoken = arguments.get("platforms")
    named = [str(name) for name in spoken] if isinstance(spoken, list) else []
    gone = _IN_PLACE_OF.search(text)
    left_out = [
        name for name, pattern in _PLATFORMS.items() if gone and re.search(pattern, gone[1], re.I)
    ]
    new = [name for name in named if name not in left_out]
    kept = [name for name in earlier if name not in left_out]
    if not named or left_out or (len(new) == 1 and _ADDED.search(text)):
        arguments["platforms"] = list(dict.fromkeys([*kept, *new]))
    return arguments


def _blueprint(text: str, world: World, focus: Focus) -> Arguments | Missing:
    del focus
    given = settings(text)
    platform = given.get("platform") or next(
        (name for name, pattern in _BLUEPRINTS.items() if re.search(pattern, _aside(text), re.I)),
        "",
    )
    if not platform:
        return Missing(
            "For which platform: aws, azure, gcp, mlflow-aws, kubeflow-azure or airflow?"
        )
    folder = given.get("folder") or _folder_to_write(text)
    if not folder:
        return Missing(f"Into which folder shall I write the {platform} blueprint?")
    arguments: Arguments = {"platform": platform, "folder": folder}
    known = [spec.name for spec in world.pipelines()]
    rest = text.replace(folder, " ")
    if named := next((name for name in known if name in rest.casefold()), ""):
        arguments["pipeline"] = named
    return arguments


def _aside(text: str) -> str:
    """Return a text without its paths: `./aws-stack` says nothing of the platform."""
    folder = _folder_to_write(text)
    bare = text.replace(folder, " ") if folder else text
    named = any(re.search(pattern, bare, re.I) for pattern in _BLUEPRINTS.values())
    return bare if named else text


def _folder_to_write(text: str) -> str:
    for pattern in (_QUOTED, _PATH):
        if found := pattern.search(text):
            return (found[1] if pattern is _QUOTED else found[0]).rstrip(".,;:!?")
    named = [found[1] for found in _INTO.finditer(text)]
    fitting = [name for name in named if name.casefold() not in _NO_FOLDER]
    return next(reversed(fitting), "")


def _record(text: str, world: World, focus: Focus) -> Arguments | Missing:
    del world
    found = _TOOK.search(text)
    said = (
        re.split(r"\b(?:instead|rather than|and not|not|because|over)\b", found[1])[0]
        if found
        else text
    )
    tools = known_tools_in(said)
    if not tools:
        return Missing("Which tool did you take?")
    arguments: Arguments = {"tool": tools[0]}
    for slot, pattern in _SLOTS.items():
        if re.search(pattern, text.replace(tools[0], " "), re.I):
            arguments["slot"] = slot
            break
    if focus.tool == "recommend_toolchain" and focus.arguments:
        before = {n: v for n, v in json.loads(focus.arguments).items() if v}
        if folder := before.pop("project", ""):
            arguments["project"] = folder
        before.pop("existing_tools", None)
        if before:
            arguments["facts"] = before
    return arguments


def _remove(text: str, world: World, focus: Focus) -> Arguments | Missing:
    del world, focus
    if identity := re.search(r"\b(?=[0-9a-f]*\d)[0-9a-f]{8}\b", text):
        return {"choice": identity[0]}
    if tools := known_tools_in(text):
        return {"choice": tools[0]}
    return Missing("“list our choices” shows them by tool and id: which one?")


SKILLS = (
    Skill(tool="inspect_project", read=_path, in_words="read what a project's folder shows"),
    Skill(tool="recommend_toolchain", read=_recommend, in_words="recommend a toolchain"),
    Skill(tool="compare_platforms", read=_compare, in_words="compare platforms"),
    Skill(tool="assess_maturity", read=_path, in_words="assess a project's maturity"),
    Skill(
        tool="write_blueprint",
        read=_blueprint,
        in_words="write a beginning on a platform",
        changes=True,
    ),
    Skill(tool="record_choice", read=_record, in_words="record which tool you took", changes=True),
    Skill(tool="list_choices", read=no_arguments, in_words="list the tools you took"),
    Skill(tool="remove_choice", read=_remove, in_words="remove a recorded choice", changes=True),
)
