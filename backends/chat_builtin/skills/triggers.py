"""Reading requests about runs that start when an object arrives."""

import re

from rapidfuzz import fuzz

from backends.chat_builtin.parameters import parameters_in
from backends.chat_builtin.references import ALIKE, bucket_in, pipeline_in
from backends.chat_builtin.skills.base import Arguments, Missing, Skill, no_arguments, which
from core.focus import Focus
from core.world import World

SCORING, TRAINING = "delay-scoring", "delay-prediction"

_SCORES = re.compile(r"\b(?:re)?scor\w*\b|\bpredict\w*\b(?!-)|\bprobabilit\w+\b", re.I)
_TRAINS = re.compile(r"\b(?:re)?train\w*\b", re.I)
_CALLED = re.compile(
    r"\b(?:call(?:ed)?(?: it| this)?|named?(?: it)?|titled)\s+['\"`“]?([\w][\w.-]*)['\"`”]?", re.I
)
_FOLDER = (
    r"\b(?:folder|directory|prefix|subfolder|dir)\s+['\"`]?([\w][\w./-]*)['\"`]?",
    r"['\"`]?([\w][\w./-]*)['\"`]?\s+(?:folder|directory|prefix|subfolder|dir)\b",
    r"(?<![\w./-])([\w][\w-]*(?:/[\w-]+)*)/(?![\w.])",
)
_NO_FOLDER = frozenset(
    "the a this that my our new any each every same of in into to called named bucket".split()
)
_PARAMETER = re.compile(r"\bas (?:the )?(?:parameter )?(\w+)(?: parameter)?\b", re.I)
_COMMON = frozenset(
    "trigger triggers the that this it pause resume delete remove stop start please watcher"
    " watch rule again file files new automatic scoring training delay".split()
)


def _create_trigger(text: str, world: World, focus: Focus) -> Arguments | Missing:
    called = _CALLED.search(text)
    asked = text.replace(called[0], " ") if called else text
    bucket, prefix = _place(asked, world)
    if not bucket:
        return which("bucket", world.buckets())
    pipeline = _pipeline(asked, world, focus)
    if not pipeline:
        return which("pipeline", [one.name for one in world.pipelines()])
    arguments: Arguments = {"bucket": bucket, "pipeline": pipeline}
    if prefix:
        arguments["prefix"] = prefix
    declared = next((one.parameters for one in world.pipelines() if one.name == pipeline), ())
    receives = _PARAMETER.search(asked)
    if receives and receives[1] in {one.name for one in declared}:
        arguments["parameter"] = receives[1]
    # What arrives is the object; where it arrives is none.
    others = [one for one in declared if not one.is_object]
    if given := parameters_in(asked.replace(pipeline, " "), others, world):
        arguments["parameters"] = given
    if called:
        arguments["name"] = called[1].rstrip(".")
    return arguments


def _place(text: str, world: World) -> tuple[str, str]:
    """Return the bucket and the folder that are to be watched."""
    for bucket in sorted(world.buckets(), key=len, reverse=True):
        found = re.search(rf"(?<![\w/-]){re.escape(bucket)}/([\w./-]*\w)?", text, re.I)
        if found:
            return bucket, f"{found[1]}/" if found[1] else ""
    bucket = bucket_in(text, world, Focus())
    named = [found for pattern in _FOLDER for found in re.findall(pattern, text, re.I)]
    folders = [one.strip("/") for one in named if one.casefold().strip("/") not in _NO_FOLDER]
    folders = [one for one in folders if one != bucket]
    if not folders:
        return bucket, ""
    below = f"{folders[0]}/"
    holding = [one for one in world.buckets() if _holds(one, below, world)]
    if len(holding) == 1 and holding[0] != bucket:
        bucket = holding[0]
    return bucket, below


def _holds(bucket: str, folder: str, world: World) -> bool:
    return any(key.startswith(folder) for key in world.keys(bucket))


def _pipeline(text: str, world: World, focus: Focus) -> str:
    """Return the pipeline that is named, or the one that does what is asked for."""
    every = [one.name for one in world.pipelines()]
    lowered = text.casefold()
    for name in sorted(every, key=len, reverse=True):
        if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", lowered):
            return name
    if _SCORES.search(text) and SCORING in every:
        return SCORING
    if _TRAINS.search(text) and TRAINING in every:
        return TRAINING
    if re.search(r"\bdrift\w*\b", lowered):
        drift = [name for name in every if "drift" in name]
        return drift[0] if len(drift) == 1 else ""
    named = pipeline_in(text, world, focus)
    # Something must say which one: the only one there is was not asked for by that alone.
    said = re.search(r"\b(?:run|start|launch|trigger|kick off|execute)\b.*\bpipeline\b", lowered)
    return named if named and (named not in every or said) else ""


def trigger_in(text: str, world: World, focus: Focus) -> str:
    """Return the trigger that a text names or means; empty when that is not clear."""
    lowered = text.casefold()
    every = world.triggers()
    for name in sorted(every, key=len, reverse=True):
        spoken = re.escape(name.casefold()).replace(r"\-", "[ _-]?")
        if re.search(rf"(?<![\w-]){spoken}(?![\w-])", lowered):
            return name
    for word in re.findall(r"(?<![\w./-])[a-z]\w*(?:-\w+)+(?![\w/-])", lowered):
        near = [name for name in every if fuzz.ratio(name.casefold(), word) >= ALIKE]
        return near[0] if near else word
    words = set(re.findall(r"[a-z]{3,}", lowered)) - _COMMON
    fits = [
        name
        for name in every
        if any(fuzz.ratio(word, part) >= ALIKE for word in words for part in _parts(name))
    ]
    if len(fits) == 1:
        return fits[0]
    if focus.trigger in every:
        return focus.trigger
    return every[0] if len(every) == 1 else ""


def _parts(name: str) -> list[str]:
    return [part for part in re.findall(r"[a-z]+", name.casefold()) if len(part) > 2]


def _one_trigger(text: str, world: World, focus: Focus) -> Arguments | Missing:
    name = trigger_in(text, world, focus)
    return {"trigger": name} if name else which("trigger", world.triggers())


SKILLS = (
    Skill(
        tool="create_trigger",
        read=_create_trigger,
        in_words="let a pipeline run for every new file",
        changes=True,
    ),
    Skill(tool="list_triggers", read=no_arguments, in_words="list the triggers"),
    Skill(tool="pause_trigger", read=_one_trigger, in_words="pause a trigger", changes=True),
    Skill(tool="resume_trigger", read=_one_trigger, in_words="resume a trigger", changes=True),
    Skill(tool="delete_trigger", read=_one_trigger, in_words="delete a trigger", changes=True),
)
