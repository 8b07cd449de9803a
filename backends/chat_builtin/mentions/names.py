"""Things with a name that is spoken otherwise than it is written: "the wide grid one"."""

import re
from collections.abc import Sequence

from core.focus import Focus
from core.world import World

_BEFORE = r"(?:the|run|of|for|and|that|this|our|my|with|to|about|in|inside|within|under|is|was)"
_AFTER_RUN = r"(?: (?:run|one|job|training|search|execution)\b|['\u2019]s\b|\W*$|\s*[,?:.;])"
_STARTS = r"(?:start|run|launch|execute|kick off|trigger|rerun|describe|schedule|fire|explain)"
_STANDING = re.compile(
    r"\b(?:pause\w*|resum\w*|hold|wak\w+|disabl\w+|enabl\w+|unpause\w*|schedul\w+|delet\w+|remov\w+"
    r"|move|shift|fir(?:e|es|ed|ing)|cron|timer|reactivat\w+|suspend\w*|activat\w+)\b",
    re.I,
)
_UNIT = r"(?!\s*(?:days?|folds?|hours?|weeks?|months?|years?|rows?|%|percent|minutes?))"
_FIRST = re.compile(r"\bthe (?:first|former)(?: one)?\b(?! \w+ (?:rows|lines))", re.I)
_SECOND = re.compile(r"\bthe (?:second|latter|other)(?: one)?\b", re.I)


def named_things(text: str, focus: Focus, world: World) -> str:
    """Return a text in which existing things are written as they are called."""
    for run in world.recent_runs():
        text = _run(text, run.name)
    for name in world.experiments():
        text = _experiment(text, name)
    standing = (*world.schedules(), *world.triggers()) if _STANDING.search(text) else ()
    for name in (*standing, *world.deployments()):
        if spoken := _spaced(name):
            text = re.sub(rf"(?<![\w-]){spoken}(?![\w-])", name, text, flags=re.I)
    return _pipelines(text, focus, world)


def _experiment(text: str, name: str) -> str:
    spoken = _spaced(name)
    if not spoken or re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text, re.I):
        return text
    near = rf"(?<![\w-])(?:the )?(?<!without )(?<!create )(?<!new ){spoken}(?![\w-])"
    meant = re.search(rf"{_BEFORE} {near}|{near} experiment", text, re.I)
    return re.sub(near, name, text, flags=re.I) if meant else text


def _spaced(name: str) -> str:
    """Return a pattern for a name of several words as it is spoken; empty for one word."""
    words = re.split(r"[-_ ]", name)
    return r"[ _]".join(map(re.escape, words)) if len(words) > 1 else ""


def _run(text: str, name: str) -> str:
    spoken = _spaced(name)
    if not spoken or re.search(r"\d", name):
        return text
    if name.startswith(("no-", "without-", "with-")):
        return re.sub(
            rf"(?<![\w-]){spoken}(?= (?:run|one|job)\b|['\u2019]s\b)", name, text, flags=re.I
        )
    return re.sub(
        rf"(?:(?<=\b)(?P<lead>{_BEFORE}) |^\W*){spoken}(?={_AFTER_RUN}|\b(?! \w+ing))(?![\w-])",
        lambda found: f"{found['lead']} {name}" if found["lead"] else name,
        text,
        flags=re.I,
    )


def _pipelines(text: str, focus: Focus, world: World) -> str:
    every = [pipeline.name for pipeline in world.pipelines()]
    for name in every:
        if spoken := _spaced(name):
            text = re.sub(rf"(?<![\w-]){spoken}(?= pipelines?\b)", name, text, flags=re.I)
            text = re.sub(
                rf"\b({_STARTS}(?: the)?) {spoken}(?![\w-])", rf"\1 {name}", text, flags=re.I
            )
    about = focus.tool in {"list_pipelines", "describe_pipeline", "upload_pipeline"}
    nouns = r"pipeline|workflow|one" if about else r"pipeline|workflow"

    def put(found: re.Match[str]) -> str:
        part = found[1].casefold()
        fitting = [name for name in every if part in name.split("-")]
        return f"{fitting[0]} pipeline" if len(fitting) == 1 else found[0]

    return re.sub(rf"\bthe ([a-z]+) (?:{nouns})\b", put, text, flags=re.I)


def versions(text: str, world: World) -> str:
    """Return a text in which "delay 3" is written as the version that it is: `delay:3`."""
    for name in world.models():
        known = {one for one in world.model_versions(name) if one.isdecimal()}

        def put(found: re.Match[str], name: str = name, known: set[str] = known) -> str:
            return f"{name}:{found[1]}" if found[1] in known else found[0]

        pattern = rf"(?<![\w/-]){re.escape(name)} #?(\d+)(?![\w./:-]\S|\w){_UNIT}"
        text = re.sub(pattern, put, text, flags=re.I)
    return text


def enumerated(text: str, world: World) -> str:
    """Return "a and b: delete the first, stop the second" with the names in their places."""
    if not (_FIRST.search(text) and _SECOND.search(text)):
        return text
    names = _in_order(text, [run.name for run in world.recent_runs()] + [*world.schedules()])
    lead = re.match(r"[^:]{3,80}?:\s+", text)
    if len(names) != 2 or lead is None or not all(name in lead[0] for name in names):
        return text
    rest = text[lead.end() :]
    return _SECOND.sub(names[1], _FIRST.sub(names[0], rest))


def _in_order(text: str, names: Sequence[str]) -> Sequence[str]:
    places = {name: re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) for name in names}
    seen = [(found.start(), name) for name, found in places.items() if found]
    return [name for _, name in sorted(seen)]
