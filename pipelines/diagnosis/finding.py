"""From what a run left to the causes that fit it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from core.diagnosis import Confidence, Fault, LogLine
from core.runs import Run, RunState, TaskState
from pipelines.diagnosis.rule import Rule
from pipelines.diagnosis.rules import RULES

SHOWN_LINES = 4
LONGEST_LINE = 300
"""Characters of a line that are looked at and shown."""
LONGEST_NAME = 120
NEAR_THE_END = 15
UNKNOWN = "unknown"
CANCELED = "canceled"

# Where a line stands says how likely it is the cause: what a task ended with comes first.
_REASON, _LAST_WORDS, _TRACEBACK, _END, _ELSEWHERE, _OTHER_TASK = 4.0, 4.0, 3.0, 2.0, 1.0, 0.5
_EXCEPTION = re.compile(r"^[A-Za-z_][\w.]*(?:Error|Exception|Expired|Exit|Interrupt)\b")
# A line that calls itself harmless mostly is.
_HARMLESS = re.compile(r"^\W*(?:[\w.]+\W+)?(?:DEBUG|INFO|NOTICE|WARN(?:ING)?)\b|Warning: ")
_STAMP = re.compile(r"^\s*(?:\[?\d{4}-\d\d-\d\d[T ][\d:.,]+(?:Z|[+-]\d\d:?\d\d)?\]?\s*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLog:
    """The last lines of a task's log."""

    task: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Seen:
    line: LogLine
    place: float


@dataclass(frozen=True, slots=True)
class _Match:
    rule: Rule
    score: float
    seen: _Seen
    what: str


def find_faults(run: Run, logs: Sequence[TaskLog]) -> Sequence[Fault]:
    """Return the causes that fit a run that failed or was stopped, the likeliest first.

    Args:
        run: With its tasks.
        logs: Of the tasks that failed, and of the run as a whole (under an empty task name).
    """
    if run.state is RunState.CANCELED:
        return [_canceled(run)]
    seen = list(_lines(run, logs))
    texts = {log.task: "\n".join(log.lines) for log in logs}
    cached = any(task.state is TaskState.CACHED for task in run.tasks)
    best: dict[str, _Match] = {}
    shown: dict[str, list[_Seen]] = {}
    for match in _matches(seen, texts, cached=cached):
        kind = match.rule.kind
        shown.setdefault(kind, []).append(match.seen)
        if kind not in best or match.score > best[kind].score:
            best[kind] = match
    order = sorted(best.values(), key=lambda match: (-match.score, -match.rule.weight))
    return [_fault(match, shown[match.rule.kind]) for match in order] or [_unknown(run, seen)]


def _lines(run: Run, logs: Sequence[TaskLog]) -> Iterator[_Seen]:
    failed = [task for task in run.tasks if task.state is TaskState.FAILED]
    names = {task.name for task in failed}
    told = {task.reason for task in failed}
    for task in failed:
        if task.reason:
            yield _Seen(LogLine(task=task.name, number=0, text=_cut(task.reason)), _REASON)
    if run.reason and not any(reason and reason in run.reason for reason in told):
        yield _Seen(LogLine(task="", number=0, text=_cut(run.reason)), _REASON)
    for log in logs:
        own = log.task in names or not names
        tracebacks = [i for i, text in enumerate(log.lines) if text.startswith("Traceback (most")]
        for index, text in enumerate(log.lines):
            line = LogLine(task=log.task, number=index + 1, text=_cut(text))
            yield _Seen(
                line, _place(index, text, len(log.lines), tracebacks) if own else _OTHER_TASK
            )


def _place(index: int, text: str, count: int, tracebacks: Sequence[int]) -> float:
    if _HARMLESS.search(_cut(text)):
        return _OTHER_TASK
    if tracebacks and index > tracebacks[-1]:
        # What is indented there is source code, which names faults that did not happen.
        source = text[:1].isspace()
        return _LAST_WORDS if _EXCEPTION.match(text) else _END if source else _TRACEBACK
    return _END if index >= count - NEAR_THE_END else _ELSEWHERE


def _cut(text: str) -> str:
    return _STAMP.sub("", text, count=1).rstrip()[:LONGEST_LINE]


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _matches(seen: Sequence[_Seen], texts: Mapping[str, str], *, cached: bool) -> Iterator[_Match]:
    every = "\n".join(texts.values())
    rules = [
        rule
        for rule in RULES
        if (cached or not rule.needs_cached)
        and (not rule.context or _compiled(rule.context).search(every))
    ]
    for one in seen:
        for rule in rules:
            for pattern in rule.patterns:
                if found := _compiled(pattern).search(one.line.text):
                    what = (found.groupdict().get("what") or "").strip(" .:,-")
                    yield _Match(rule, one.place + rule.weight, one, what[:LONGEST_NAME])
                    break


def _fault(match: _Match, seen: Sequence[_Seen]) -> Fault:
    rule, line = match.rule, match.seen.line
    cause = rule.vague if rule.vague and not match.what else rule.cause
    named = _quoted(match.what)
    unsure = match.seen.place <= _ELSEWHERE
    return Fault(
        kind=rule.kind,
        cause=cause.format(
            what=named,
            colon_what=f": {named}" if named else "",
            space_what=f" {named}" if named else "",
        ),
        advice=rule.advice,
        confidence=_lowered(rule.confidence) if unsure else rule.confidence,
        task=line.task,
        evidence=_evidence(seen),
        retry_helps=rule.retry_helps,
    )


def _evidence(seen: Sequence[_Seen]) -> tuple[LogLine, ...]:
    """Return the lines to show, as the log has them; a reason only where no line says the same."""
    highest = max(one.place for one in seen)
    order = sorted(seen, key=lambda one: -one.place)
    order = [one for one in order if one.place >= highest - 1]
    logged = {one.line.text: one.line for one in reversed(order) if one.line.number}
    said = [
        one.line
        for one in order
        if not one.line.number and not any(one.line.text in text for text in logged)
    ]
    kept = [*list(reversed(logged.values()))[:SHOWN_LINES], *said[:1]]
    return tuple(sorted(kept, key=lambda line: (line.task, line.number)))


def _quoted(what: str) -> str:
    return (
        what.rstrip(".") if " " in what else f"'{plain}'" if (plain := what.strip("'\"`")) else ""
    )


def _lowered(confidence: Confidence) -> Confidence:
    return Confidence.MEDIUM if confidence is Confidence.HIGH else Confidence.LOW


def _canceled(run: Run) -> Fault:
    open_tasks = [task.name for task in run.tasks if task.state is TaskState.CANCELED]
    at = f" while {open_tasks[0]} was at work" if open_tasks else ""
    return Fault(
        kind=CANCELED,
        cause=f"Nothing broke: somebody stopped the run{at}.",
        advice="Retry it to go on where it stopped: what succeeded is reused.",
        confidence=Confidence.HIGH,
        task=open_tasks[0] if open_tasks else "",
        retry_helps=True,
    )


def _unknown(run: Run, seen: Sequence[_Seen]) -> Fault:
    failed = [task.name for task in run.tasks if task.state is TaskState.FAILED]
    last = [one.line for one in seen if one.line.text.strip()][-SHOWN_LINES:]
    return Fault(
        kind=UNKNOWN,
        cause="I do not know: nothing in the log is like a fault that I know.",
        advice="These are the last things it said. Read the whole log, and retry if it looks like"
        " chance.",
        confidence=Confidence.LOW,
        task=failed[0] if failed else "",
        evidence=tuple(replace(line) for line in last),
    )
