"""Answers about why a run failed."""

from collections.abc import Sequence

from backends.chat_builtin.answers.base import write_answer
from backends.chat_builtin.answers.phrases import ago
from core.diagnosis import Confidence, Diagnosis, EarlierFault, Fault, LogLine

_SURE = {
    Confidence.HIGH: "",
    Confidence.MEDIUM: " (likely; something else could look the same)",
    Confidence.LOW: " (not sure)",
}


@write_answer.register
def _diagnosis(value: Diagnosis, tool: str, request: str) -> str:
    del tool, request
    if value.fault is None:
        return value.summary
    fault = value.fault
    parts = [
        f"{value.summary}{_SURE[fault.confidence]}",
        _lines(fault.evidence),
        f"**What to do:** {fault.advice}",
        _others(value.others),
        *(_earlier(one) for one in value.earlier),
        _since(value.since) if value.since else "",
        *value.notes,
        _next(value, fault),
    ]
    return "\n\n".join(part for part in parts if part)


def _lines(evidence: Sequence[LogLine]) -> str:
    if not evidence:
        return ""
    # A fence longer than any run of backticks inside keeps the log from ending its own block.
    body = "\n".join(_line(line).replace("```", "'''") for line in evidence)
    return f"It shows in:\n\n```text\n{body}\n```"


def _line(line: LogLine) -> str:
    where = f"{line.task or 'run'}:{line.number}" if line.number else line.task
    return f"{where}: {line.text}" if where else line.text


def _others(others: Sequence[Fault]) -> str:
    sure = [fault.cause for fault in others if fault.confidence is not Confidence.LOW]
    return f"It could also be: {' '.join(sure)}" if sure else ""


def _earlier(one: EarlierFault) -> str:
    text = f"The same happened in run `{one.run_id}` ({one.run_name}) {ago(one.failed_at)}"
    return f"{text}; {_fixed(one)}."


def _fixed(one: EarlierFault) -> str:
    if not one.fixed_by:
        return "no run of its pipeline has succeeded since"
    how = ", ".join(one.changes) or "nothing that is recorded was different, so it passed by itself"
    return f"it was fixed in run `{one.fixed_by}` ({one.fixed_by_name}) by: {how}"


def _since(one: EarlierFault) -> str:
    how = ", ".join(one.changes) or "nothing that is recorded"
    return (
        f"Since then run `{one.fixed_by}` ({one.fixed_by_name}) of the same pipeline succeeded;"
        f" different in it: {how}."
    )


def _next(value: Diagnosis, fault: Fault) -> str:
    if fault.retry_helps is False:
        return f"Next: remove the cause, then “run {value.pipeline}” again."
    return "Next: “retry it”, or “show its logs”."
