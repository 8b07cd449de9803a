"""Reading requests about registered models and predictions."""

import re

from backends.chat_builtin.phases import phase_in
from backends.chat_builtin.references import model_in
from backends.chat_builtin.skills.base import Arguments, Missing, Skill, which
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
        tool="predict_delay", read=_predict_delay, in_words="predict whether a phase will be late"
    ),
)
