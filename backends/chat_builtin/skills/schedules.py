"""Reading requests about schedules, experiments and pipelines that people bring."""

import re
from collections.abc import Callable

from rapidfuzz import fuzz

from backends.chat_builtin.called import name_given
from backends.chat_builtin.cron import timetable_in
from backends.chat_builtin.parameters import parameters_in
from backends.chat_builtin.references import ALIKE, pipeline_in
from backends.chat_builtin.skills.base import Arguments, Missing, Skill, no_arguments, which
from core.focus import Focus
from core.world import World

_NO_NAMES = frozenset(
    "needed wanted please a an the pipeline new it this that my our one for from python"
    " yaml".split()
)
_PATH = re.compile(r"(?<![\w/])((?:~?/|\.{1,2}/)?[\w./-]*[\w-]\.(?:py|ya?ml))\b", re.I)
_NEW = re.compile(
    r"\bexper\w*\b\s*(?:group\s*)?(?:for (?:my|the|our) runs\s*)?(?:called|named|name|:)?\s*"
    r"['\"`“]?((?!(?:for|to|about|where|please|group|called|named|with|in|that|which)\b)"
    r"[a-z0-9][\w.-]*)['\"`”]?",
    re.I,
)
_ABOUT = re.compile(
    r"\b(?:about|for|on|mention\w*|with|matching|search\w*(?: experiments?)?(?: for)?"
    r"|related to)\s+(?:the\s+)?['\"`“]?([a-z][\w-]{2,})",
    re.I,
)
_COMMON = frozenset(
    "the a an my our this that these those runs run experiment experiments schedule schedules"
    " pipeline job please all there have here any me us now which what show list".split()
)
_VERBS = frozenset(
    "pause resume delete remove stop start enable disable hold unpause cancel cron timer again"
    " schedule scheduled firing fire".split()
)


_HYPHENED = frozenset({"un-pause", "re-enable", "re-activate", "re-start", "long-term"})


def _schedule_run(text: str, world: World, focus: Focus) -> Arguments | Missing:
    named = _schedule_name(text)
    without_name = text if not named else text.replace(named, " ")
    name = pipeline_in(_without_times(without_name), world, focus)
    if not name:
        return which("pipeline", [pipeline.name for pipeline in world.pipelines()])
    when = timetable_in(re.sub(re.escape(name), " ", without_name, flags=re.I))
    if when.question:
        return Missing(when.question)
    arguments: Arguments = {"pipeline": name, "cron": when.cron}
    declared = next((p.parameters for p in world.pipelines() if p.name == name), ())
    given = parameters_in(_without_times(without_name), declared, world)
    for key in ("pipeline", "cron", "name"):
        given.pop(key, None)
    if given:
        arguments["parameters"] = given
    if named:
        arguments["name"] = named
    return arguments


def _schedule_name(text: str) -> str:
    return name_given(text)


def _without_times(text: str) -> str:
    """Return the text without cron fields and words that name times, and so no pipeline."""
    text = re.sub(r"(?<!\w)(?:[\d*/,-]+\s+){3,4}[\w*,/-]+", " ", text)
    return re.sub(
        r"\b(?:nightly|daily|weekly|hourly|monthly)\b(?!-)|\b(?:every|each)\s+\w+|\bat\s+[\d:]+",
        " ",
        text,
        flags=re.I,
    )


def schedule_in(text: str, world: World, focus: Focus) -> str:
    """Return the schedule that a text names or means; empty when that is not clear."""
    lowered = text.casefold()
    every = world.schedules()
    for name in sorted(every, key=len, reverse=True):
        spoken = re.escape(name.casefold()).replace(r"\-", "[ _-]?")
        if re.search(rf"(?<![\w-]){spoken}(?![\w-])", lowered):
            return name
    written = re.findall(r"(?<![\w./-])[a-z]\w*(?:-\w+)+(?![\w/-])", lowered)
    pipelines = {pipeline.name for pipeline in world.pipelines()}
    for word in written:
        near = [
            name
            for name in every
            if fuzz.ratio(name.casefold(), word) >= ALIKE and name.count("-") == word.count("-")
        ]
        if near or word not in pipelines | _HYPHENED:
            return near[0] if near else word
    words = set(re.findall(r"[a-z]{3,}", lowered)) - _COMMON - _VERBS
    fits = {name: _shared(words, name) for name in every}
    most = max(fits.values(), default=0)
    likely = [name for name, shared in fits.items() if shared == most]
    if most and len(likely) == 1:
        return likely[0]
    if focus.schedule in every:
        return focus.schedule
    return every[0] if len(every) == 1 else ""


def _shared(words: set[str], name: str) -> int:
    parts = [part for part in re.findall(r"[a-z]+", name.casefold()) if len(part) > 2]
    return sum(any(fuzz.ratio(word, part) >= ALIKE for word in words) for part in parts)


def _one_schedule(text: str, world: World, focus: Focus) -> Arguments | Missing:
    name = schedule_in(text, world, focus)
    return {"schedule": name} if name else which("schedule", world.schedules())


_ANY = re.compile(r"\b(?:a|some|one|any) schedule\b", re.I)


def _of_state(*, enabled: bool) -> Callable[[str, World, Focus], Arguments | Missing]:
    """Return a reader that, where none is named, takes the only schedule in a state."""

    def read(text: str, world: World, focus: Focus) -> Arguments | Missing:
        fitting = [one.name for one in world.timetable() if one.enabled is enabled]
        name = schedule_in(text, world, focus)
        if _ANY.search(text):
            return which("schedule", fitting or world.schedules())
        if len(fitting) == 1 and (not name or (name not in fitting and name not in text)):
            return {"schedule": fitting[0]}
        return {"schedule": name} if name else which("schedule", fitting or world.schedules())

    return read


def _list_experiments(text: str, world: World, focus: Focus) -> Arguments:
    del focus
    found = _ABOUT.search(text.strip())
    if not found or found[1].casefold() in _COMMON:
        return {}
    word = found[1].casefold()
    # "retraining" is looked for in names that say "spring-retraining"; a whole name as it is.
    known = " ".join(world.experiments()).casefold()
    return {"search": word} if word in known or "-" in word else {"search": word.rstrip("s")}


def _create_experiment(text: str, world: World, focus: Focus) -> Arguments | Missing:
    del world, focus
    name = _NEW.search(text) or re.search(r"['\"“]([^'\"”]+)['\"”]", text)
    named = name_given(text) or (name[1].rstrip(".") if name else "")
    if not named or named.casefold() in _NO_NAMES | _COMMON:
        hyphenated = re.search(r"(?<![\w./-])([a-z]\w*(?:-\w+)+)", text, re.I)
        named = hyphenated[1] if hyphenated else ""
    if not named:
        return Missing("What shall the experiment be called?")
    arguments: Arguments = {"name": named}
    about = re.search(
        r"\b(?:description|described as|describe (?:it|this) as|desc|purpose|it is about|which is"
        r" about|meant for)\s*(?:is|:|=)?:?\s*['\"“]?(.+?)['\"”]?$",
        text,
        re.I,
    )
    if about:
        arguments["description"] = about[1]
    return arguments


def _upload_pipeline(text: str, world: World, focus: Focus) -> Arguments | Missing:
    del world, focus
    path = _PATH.search(text)
    if path is None:
        return Missing(
            "Which file: a compiled package (`.yaml`) or a Python file with one `@dsl.pipeline`?"
        )
    arguments: Arguments = {"path": path[1]}
    if called := name_given(text.replace(path[1], " ")):
        arguments["name"] = called
    return arguments


SKILLS = (
    Skill(
        tool="schedule_run",
        read=_schedule_run,
        in_words="let a pipeline run by the clock",
        changes=True,
    ),
    Skill(tool="list_schedules", read=no_arguments, in_words="list the schedules"),
    Skill(
        tool="pause_schedule",
        read=_of_state(enabled=True),
        in_words="pause a schedule",
        changes=True,
    ),
    Skill(
        tool="resume_schedule",
        read=_of_state(enabled=False),
        in_words="resume a schedule",
        changes=True,
    ),
    Skill(tool="delete_schedule", read=_one_schedule, in_words="delete a schedule", changes=True),
    Skill(tool="list_experiments", read=_list_experiments, in_words="list the experiments"),
    Skill(
        tool="create_experiment",
        read=_create_experiment,
        in_words="create an experiment",
        changes=True,
    ),
    Skill(
        tool="upload_pipeline", read=_upload_pipeline, in_words="upload a pipeline", changes=True
    ),
)
