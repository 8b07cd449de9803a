"""Reading requests about pipelines and runs."""

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from backends.chat_builtin.called import name_given
from backends.chat_builtin.mentions.runs import day_in
from backends.chat_builtin.parameters import parameters_in
from backends.chat_builtin.references import pipeline_in, run_in, running_runs
from backends.chat_builtin.skills.base import Arguments, Missing, Skill, which
from backends.chat_builtin.words import with_digits
from core.focus import Focus
from core.world import World

_STATES = {
    "FAILED": r"\bfail\w*|\bbroken\b|\bcrashed\b|\bwent wrong\b",
    "RUNNING": r"\brunning\b|\bin progress\b|\bongoing\b|\bstill going\b|\bunder way\b"
    r"|\bactive\b|\bright now\b",
    "CANCELED": r"\bcancel\w*|\bstopped\b|\baborted\b",
    "SUCCEEDED": r"\bsucce\w+|\bfinished\b|\bcompleted\b|\bgreen\b|\bworked\b",
    "PENDING": r"\bpending\b|\bqueued\b|\bwaiting\b",
}
_SINCE = re.compile(
    r"\b(yesterday|today|last night|this week|last week|this month|last month|last hour"
    r"|(?:last|past) \d+ (?:hours?|days?|weeks?|minutes?)|\d+h|since \d{4}-\d{2}-\d{2})\b",
    re.I,
)

_NO_CACHE = re.compile(
    r"\b(?:without|no|ignor\w+|skip\w*|bypass\w*|disabl\w+|clear\w*)(?: (?:the|any|all|using the"
    r"|reading the))? cach\w+"
    r"|\b(?:not|don'?t|do not|never|nothing)\b[^.;,]{0,24}\bcach\w+|\bcach\w+ (?:is |turned )?off\b"
    r"|\bfrom (?:scratch|zero)\b|\b(?:all|everything) (?:anew|afresh|fresh)\b|\buncached\b",
    re.I,
)
_EXPERIMENT = re.compile(
    r"\b(?:in|under|to|into|inside|within|for|of) (?:the )?experiment\s+(?:called "
    r"|named )?['\"]?([\w-]+)"
    r"|\bexperiment\s*[:=]\s*['\"]?([\w-]+)"
    r"|\b(?:in|under|to|into|inside|within) (?:the )?([\w-]+) experiment",
    re.I,
)


def _experiment(text: str, world: World) -> str:
    """Return the experiment that a text names; a name that exists needs no word beside it."""
    if grouped := _EXPERIMENT.search(text):
        return next(name for name in grouped.groups() if name)
    for name in sorted(world.experiments(), key=len, reverse=True):
        if name != "default" and re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text, re.I):
            return name
    return ""


def _list_pipelines(text: str, world: World, focus: Focus) -> Arguments:
    del world, focus
    found = re.search(
        r"\b(?:about|for|mention(?:ing|s)?|search(?: pipelines?)?(?: for)?|with)\s+([a-z][\w-]+)"
        r"(?:\s+in (?:the|its|their) name)?\s*\??$",
        text.strip(),
        re.I,
    )
    words = {"me", "us", "you", "that", "it", "this", "now", "training", "here", "ml"}
    return {"search": found[1]} if found and found[1].lower() not in words else {}


def _describe_pipeline(text: str, world: World, focus: Focus) -> Arguments | Missing:
    name = pipeline_in(text, world, focus)
    return {"pipeline": name} if name else which("pipeline", [p.name for p in world.pipelines()])


def _start_run(text: str, world: World, focus: Focus) -> Arguments | Missing:
    name = pipeline_in(text, world, focus)
    if not name:
        return which("pipeline", [p.name for p in world.pipelines()])
    arguments: Arguments = {"pipeline": name}
    if titled := name_given(text):
        arguments["name"] = titled
    if grouped := _experiment(text, world):
        arguments["experiment"] = grouped
    if _NO_CACHE.search(text):
        arguments["use_cache"] = False
    declared = next((p.parameters for p in world.pipelines() if p.name == name), ())
    given = parameters_in(text, declared, world)
    for key in ("pipeline", "experiment", "name"):
        if key in given and key not in {parameter.name for parameter in declared}:
            arguments[key] = given.pop(key)
    if given:
        arguments["parameters"] = given
    return arguments


_MANY = re.compile(
    r"\b(?:last|latest|newest|top|first|recent)\s+(\d+)(?!\s*(?:hours?|days?|weeks?|min))"
    r"|\b(\d+)\s+(?:(?:latest|last|newest|most recent)\s+)?runs\b",
    re.I,
)


def _since(text: str) -> str:
    """Return from when runs are wanted: words that the tool takes, or a day as ISO 8601."""
    if since := _SINCE.search(with_digits(text)):
        return since[1].lower().removeprefix("since ").strip()
    begun = re.search(r"\b(?:since|after|from)\s+(.+)", text, re.I)
    return day_in(begun[1]) if begun else ""


def _list_runs(text: str, world: World, focus: Focus) -> Arguments:
    del focus
    plain = with_digits(text)
    arguments: Arguments = {}
    for pipeline in world.pipelines():
        if pipeline.name in text.casefold():
            arguments["pipeline"] = pipeline.name
    for state, pattern in _STATES.items():
        if re.search(pattern, plain, re.I):
            arguments["state"] = state
            break
    if since := _since(text):
        arguments["since"] = since
    if counted := _MANY.search(plain):
        arguments["limit"] = int(counted[1] or counted[2])
    grouped = re.search(r"\bexperiment\s+([\w-]+)|\bin ([\w-]+-[\w-]+)\b", plain, re.I)
    if named := _experiment(plain, world) or (grouped and (grouped[1] or grouped[2])):
        arguments["experiment"] = named
    return arguments


def _one_run(text: str, world: World, focus: Focus) -> Arguments:
    return {"run": run_in(text, world, focus)}


def _describe_run(text: str, world: World, focus: Focus) -> Arguments:
    failed = re.search(r"\bfail|\bbroke\b|\bcrash", text, re.I)
    default = "latest failed" if failed and not focus.run else "latest"
    return {"run": run_in(text, world, focus, default)}


def _read_logs(text: str, world: World, focus: Focus) -> Arguments:
    plain = with_digits(text)
    arguments: Arguments = {"run": run_in(plain, world, focus)}
    if lines := re.search(r"\b(\d+)\s+(?:\w+\s+)?lines\b|\btail\s+(\d+)", plain, re.I):
        arguments["tail"] = int(lines[1] or lines[2])
    words = re.sub(r"[-_\[\] ]+", " ", plain.casefold())
    for task in sorted(world.tasks(str(arguments["run"])), key=len, reverse=True):
        if re.sub(r"[-_\[\] ]+", " ", task.casefold()).strip() in words:
            arguments["task"] = task
            break
    else:
        named = re.search(r"\b(?:of|from|for) (?:the )?([\w-]+) (?:task|step)\b", plain.casefold())
        if named and named[1] not in {"failed", "last", "first", "that", "this", "failing"}:
            arguments["task"] = _likely_task(named[1], world.tasks(str(arguments["run"])))
    return arguments


def _likely_task(name: str, tasks: Sequence[str]) -> str:
    """Return the task whose name has a word like this one; the name itself if none or several."""
    fitting = [
        task
        for task in tasks
        if any(fuzz.ratio(name, word) >= 70 for word in re.findall(r"[a-z]+", task.casefold()))
    ]
    return fitting[0] if len(fitting) == 1 else name


def _watch_run(text: str, world: World, focus: Focus) -> Arguments:
    running = running_runs(world)
    default = running[0] if len(running) == 1 else "latest"
    chosen = run_in(text, world, focus, default)
    # "the current run" is the one that runs, even when an older one was spoken of.
    return {"run": running[0] if chosen == focus.run and len(running) == 1 else chosen}


def _cancel_run(text: str, world: World, focus: Focus) -> Arguments | Missing:
    running = running_runs(world)
    named = run_in(text, world, Focus(), "")
    if named:
        return {"run": named}
    if focus.run and any(
        run.id == focus.run and not run.state.ended for run in world.recent_runs()
    ):
        return {"run": focus.run}
    if len(running) > 1:
        return which("run", running)
    return {"run": running[0] if running else focus.run or "latest"}


SKILLS = (
    Skill(tool="list_pipelines", read=_list_pipelines, in_words="list the pipelines"),
    Skill(tool="describe_pipeline", read=_describe_pipeline, in_words="describe a pipeline"),
    Skill(tool="start_run", read=_start_run, in_words="start a run of a pipeline", changes=True),
    Skill(tool="list_runs", read=_list_runs, in_words="list the runs"),
    Skill(tool="describe_run", read=_describe_run, in_words="say how a run is going"),
    Skill(tool="read_logs", read=_read_logs, in_words="read a run's logs"),
    Skill(tool="watch_run", read=_watch_run, in_words="tell you when a run ends"),
    Skill(tool="cancel_run", read=_cancel_run, in_words="stop a run", changes=True),
)
