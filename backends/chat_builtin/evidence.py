"""What the things that a request names say about what it asks for."""

import re
from collections.abc import Mapping

from backends.chat_builtin.concepts import concepts_in
from backends.chat_builtin.features import PLACEHOLDER
from core.focus import Focus

_TAKES = {
    "run": "describe_run read_logs diagnose_run compare_runs watch_run cancel_run retry_run"
    " delete_run list_artifacts read_metrics show_plot",
    "pipeline": "describe_pipeline start_run list_runs schedule_run list_schedules list_pipelines"
    " write_blueprint diagnose_run describe_run read_logs cancel_run upload_pipeline"
    " create_trigger",
    "experiment": "start_run list_runs list_experiments create_experiment",
    "schedule": "list_schedules pause_schedule resume_schedule delete_schedule schedule_run",
    "trigger": "list_triggers pause_trigger resume_trigger delete_trigger",
    "deployment": "list_deployments stop_deployment deploy_model",
    "bucket": "list_buckets create_bucket delete_bucket list_objects describe_object"
    " preview_object upload_object download_object copy_object tag_object share_object"
    " delete_object trace_object score_dataset check_drift start_run create_trigger list_triggers"
    " pause_trigger resume_trigger delete_trigger",
    "object": "list_objects describe_object preview_object download_object copy_object tag_object"
    " share_object delete_object trace_object score_dataset check_drift start_run schedule_run",
    "local": "upload_object add_source upload_pipeline remove_source list_sources export_session"
    " package_model download_object inspect_project",
    "folder": "inspect_project assess_maturity recommend_toolchain add_source write_blueprint"
    " download_object package_model remove_source upload_object",
    "source": "remove_source list_sources search_docs add_source",
}
TAKES: Mapping[str, frozenset[str]] = {kind: frozenset(t.split()) for kind, t in _TAKES.items()}
"""The tools that can take a thing of a kind."""
_ONE = {
    "run": "describe_run read_logs diagnose_run watch_run cancel_run retry_run delete_run"
    " list_artifacts read_metrics show_plot",
    "pipeline": "describe_pipeline start_run",
    "schedule": "pause_schedule resume_schedule delete_schedule",
    "trigger": "pause_trigger resume_trigger delete_trigger",
    "deployment": "stop_deployment",
    "bucket": "list_objects delete_bucket",
    "object": "describe_object preview_object download_object tag_object share_object delete_object"
    " trace_object score_dataset check_drift copy_object",
    "local": "upload_object add_source upload_pipeline",
    "folder": "inspect_project assess_maturity",
}
TAKES_ONE: Mapping[str, str] = {
    tool: kind for kind, tools in _ONE.items() for tool in tools.split()
}
"""The kind of which a tool takes one thing at a time."""
FITS, FITS_NOT = 1.5, 0.2
"""How much likelier a tool becomes that takes what is named, and one that does not."""
SPOKEN_OF, NOT_SPOKEN_OF = 3.0, 0.1
"""The same for what is only meant by "it"."""

KIND_OF = {
    tool: kind
    for kind in ("object", "run", "schedule", "trigger", "deployment", "folder", "source")
    for tool in TAKES[kind]
    if tool not in {"start_run", "schedule_run"}
} | {"list_objects": "bucket", "list_buckets": "bucket", "upload_object": "object"}
"""The kind of thing that a conversation is about after a tool was called."""


def spoken_kind(focus: Focus) -> str:
    """Return the kind of thing that "it" stands for; empty when that is not clear."""
    if focus.tool in KIND_OF or focus.run or focus.key:
        return KIND_OF.get(focus.tool, "")
    if focus.schedule:
        return "schedule"
    return "deployment" if focus.deployment else "pipeline" if focus.pipeline else ""


def weighed(
    shares: Mapping[str, float], named: frozenset[str], spoken_of: str = ""
) -> Mapping[str, float]:
    """Return the probabilities in the light of what a request names, likeliest first.

    Args:
        shares: Probabilities by tool.
        named: The kinds of things that the request names.
        spoken_of: The kind that "it" stands for, where the request names nothing.
    """
    kinds = named & TAKES.keys()
    if kinds:
        fitting = frozenset().union(*(TAKES[kind] for kind in kinds))
        # A bucket or a pipeline also stands beside what a request is really about.
        strict = kinds - {"bucket", "pipeline", "experiment"}
        needed = [TAKES[kind] for kind in strict]
        factors = {
            tool: (FITS if tool in fitting and all(tool in one for one in needed) else 1.0)
            if tool in fitting
            else FITS_NOT
            for tool in shares
        }
    elif spoken_of in TAKES:
        broad = spoken_of in {"pipeline", "bucket"}
        factors = {
            tool: SPOKEN_OF
            if TAKES_ONE.get(tool) == spoken_of or (tool in TAKES[spoken_of] and not broad)
            else NOT_SPOKEN_OF
            for tool in shares
        }
    else:
        return shares
    if "local" in kinds and not kinds & {"object", "run"}:
        # What lies on this machine already is not fetched to it.
        factors["download_object"] = FITS_NOT
    changed = {tool: share * factors.get(tool, 1.0) for tool, share in shares.items()}
    total = sum(changed.values()) or 1.0
    return dict(sorted(((t, s / total) for t, s in changed.items()), key=lambda item: -item[1]))


_CUES = {
    "start_run": "start train again",
    "retry_run": "again resume",
    "cancel_run": "stop pause",
    "delete_run": "delete",
    "create_experiment": "create start",
    "schedule_run": "every schedule",
    "pause_schedule": "pause stop",
    "resume_schedule": "resume start again",
    "delete_schedule": "delete stop",
    "create_trigger": "arrive trigger every",
    "pause_trigger": "pause stop",
    "resume_trigger": "resume start again",
    "delete_trigger": "delete stop",
    "upload_pipeline": "upload create",
    "create_bucket": "create upload",
    "delete_bucket": "delete stop",
    "upload_object": "upload copy",
    "download_object": "download copy upload package",
    "copy_object": "copy upload",
    "tag_object": "tag",
    "share_object": "link",
    "delete_object": "delete",
    "promote_model": "promote",
    "tag_model": "tag",
    "rollback_model": "rollback",
    "score_dataset": "score predict",
    "deploy_model": "deploy start",
    "stop_deployment": "stop delete pause",
    "package_model": "package download",
    "add_source": "learn upload create source",
    "remove_source": "delete stop",
    "write_blueprint": "blueprint create",
    "export_session": "session package",
    "empty_trash": "trash delete",
}
"""What a request for a tool that changes something says in one word or another."""
_OURS = frozenset(
    "pipeline run experiment bucket object model artifact source session trash train phase"
    " drift platform project blueprint deploy predict trigger".split()
)
"""Concepts of things that the tools are about."""
_OUR_WORDS = re.compile(
    r"\b(?:promotion|link|latest|failed|deleted|choice|choices|chose|took|decision|correction|go"
    r"|attempt|nightly|nightlies|weekly|once more|cron|(?:the|a|an|this|that|my|our"
    r"|all) (?:\w+ )?schedules?)\b"
)
_SPOKEN_OF = re.compile(
    r"\b(?:it|its|their|that|this|them|those|these|one|both|everything|all)\b", re.I
)
_GONE = frozenset(
    "delete_run delete_schedule delete_bucket delete_object delete_trigger empty_trash"
    " remove_source".split()
)
_DELETES = re.compile(
    r"\b(?:del|delet\w*|delte|deltee?|remov\w*|remv\w*|eras\w*|discard\w*|drop\w*|destroy\w*|wip(?:e|ed|ing)"
    r"|purg\w+|trash\w*|bins?|rid|rm|rb|junk|scrap\w*|eliminat\w*|dispos\w*|throw\w*|clear\w*|clean\w*"
    r"|forget|empty\w*|unschedul\w*|unlearn|unindex|de-\w+|gone|vanish|cut|kill|kick|nuke|lose"
    r"|(?:can|may|must|should|could|let it|to) go|(?:take|get|out) (?:\w+ ){0,3}?(?:out"
    r"|away|off|down)"
    r"|(?:no|any) (?:more|longer)|anymore|(?:not|n't|never|nobody"
    r"|nothing) (?:\w+ )?need\w*|free up)\b"
)
"""What a request says that wants something gone."""
_NO_SUCH_CUE = 0.85
"""Probability from which a change may be meant though no word of it was said."""


def says_to_change(normal: str, tool: str, share: float) -> bool:
    """Tell whether a request says in so many words that something is to be changed.

    Args:
        normal: The request in normal form.
        tool: The tool that it seems to be for.
        share: How probable that is.
    """
    cues = frozenset(_CUES.get(tool, "").split())
    if tool in _GONE and not _DELETES.search(normal):
        return False
    return not cues or bool(cues & concepts_in(normal)) or share >= _NO_SUCH_CUE


def names_ours(normal: str) -> bool:
    """Tell whether a request names something that the tools are about."""
    said = _OURS & concepts_in(normal) or _OUR_WORDS.search(normal)
    return bool(PLACEHOLDER.search(normal) or said)


def is_about_ours(normal: str) -> bool:
    """Tell whether a request speaks of anything that the tools are about, or of what was before."""
    few = len(normal.split()) <= 2
    named = PLACEHOLDER.search(normal) or _SPOKEN_OF.search(normal)
    said = _OURS & concepts_in(normal) or _OUR_WORDS.search(normal)
    return few or bool(named) or bool(said)
