"""Reading requests about models in use: tables to score, drift, deployments, packages."""

import re

from backends.chat_builtin.called import name_given
from backends.chat_builtin.references import base_of, model_in, object_in
from backends.chat_builtin.skills.base import Arguments, Missing, Skill, no_arguments, which
from core.focus import Focus
from core.world import World

_TO = re.compile(
    r"\b(?:in(?:to)?|to|as|under|called|at|output|results?)\s+['\"`]?(?:(?P<bucket>datasets|artifacts|scratch)/)?"
    r"(?P<key>[\w][\w./-]*\.(?:csv|parquet|pq))\b",
    re.I,
)
_MODES = {
    "streaming": r"\bstream(?:ing|s|ed)?\b|\bkafka\b",
    "edge": r"\bedge\b|\bon[\s-](?:the )?device|\b(?:tablets?|raspberry|phones?)\b",
    "batch": r"\bbatch\b|\bschedule[ds]?\b|\bnightly\b|\bevery (?:night|morning|day|week)\b"
    r"|\bdaily\b",
    "real-time": r"\breal[\s-]?time\b|\bapi\b|\bservice\b|\brest\b|\bendpoints?\b|\bweb\b"
    r"|\bserver?\b"
    r"|\bserv(?:e|ing)\b|\bonline\b|\blive\b|\bhost\b|\bhttp\b",
}


def _model(text: str, world: World, focus: Focus) -> str:
    """Return a model that the text names, with its version, as one reference; or nothing."""
    name, version = model_in(text, world, Focus(model=base_of(focus.model)))
    named = re.search(
        r"(?<![\w/-])(?:challenger|champion)(?:'?s)?\b|@|:\d|\bv(?:ersion)?\s*\d", text, re.I
    )
    if "@" in name or ":" in name:
        return name
    if version and named:
        mark = ":" if version.isdecimal() else "@"
        return f"{name or 'delay'}{mark}{version}"
    return ""


def _score_dataset(text: str, world: World, focus: Focus) -> Arguments | Missing:
    target = _TO.search(text)
    source = text if target is None else f"{text[: target.start()]} {text[target.end() :]}"
    bucket, key = _table_in(source, world, focus)
    if not key and target is not None:
        # "Apply the model to may.csv": what stands after "to" is the table itself.
        bucket, key = _table_in(text, world, focus)
        target = None
    if not key:
        return which("table", _tables(world))
    arguments: Arguments = {"bucket": bucket, "key": key}
    if model := _model(source, world, focus):
        arguments["model"] = model
    if target is not None and target["key"] != key:
        arguments["to_key"] = target["key"]
    return arguments


def _check_drift(text: str, world: World, focus: Focus) -> Arguments | Missing:
    deployment = _named_deployment(text, world)
    bucket, key = ("deployments", deployment) if deployment else _table_in(text, world, focus)
    if not key and focus.deployment in world.deployments():
        bucket, key = "deployments", focus.deployment
    if not key:
        return which("table", _tables(world))
    arguments: Arguments = {"bucket": bucket, "key": key}
    return arguments | ({"model": model} if (model := _model(text, world, focus)) else {})


_NO_TABLE = re.compile(
    r"(?<![\w/.-])(?:sco?r\w*|socre\w*|scoring|predict\w*|batch|bulk|models?|delays?|phases?|drift\w*"
    r"|champion|challenger|table|training|data|versions?|against)(?![\w/.-])",
    re.I,
)


def _table_in(text: str, world: World, focus: Focus) -> tuple[str, str]:
    """Return the table that the text names; words of what is to be done name none."""
    bucket, key = object_in(_NO_TABLE.sub(" ", text), world, focus)
    if not key and re.search(r"\b(?:it|that|this|them)\b", text, re.I):
        bucket, key = focus.bucket, focus.key
    made = bucket in {"artifacts", "models"} and bucket not in text.casefold()
    named = key.rpartition("/")[2].casefold() in text.casefold() or key == focus.key
    return ("", "") if made and not named else (bucket, key)


def _tables(world: World) -> list[str]:
    keys = world.keys("datasets") if "datasets" in world.buckets() else ()
    return [key for key in keys if key.endswith((".csv", ".parquet")) and ".scored." not in key]


_LATENCY = re.compile(
    r"\b(?:within|in|under|below|less than)\s+(?:a |an |\d+\s*)?(?:ms|milli\w+|seconds?"
    r"|minutes?|hours?)\b"
    r"|\b(?:low|high|no|any|little) latency(?: need)?|\blatency (?:is|does)[^,.;?]*"
    r"|\binstant\w*|\bimmediate\w*"
    r"|\b(?:no(?:body is)?|not) (?:in a |in any )?(?:hurry|rush|urgent)|\bovernight\b"
    r"|\breal[\s-]?time\b(?! or)"
    r"|\bnightly\b|\bat once\b|\bright away\b|\bnot urgent\b|\bmilliseconds?\b",
    re.I,
)
_VOLUME = re.compile(
    r"\b(?:\d[\d,.]*|thousands?|millions?|hundreds?|few|many|some)\s+(?:of\s+)?\w+\s+(?:per|a"
    r"|an|each|every|once a)\s+"
    r"(?:second|minute|hour|day|week|month|year)"
    r"|\b(?:once|twice) a (?:day|week|month|year)[^,.;?]*|\b(?:daily|weekly|monthly|small"
    r"|large|low|high|big|huge) volume"
    r"|\bvolume is \w+|\b\w+ (?:report|portfolio|file)s?\b|\bsensor data[^,.;?]*"
    r"|\bcontinuous\w*|\bevents?\b[^,.;?]*"
    r"|\bone (?:at a time|by one)|\b\d[\d,.]* (?:rows|phases|predictions|records|requests)\b"
    r"|\b(?:at|by) (?:the )?(?:month|week|year)(?:'s)?[ -]end\b|\bend of (?:the |each "
    r"|every )?month\b",
    re.I,
)
_CONNECTIVITY = re.compile(
    r"\b(?:no|without|poor|bad|unreliable|flaky|spotty|intermittent|weak|slow|good|stable"
    r"|fast|patchy)"
    r"[\w\s-]{0,12}?(?:internet|network|connect\w*|signal|wifi|coverage)|\boffline\b"
    r"|\bair[\s-]?gapped\b"
    r"|\b(?:connect\w+|internet|network|signal) is \w+|\bdisconnected\b",
    re.I,
)
_DEVICE = re.compile(
    r"\b(?:tablets?|phones?|phone app|mobile\w*|raspberry(?: pis?)?|embedded\w*|laptops?"
    r"|browsers?|servers?|cluster"
    r"|kubernetes|iot\w*|drones?|cameras?|sensors?|devices?)\b(?:[\w\s]{0,12}\bsite\b)?",
    re.I,
)


def _recommend_deployment(text: str, world: World, focus: Focus) -> Arguments:
    del world, focus
    patterns = {
        "latency": _LATENCY,
        "volume": _VOLUME,
        "connectivity": _CONNECTIVITY,
        "device": _DEVICE,
    }
    found = {name: pattern.search(text) for name, pattern in patterns.items()}
    return {name: match[0].strip() for name, match in found.items() if match}


def _deploy_model(text: str, world: World, focus: Focus) -> Arguments | Missing:
    existing = _named_deployment(text, world)
    rest = text.replace(existing, " ") if existing else text
    written = name_given(rest)
    name = written or existing
    asked = rest.replace(written, " ") if written else rest
    model, version = model_in(asked, world, Focus(model=base_of(focus.model)))
    if not model:
        return which("model", list(world.models()))
    mode = _mode(asked)
    if not mode and existing:
        mode = "real-time"
    if not mode:
        return Missing(
            "How is it to be deployed: `batch` (a schedule scores new tables) or `real-time` (a web"
            " service answers)?"
        )
    base, carried = re.match(r"([^@:]+)[@:]?(.*)", model).groups()  # type: ignore[union-attr]  # a name is never empty
    version = version or carried or _bare_version(asked)
    arguments: Arguments = {"model": base, "mode": mode}
    if version and version != "champion":
        arguments["version"] = version
    return arguments | ({"name": name} if name else {})


def _bare_version(text: str) -> str:
    number = re.search(r"\b(?:version|model|delay|v)\s*(\d+)\b", text.casefold())
    return number[1] if number else ""


def _mode(text: str) -> str:
    lowered = text.casefold()
    return next((mode for mode, pattern in _MODES.items() if re.search(pattern, lowered)), "")


def _named_deployment(text: str, world: World) -> str:
    lowered = text.casefold()
    for name in sorted(world.deployments(), key=len, reverse=True):
        spoken = re.escape(name).replace(r"\-", "[ -]?")
        if re.search(rf"(?<![\w-]){spoken}(?![\w-])", lowered):
            return name
    return ""


def _stop_deployment(text: str, world: World, focus: Focus) -> Arguments | Missing:
    every = world.deployments()
    if name := _named_deployment(text, world):
        return {"deployment": name}
    written = re.search(r"(?<![\w./@-])([a-z]\w*(?:-\w+)+)(?![\w/-])", text.casefold())
    if written and written[1] not in {"real-time", "on-premise"}:
        return {"deployment": written[1]}
    if focus.deployment in every:
        return {"deployment": focus.deployment}
    if len(every) == 1:
        return {"deployment": every[0]}
    return which("deployment", every)


_PATH = re.compile(
    r"(?:\b(?:to|in|into|as|at|under|on)\s+)?(?<![\w/])((?:\.{1,2}/|~/|/)[\w./-]+"
    r"|[\w-]+/[\w./-]*|[\w-]+\.(?:tar\.gz|tgz|zip))"
)


def _package_model(text: str, world: World, focus: Focus) -> Arguments | Missing:
    path = _PATH.search(text)
    asked = text if path is None else text.replace(path[1], " ")
    model, version = model_in(asked, world, Focus(model=base_of(focus.model)))
    if not model:
        return which("model", list(world.models()))
    version = version or _bare_version(asked)
    arguments: Arguments = {"model": model}
    if version and "@" not in model and ":" not in model:
        arguments["version"] = version
    return arguments | ({"path": path[1]} if path else {})


SKILLS = (
    Skill(
        tool="score_dataset",
        read=_score_dataset,
        in_words="score a whole table with a model",
        changes=True,
    ),
    Skill(tool="check_drift", read=_check_drift, in_words="check a table for drift"),
    Skill(
        tool="recommend_deployment",
        read=_recommend_deployment,
        in_words="recommend how to deploy a model",
    ),
    Skill(tool="deploy_model", read=_deploy_model, in_words="deploy a model", changes=True),
    Skill(tool="list_deployments", read=no_arguments, in_words="list the deployments"),
    Skill(
        tool="stop_deployment", read=_stop_deployment, in_words="stop a deployment", changes=True
    ),
    Skill(
        tool="package_model",
        read=_package_model,
        in_words="package a model as one archive",
        changes=True,
    ),
)
