"""Is the right cause named first? `python -m bench.diagnosis`.

24 seeded faults: 15 are really run on the local backend, 9 need a cluster or a store and are
recorded. Beside it stands what the rules find in the one sentence that the run gives as its reason.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from kfp import compiler

from agents.tools.diagnosis import diagnose
from backends.runs_local import LocalRuns
from backends.store_folder import FolderStore
from bench.faults import REAL, RECORDED, Recorded, faulty
from core.pipelines import PipelineSpec
from core.runs import Run, RunState, Task, TaskState
from pipelines.catalog import read_package
from pipelines.diagnosis.finding import TaskLog, find_faults

TARGET = 22
LIMIT_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was said of one fault."""

    words: str
    right: str
    found: str
    from_reason: str
    """What the reason alone gives."""
    shown: str
    """The first line that was shown for it."""


def main() -> None:
    """Break runs, diagnose them and print what was said."""
    outcomes = [*_real(), *map(_recorded, RECORDED)]
    for one in outcomes:
        mark = "ok " if one.found == one.right else "NO "
        print(f"{mark} {one.words:45} {one.right:20} {one.found:20} {one.shown[:70]}")
    right = sum(one.found == one.right for one in outcomes)
    reason = sum(one.from_reason == one.right for one in outcomes)
    print(f"\nright cause first, with the log:   {right}/{len(outcomes)} (target {TARGET})")
    print(f"right cause first, reason alone:   {reason}/{len(outcomes)}")
    sys.exit(right < TARGET)


def _real() -> Iterator[Outcome]:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        runs = LocalRuns(home=home, store=FolderStore(home / "objects"), workers=1, preload=())
        pipeline = _compiled(home)
        started = {
            words: runs.start(pipeline, {"how": how}, name=how) for words, (how, _) in REAL.items()
        }
        _stop_the_sleeper(runs, started)
        for words, (_, right) in REAL.items():
            run = _ended(runs, started[words].id)
            diagnosis = diagnose(runs, run)
            fault = diagnosis.fault
            yield Outcome(
                words=words,
                right=right,
                found=fault.kind if fault else "none",
                from_reason=find_faults(run, ())[0].kind,
                shown=fault.evidence[0].text if fault and fault.evidence else "",
            )


def _compiled(folder: Path) -> PipelineSpec:
    path = folder / "faulty.yaml"
    compiler.Compiler().compile(faulty, str(path))
    return read_package(path.read_text(encoding="utf-8"))


def _stop_the_sleeper(runs: LocalRuns, started: dict[str, Run]) -> None:
    sleeper = started["a person who stops the run"]
    deadline = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < deadline:
        tasks = runs.get(sleeper.id).tasks
        if any(task.state is TaskState.RUNNING for task in tasks):
            break
        time.sleep(0.1)
    runs.cancel(sleeper.id)


def _ended(runs: LocalRuns, run_id: str) -> Run:
    deadline = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < deadline:
        run = runs.get(run_id)
        if run.state.ended:
            return run
        time.sleep(0.1)
    raise SystemExit(f"The run {run_id} did not end within {LIMIT_SECONDS} s.")


def _recorded(fault: Recorded) -> Outcome:
    tasks = [Task(name="train", state=TaskState.FAILED, reason=fault.reason)]
    if fault.after_cached:
        tasks.insert(0, Task(name="tune-model", state=TaskState.CACHED))
    run = Run(
        id="c4d2907e",
        name="recorded",
        pipeline="recorded",
        state=RunState.FAILED,
        parameters={},
        created_at=datetime.now(UTC),
        reason=fault.reason,
        tasks=tuple(tasks),
    )
    found = find_faults(run, [TaskLog(task="train", lines=fault.lines)])[0]
    return Outcome(
        words=fault.words,
        right=fault.cause,
        found=found.kind,
        from_reason=find_faults(replace(run), ())[0].kind,
        shown=found.evidence[0].text if found.evidence else "",
    )


if __name__ == "__main__":
    main()
