"""Reading requests about runs that ended: why they failed, several at once, again, away."""

import json
import re
from collections.abc import Sequence

from backends.chat_builtin.references import pipeline_in, run_in
from backends.chat_builtin.skills.base import Arguments, Missing, Skill, no_arguments, which
from backends.chat_builtin.words import with_digits
from core.focus import Focus
from core.metrics import Direction, direction_of
from core.runs import Run, RunState
from core.world import World

_LOST = frozenset({RunState.FAILED, RunState.CANCELED})
_MANY = re.compile(
    r"\b(?:the |my |our )?(?:last|latest|newest|most recent|recent)\s+(\d+)\b"
    r"|\b(\d+)\s+(?:last|latest|newest|most recent|recent)\b",
    re.I,
)
_WITH = re.compile(
    r"\b(?:with|to|and|against|versus|vs\.?|than|from)\b(?!.*\b(?:with|against|versus|vs)\b)", re.I
)
_IT = re.compile(r"\b(?:it|that|this|them|that one|this one)\b", re.I)
_METRIC = re.compile(
    r"\b(balanced[ _-]accuracy|accuracy|roc[ _-]?auc|auc|macro[ _-]f1|f1|precision|recall"
    r"|log[ _-]?loss|rmse|mae|r2)\b",
    re.I,
)
MOST_COMPARED = 10


def _diagnose_run(text: str, world: World, focus: Focus) -> Arguments | Missing:
    return {"run": _ended_badly(text, world, focus, frozenset({RunState.FAILED}))}


def _retry_run(text: str, world: World, focus: Focus) -> Arguments | Missing:
    return {"run": _ended_badly(text, world, focus, _LOST)}


def _ended_badly(text: str, world: World, focus: Focus, states: frozenset[RunState]) -> str:
    """Return the run that is named, meant by its pipeline or spoken of; else the latest failed."""
    named = run_in(text, world, Focus(), "")
    if named and not named.startswith("latest"):
        return named
    lost = [run for run in world.recent_runs() if run.state in states]
    if named.startswith("latest") and not _IT.search(text):
        return _latest_lost(named, world, lost)
    if focus.run and not re.search(r"\b(?:failed|failing|broken) (?:run|one)\b", text, re.I):
        return focus.run
    pipeline = pipeline_in(text, world, Focus()) if len(world.pipelines()) > 1 else ""
    of_pipeline = [run for run in lost if run.pipeline == pipeline]
    return of_pipeline[0].name if of_pipeline else "latest failed"


def _latest_lost(named: str, world: World, lost: Sequence[Run]) -> str:
    """Return `latest` as it is where that run ended badly; else the latest that did."""
    newest = next(iter(world.recent_runs()), None)
    if named != "latest" or newest is None or newest in lost or not lost:
        return named
    return "latest failed"


def _delete_run(text: str, world: World, focus: Focus) -> Arguments | Missing:
    named = run_in(text, world, Focus(), "")
    if not named and focus.run and _IT.search(text):
        named = focus.run
    if named:
        return {"run": named}
    return which("run", [run.name for run in world.recent_runs() if run.state.ended])


_ADDED = re.compile(
    r"\b(?:add|third|fourth|also|too|as well|include|plus|into (?:it|that))\b", re.I
)


def _compared_before(focus: Focus) -> list[str]:
    """Return the runs of the last comparison, to which one more is added."""
    before = json.loads(focus.arguments).get("runs") if focus.arguments else []
    return [str(run) for run in before] if isinstance(before, list) else []


def _compare_runs(text: str, world: World, focus: Focus) -> Arguments | Missing:
    plain = with_digits(text)
    runs = _named_runs(plain, world)
    if counted := _MANY.search(plain):
        wanted = int(counted[1] or counted[2])
        runs = [*runs, *_newest(plain, world, wanted)]
    elif re.search(r"\b(?:nightlies|all (?:the )?nightly|nightly runs)\b", plain, re.I):
        runs = [*runs, *_family("nightly", world)]
    runs = [*runs, *_of_states(plain, len(runs))]
    adds = focus.tool == "compare_runs" and _ADDED.search(plain)
    if (
        len(set(runs)) == 1
        and focus.run
        and not adds
        and (_IT.search(plain) or _WITH.match(plain.strip()))
    ):
        runs = [focus.run, *runs]
    if len(set(runs)) == 1 and adds:
        runs = [*_compared_before(focus), *runs]
    runs = list(dict.fromkeys(runs))[:MOST_COMPARED]
    if len(runs) < 2:
        known = [run.name for run in world.recent_runs() if run.state is RunState.SUCCEEDED]
        return which("two or more runs", known)
    metrics = list(
        dict.fromkeys(re.sub(r"[ -]", "_", one[0].casefold()) for one in _METRIC.finditer(plain))
    )
    known_ways = [one for one in metrics if direction_of(one) is not Direction.UNKNOWN]
    return {"runs": runs, **({"metrics": known_ways} if known_ways else {})}


def _named_runs(text: str, world: World) -> list[str]:
    """Return the runs that a text names, in its order; names that exist nowhere as they stand."""
    found: list[tuple[int, str]] = []
    lowered = text.casefold()
    for run in sorted(world.recent_runs(), key=lambda run: -len(run.name)):
        for name in (run.name.casefold(), run.id):
            spoken = re.escape(name).replace(r"\-", "[ -]?")
            if seen := re.search(rf"(?<![\w-]){spoken}(?![\w-])", lowered):
                found.append((seen.start(), run.name))
                gap = " " * len(seen[0])
                lowered = f"{lowered[: seen.start()]}{gap}{lowered[seen.end() :]}"
    parts = re.split(r"(\s+(?:and|with|vs\.?|versus|against|to|or|than)\s+|,)", lowered)
    at = 0
    for part in parts:
        name = run_in(part, world, Focus(), "") if re.search(r"\w-\w|[0-9a-f]{6}", part) else ""
        if name and not name.startswith("latest"):
            found.append((at, name))
        at += len(part)
    return list(dict.fromkeys(name for _, name in sorted(found)))


def _newest(text: str, world: World, count: int) -> list[str]:
    """Return the newest runs that have something to compare, of a kind if one is named."""
    runs = [run for run in world.recent_runs() if run.state is RunState.SUCCEEDED]
    families = {run.name.partition("-")[0].casefold() for run in runs}
    named = [word for word in re.findall(r"[a-z]{4,}", text.casefold()) if word in families]
    pipelines = [p.name for p in world.pipelines() if p.name in text.casefold()]
    if named and not pipelines:
        runs = [run for run in runs if run.name.casefold().startswith(named[0])]
    if pipelines:
        runs = [run for run in runs if run.pipeline == pipelines[0]]
    return [run.name for run in runs[:count]]


def _family(beginning: str, world: World) -> list[str]:
    return [
        run.name
        for run in world.recent_runs()
        if run.name.casefold().startswith(beginning) and run.state is RunState.SUCCEEDED
    ]


def _of_states(text: str, already: int) -> list[str]:
    """Return what `latest`, `latest succeeded` and the like stand for, where a run is missing."""
    lowered = re.sub(_MANY, " ", text.casefold())
    spoken = re.findall(
        r"\b(?:latest|last|newest)(?: (succeeded|successful|failed|canceled|cancelled))?\b", lowered
    )
    if already > 1:
        return []
    words = {"successful": "succeeded", "cancelled": "canceled"}
    return [f"latest {words.get(state, state)}".strip() for state in spoken]


SKILLS = (
    Skill(tool="diagnose_run", read=_diagnose_run, in_words="find out why a run failed"),
    Skill(tool="compare_runs", read=_compare_runs, in_words="compare runs"),
    Skill(tool="retry_run", read=_retry_run, in_words="try a run once more", changes=True),
    Skill(tool="delete_run", read=_delete_run, in_words="delete a run", changes=True),
    Skill(tool="empty_trash", read=no_arguments, in_words="empty the trash", changes=True),
)
