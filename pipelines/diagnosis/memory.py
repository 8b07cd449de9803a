"""The memory of faults: which runs failed in the same way, and what ended that."""

import re
from collections.abc import Callable, Iterator, Sequence

from core.diagnosis import EarlierFault
from core.runs import Artifact, Run, RunBackend, RunQuery, RunState
from pipelines.diagnosis.finding import find_faults
from pipelines.differences import differences

LOOKED_AT = 200
"""How many failed runs are remembered."""
SHOWN = 3

_MASKS = (
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"0x[0-9a-fA-F]+|\b(?=[0-9a-f]*\d)[0-9a-f]{7,}\b"), "<id>"),
    (re.compile(r"(?:/[\w.@-]+){2,}/"), "<folder>/"),
    (re.compile(r"(?<![\w'\"])\d+(?:\.\d+)?"), "<number>"),
)
_ITEM = re.compile(r" \[.*\]$")


def signature(run: Run) -> str:
    """Return what is the same in two runs that failed in the same way.

    That is the kind of the fault and the failing message without its ids, numbers, times and
    folders; names in quotes stay, for two missing columns are two faults.
    """
    fault = next(iter(find_faults(run, ())))
    return f"{fault.kind} {masked(run.reason)}"


def masked(message: str) -> str:
    """Return a message without what changes from run to run."""
    for pattern, mask in _MASKS:
        message = pattern.sub(mask, message)
    # The task that the message begins with may be one iteration of a loop.
    task, colon, rest = message.partition(": ")
    return f"{_ITEM.sub('', task)}{colon}{rest}".strip()


def earlier_faults(runs: RunBackend, run: Run) -> Sequence[EarlierFault]:
    """Return earlier runs that failed in the same way, the latest first.

    Raises:
        UnavailableError: The history cannot be read.
    """
    if not run.reason:
        return ()
    wanted = signature(run)
    alike = (
        other
        for other in runs.list(RunQuery(state=RunState.FAILED), limit=LOOKED_AT)
        if other.id != run.id and other.created_at <= run.created_at and signature(other) == wanted
    )
    return _first(alike, SHOWN, lambda other: what_ended(runs, other))


def what_ended(runs: RunBackend, run: Run) -> EarlierFault:
    """Return the next run of the pipeline that succeeded, and what differs in it."""
    base = EarlierFault(run_id=run.id, run_name=run.name, failed_at=run.created_at)
    query = RunQuery(pipeline=run.pipeline, state=RunState.SUCCEEDED, since=run.created_at)
    later = runs.list(query, limit=LOOKED_AT)
    after = [other for other in later if other.id != run.id]
    if not after or later.has_more:
        return base
    fixed = after[-1]
    return EarlierFault(
        run_id=run.id,
        run_name=run.name,
        failed_at=run.created_at,
        fixed_by=fixed.id,
        fixed_by_name=fixed.name,
        changes=changes(run, runs.artifacts(run.id), fixed, runs.artifacts(fixed.id)),
    )


def changes(
    failed: Run, failed_with: Sequence[Artifact], fixed: Run, fixed_with: Sequence[Artifact]
) -> tuple[str, ...]:
    """Return in words what differs between a run that failed and one that did not."""
    found = differences([failed, fixed], {failed.id: failed_with, fixed.id: fixed_with})
    return tuple(
        f"{one.name} has another content"
        if one.kind == "data"
        else f"{one.name} {one.values[failed.id]} → {one.values[fixed.id]}"
        for one in found
    )


def _first(
    found: Iterator[Run], limit: int, tell: Callable[[Run], EarlierFault]
) -> Sequence[EarlierFault]:
    return [tell(run) for _, run in zip(range(limit), found, strict=False)]
