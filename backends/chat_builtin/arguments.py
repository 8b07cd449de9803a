"""From a request and a tool to the tool's arguments."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from backends.chat_builtin.parameters import parameters_in
from backends.chat_builtin.phases import phase_in
from backends.chat_builtin.projects import project_in
from backends.chat_builtin.references import (
    bucket_in,
    model_in,
    object_in,
    pipeline_in,
    run_in,
    running_runs,
)
from backends.chat_builtin.words import settings, with_digits
from core.focus import Focus
from core.world import World

Arguments = dict[str, object]


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that must be asked before a tool can be called."""

    question: str


_PLOTS = {
    "confusion_matrix": r"confus\w+|false (?:positives?|negatives?|alarms?)|\bmatrix\b",
    "roc_curve": r"\broc\b|receiver operating|\bauc curve\b",
    "feature_importance": r"\bimportan\w+|which (?:features|columns)|features? (?:matter|mattered)",
    "calibration": r"\bcalibrat\w*|reliability (?:curve|diagram)",
    "model_comparison": r"\bcompar\w+|all (?:the )?models|side by side|model bars?|bars? of",
}
_STATES = {
    "FAILED": r"\bfail\w*|\bbroken\b|\bcrashed\b|\bwent wrong\b",
    "RUNNING": r"\brunning\b|\bin progress\b|\bongoing\b|\bactive\b|\bright now\b",
    "CANCELED": r"\bcancel\w*|\bstopped\b|\baborted\b",
    "SUCCEEDED": r"\bsucce\w+|\bfinished\b|\bcompleted\b|\bgreen\b|\bworked\b",
    "PENDING": r"\bpending\b|\bqueued\b|\bwaiting\b",
}
_SINCE = re.compile(
    r"\b(yesterday|today|last night|this week|last week|this month|last month|last hour"
    r"|(?:last|past) \d+ (?:hours?|days?|weeks?|minutes?)|\d+h|since \d{4}-\d{2}-\d{2})\b",
    re.I,
)


def arguments_for(tool: str, text: str, world: World, focus: Focus) -> Arguments | Missing:
    """Return a tool's arguments as the text gives them, or what to ask first."""
    return _BUILDERS[tool](text, world, focus)


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
    return {"pipeline": name} if name else _which("pipeline", [p.name for p in world.pipelines()])


def _start_run(text: str, world: World, focus: Focus) -> Arguments | Missing:
    name = pipeline_in(text, world, focus)
    if not name:
        return _which("pipeline", [p.name for p in world.pipelines()])
    arguments: Arguments = {"pipeline": name}
    if titled := re.search(
        r"\b(?:call (?:it|this|the run|that run)|called|named?(?: it)?)\s+['\"]?([\w-]+)",
        text,
        re.I,
    ):
        arguments["name"] = titled[1]
    if grouped := re.search(
        r"\b(?:in|under|to) (?:the )?experiment\s+['\"]?([\w-]+)|\bin (?:the )?([\w-]+) experiment",
        text,
        re.I,
    ):
        arguments["experiment"] = grouped[1] or grouped[2]
    if re.search(r"\b(?:without|no|ignore|skip)(?: the)? cach\w+|\bfrom scratch\b", text, re.I):
        arguments["use_cache"] = False
    declared = next((p.parameters for p in world.pipelines() if p.name == name), ())
    given = parameters_in(text, declared, world)
    for key in ("pipeline", "experiment", "name"):
        if key in given and key not in {parameter.name for parameter in declared}:
            arguments[key] = given.pop(key)
    if given:
        arguments["parameters"] = given
    return arguments


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
    if since := _SINCE.search(plain):
        arguments["since"] = since[1].lower().removeprefix("since ").strip()
    if counted := re.search(
        r"\b(?:last|latest|newest|top|first|recent)\s+(\d+)(?!\s*(?:hours?|days?|weeks?|min))"
        r"|\b(\d+)\s+(?:(?:latest|last|newest|most recent)\s+)?runs\b",
        plain,
        re.I,
    ):
        arguments["limit"] = int(counted[1] or counted[2])
    if grouped := re.search(r"\bexperiment\s+([\w-]+)|\bin ([\w-]+-[\w-]+)\b", plain, re.I):
        arguments["experiment"] = grouped[1] or grouped[2]
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
        return _which("run", running)
    return {"run": running[0] if running else focus.run or "latest"}


def _list_objects(text: str, world: World, focus: Focus) -> Arguments | Missing:
    bucket = bucket_in(text, world, focus)
    if not bucket:
        return _which("bucket", list(world.buckets()))
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
        return _which(f"object in {where}", list(world.keys(where)))
    arguments: Arguments = {"bucket": bucket, "key": key}
    if rows := re.search(
        r"\b(\d+)\s+(?:\w+\s+)?(?:rows|lines)|(?:first|top)\s+(\d+)\b", with_digits(text)
    ):
        arguments["rows"] = int(rows[1] or rows[2])
    return arguments


def _list_artifacts(text: str, world: World, focus: Focus) -> Arguments:
    arguments: Arguments = {"run": run_in(text, world, focus)}
    kinds = {"plot": r"\bplots?\b|\bfigures?\b|\bcharts?\b", "report": r"\breports?\b"} | {
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


def _list_models(text: str, world: World, focus: Focus) -> Arguments:
    del world, focus
    found = re.search(r"\bmodels? (?:called|named|about|for|with) ([\w-]+)", text, re.I)
    return {"search": found[1]} if found else {}


def _describe_model(text: str, world: World, focus: Focus) -> Arguments | Missing:
    model, version = model_in(text, world, focus)
    if not model:
        known = list(world.models())
        return _which("model", known) if known else {"model": "delay"}
    return {"model": model, "version": version} if version else {"model": model}


def _predict_delay(text: str, world: World, focus: Focus) -> Arguments:
    arguments: Arguments = {"phase": phase_in(text)}
    model, version = model_in(text, world, Focus(model=focus.model))
    if version or "@" in model or ":" in model:
        arguments["model"] = f"{model or 'delay'}@{version}" if version else model
    return arguments


def _search_docs(text: str, world: World, focus: Focus) -> Arguments:
    del world, focus
    return {"query": settings(text).get("query", text.strip())}


def _recommend(text: str, world: World, focus: Focus) -> Arguments:
    del world
    told = project_in(text)
    if focus.tool == "recommend_toolchain" and focus.arguments:
        # "what if we were on AWS?" changes one fact of the project that was spoken of.
        before = {n: v for n, v in json.loads(focus.arguments).items() if v}
        return {**before, **told} if told else before
    return told


def _nothing(text: str, world: World, focus: Focus) -> Arguments:
    del text, world, focus
    return {}


def _which(kind: str, names: Sequence[str]) -> Missing:
    shown = ", ".join(f"`{name}`" for name in names[:6])
    return Missing(f"Which {kind}: {shown}?" if names else f"Which {kind} do you mean?")


_BUILDERS: Mapping[str, Callable[[str, World, Focus], Arguments | Missing]] = {
    "list_pipelines": _list_pipelines,
    "describe_pipeline": _describe_pipeline,
    "start_run": _start_run,
    "list_runs": _list_runs,
    "describe_run": _describe_run,
    "read_logs": _read_logs,
    "watch_run": _watch_run,
    "cancel_run": _cancel_run,
    "list_buckets": _nothing,
    "list_objects": _list_objects,
    "preview_object": _preview_object,
    "list_artifacts": _list_artifacts,
    "read_metrics": _read_metrics,
    "show_plot": _show_plot,
    "list_models": _list_models,
    "describe_model": _describe_model,
    "predict_delay": _predict_delay,
    "search_docs": _search_docs,
    "list_sources": _nothing,
    "recommend_toolchain": _recommend,
}

UNDERSTOOD = frozenset(_BUILDERS)
"""The tools whose arguments the built-in model can fill in."""
