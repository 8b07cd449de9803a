"""Reading requests about registered models and predictions."""

import re

from backends.chat_builtin.phases import phase_in
from backends.chat_builtin.references import base_of, model_in
from backends.chat_builtin.skills.base import Arguments, Missing, Skill, which
from backends.chat_builtin.skills.object_changes import NO_TAG, tags_in
from core.focus import Focus
from core.world import World


def _list_models(text: str, world: World, focus: Focus) -> Arguments:
    del world, focus
    found = re.search(r"\bmodels? (?:called|named|about|for|with) ([\w-]+)", text, re.I)
    return {"search": found[1]} if found else {}


def _describe_model(text: str, world: World, focus: Focus) -> Arguments | Missing:
    model, version = model_in(text, world, focus)
    if not model:
        known = list(world.models())
        return which("model", known) if known else {"model": "delay"}
    return {"model": model, "version": version} if version else {"model": model}


_TARGET = re.compile(
    r"\b(?:to|as|be(?:comes?)?|the (?:new|current|main|production)|alias|is|in"
    r"|with)\s+(?:the\s+|a\s+"
    r"|our\s+|new\s+)*(champion|challenger)\b|\b(champion|challenger) alias\b"
    r"|\bmake\b.*\b(champion|challenger)\s*$|\b(?:label|mark|set|crown)\b.*\b(champion|challenger)",
    re.I,
)


def _promote_model(text: str, world: World, focus: Focus) -> Arguments | Missing:
    target = _TARGET.search(text)
    alias = next((word for word in target.groups() if word), "").lower() if target else ""
    # What is promoted stands before what it becomes: "the challenger should become champion".
    place = max(target.start(number) for number in range(1, 5)) if target else len(text)
    asked = f"{text[:place]} {text[place + len(alias) :]}"
    name, version = model_in(asked, world, Focus(model=base_of(focus.model)))
    carried = re.fullmatch(r"([\w-]+)[@:](\w+)", name)
    if carried:
        name, version = carried[1], carried[2]
    if version in {"", "champion"}:
        # "Move the champion to version 3": the alias stands first.
        challenger = alias != "challenger" and re.search(r"\bchallenger\b", asked, re.I)
        version = _bare_version(asked) or ("challenger" if challenger else "")
    if not name:
        return which("model", list(world.models()))
    if not version:
        numbers = [known for known in world.model_versions(name) if known != "champion"]
        return which("version", numbers)
    arguments: Arguments = {"model": name, "version": version}
    return arguments | ({"alias": alias} if alias == "challenger" else {})


def _bare_version(text: str) -> str:
    lowered = text.casefold()
    if re.search(r"\b(?:latest|newest|last trained)\b", lowered):
        return "latest"
    number = re.search(r"(?:\b(?:version|model|delay|number|no\.?|v)\s*|[@:#])(\d+)\b", lowered)
    return number[1] if number else ""


def _rollback_model(text: str, world: World, focus: Focus) -> Arguments | Missing:
    name, _ = model_in(text, world, Focus(model=base_of(focus.model)))
    name = re.split("[@:]", name)[0]
    if not name:
        return which("model", list(world.models()))
    wanted = re.search(r"\bchallenger\b", text, re.I)
    return {"model": name, "alias": "challenger"} if wanted else {"model": name}


def _tag_model(text: str, world: World, focus: Focus) -> Arguments | Missing:
    model, version = model_in(text, world, focus)
    if not model:
        return which("model", list(world.models()))
    tags = tags_in(text)
    if not tags:
        return NO_TAG
    arguments: Arguments = {"model": model, "tags": tags}
    return {**arguments, "version": version} if version else arguments


def _predict_delay(text: str, world: World, focus: Focus) -> Arguments:
    arguments: Arguments = {"phase": phase_in(text)}
    model, version = model_in(text, world, Focus(model=focus.model))
    if version or "@" in model or ":" in model:
        arguments["model"] = f"{model or 'delay'}@{version}" if version else model
    return arguments


SKILLS = (
    Skill(tool="list_models", read=_list_models, in_words="list the registered models"),
    Skill(tool="describe_model", read=_describe_model, in_words="show a model's card"),
    Skill(
        tool="promote_model",
        read=_promote_model,
        in_words="promote a version of a model",
        changes=True,
    ),
    Skill(
        tool="rollback_model",
        read=_rollback_model,
        in_words="take a model's alias back to its previous holder",
        changes=True,
    ),
    Skill(
        tool="tag_model",
        read=_tag_model,
        in_words="tag a version of a model",
        changes=True,
    ),
    Skill(
        tool="predict_delay", read=_predict_delay, in_words="predict whether a phase will be late"
    ),
)
