"""Kills workers and assistants at random moments and counts what is lost: nothing should be."""

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kfp import compiler, dsl

from backends.runs_local import LocalRuns
from backends.runs_local.history import RunHistory
from backends.store_folder import FolderStore
from core.runs import Run, RunState

VICTIMS = ("worker", "assistant", "both")
LATEST_SECONDS = 4.0
"""A run of the tiny pipeline takes two or more, as busy as the machine is."""
PATIENCE_SECONDS = 90
RETRIES = 3
STEPS = ("first", "a", "b", "c", "last")

_ASSISTANT = """
import sys, time
from pathlib import Path
from backends.runs_local import LocalRuns
from backends.store_folder import FolderStore
from pipelines.catalog import read_package

home, package, count, marks = sys.argv[1:]
runs = LocalRuns(home=Path(home), store=FolderStore(Path(home) / "objects"), workers=2, at_once=2)
pipeline = read_package(Path(package).read_text())
deadline = time.monotonic() + 120
for number in range(int(count)):
    print(runs.start(pipeline, {"marks": marks}, use_cache=False).id, flush=True)
while time.monotonic() < deadline and any(not run.state.ended for run in runs.list(limit=100)):
    time.sleep(0.02)
"""


@dsl.component(base_image="python:3.11", packages_to_install=[], install_kfp_package=False)
def leave_mark(marks: str, name: str, made: dsl.Output[dsl.Dataset]) -> None:
    """Write a file that shows that it ran to its end."""
    import pathlib
    import time

    time.sleep(0.1)
    pathlib.Path(made.path).write_text(name)
    (pathlib.Path(marks) / name).touch()


@dsl.pipeline(name="marking")
def marking(marks: str) -> None:
    """Leave marks one after the other and side by side."""
    first = leave_mark(marks=marks, name="first")
    with dsl.ParallelFor(["a", "b", "c"]) as name:
        between = leave_mark(marks=marks, name=name).after(first)
    leave_mark(marks=marks, name="last").after(between)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """What became of one run."""

    victim: str
    seconds: float
    """When it was hit."""
    ended: RunState
    """How the run ended by itself."""
    retries: int
    """How often it was retried until it succeeded."""
    faults: tuple[str, ...]
    """What must not be."""


def write_package(folder: Path) -> Path:
    """Compile the tiny pipeline."""
    path = folder / "marking.yaml"
    compiler.Compiler().compile(marking, str(path))
    return path


def start_assistant(home: Path, package: Path, count: int) -> "subprocess.Popen[str]":
    """Start a process that starts runs and then looks at them until they have ended."""
    marks = home / "marks"
    marks.mkdir(parents=True, exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-c", _ASSISTANT, str(home), str(package), str(count), str(marks)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def crash(home: Path, package: Path, victim: str, seconds: float) -> Crash | None:
    """Start a run, kill its worker, its assistant or both, and bring it to its end.

    Returns:
        What became of it; nothing if it had ended before that moment.
    """
    assistant = start_assistant(home, package, 1)
    assert assistant.stdout is not None
    run_id = assistant.stdout.readline().strip()
    time.sleep(seconds)
    found = RunHistory(home / "runs.db").open_runs().get(run_id)
    if victim != "assistant" and found is not None and found.worker is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(found.worker.pid, signal.SIGKILL)
    if victim != "worker":
        assistant.kill()
    _, complaints = assistant.communicate(timeout=PATIENCE_SECONDS)
    if found is None:
        return None
    return _brought_to_its_end(home, run_id, victim, seconds, complaints)


def _brought_to_its_end(
    home: Path, run_id: str, victim: str, seconds: float, complaints: str
) -> Crash:
    runs = LocalRuns(home=home, store=FolderStore(home / "objects"), workers=2, at_once=2)
    faults = [complaints.strip().splitlines()[-1]] if complaints.strip() else []
    first = run = _ended(runs, run_id)
    retries = 0
    while run.state in {RunState.FAILED, RunState.CANCELED} and retries < RETRIES:
        retries += 1
        runs.retry(run_id)
        run = _ended(runs, run_id)
        faults += _false_success(home, run)
    faults += _false_success(home, first)
    if run.state is not RunState.SUCCEEDED:
        faults.append(f"{run.state} after {retries} retries: {run.reason}")
    return Crash(
        victim=victim, seconds=seconds, ended=first.state, retries=retries, faults=tuple(faults)
    )


def _false_success(home: Path, run: Run) -> list[str]:
    missing = [name for name in STEPS if not (home / "marks" / name).exists()]
    return [f"SUCCEEDED without {missing}"] if run.state is RunState.SUCCEEDED and missing else []


def _ended(runs: LocalRuns, run_id: str) -> Run:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (run := runs.get(run_id)).state.ended and time.monotonic() < deadline:
        time.sleep(0.05)
    return run


def together(home: Path, package: Path, assistants: int, count: int) -> Sequence[str]:
    """Let assistants start runs in one home at the same time; return what went wrong."""
    started = [start_assistant(home, package, count) for _ in range(assistants)]
    told = [assistant.communicate(timeout=4 * PATIENCE_SECONDS) for assistant in started]
    faults = [complaints.strip().splitlines()[-1] for _, complaints in told if complaints.strip()]
    ids = {run_id for words, _ in told for run_id in words.split()}
    runs = LocalRuns(home=home, store=FolderStore(home / "objects"), workers=2, at_once=2)
    if {run.id for run in runs.list(limit=1000)} != ids or len(ids) != assistants * count:
        faults.append(f"{len(ids)} of {assistants * count} runs are there")
    for run_id in ids:
        run = _ended(runs, run_id)
        lost = [task.name for task in run.tasks if task.finished_at is None]
        if run.state is not RunState.SUCCEEDED or lost or len(runs.artifacts(run_id)) != len(STEPS):
            faults.append(f"{run_id} is {run.state}, without the end of {lost}: {run.reason}")
    return faults


def main() -> None:
    """Print how the crashed runs ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=50)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    crashes: list[Crash] = []
    with tempfile.TemporaryDirectory() as place:
        package = write_package(Path(place))
        # A moment after the run's end is no moment: another one is taken.
        for number in range(3 * given.moments):
            if len(crashes) == given.moments:
                break
            victim, seconds = VICTIMS[len(crashes) % 3], chance.uniform(0, LATEST_SECONDS)
            found = crash(Path(place) / str(number), package, victim, seconds)
            crashes += [found] if found else []
            for fault in found.faults if found else ():
                print(f"  {victim} at {seconds:.2f} s: {fault}")
        faults = together(Path(place) / "together", package, assistants=2, count=8)
    for victim in VICTIMS:
        hit = [crash for crash in crashes if crash.victim == victim]
        ends = Counter(crash.ended for crash in hit)
        words = ", ".join(f"{count} {state}" for state, count in ends.items())
        retried = sum(crash.retries > 0 for crash in hit)
        print(f"{victim:10s} killed {len(hit):3d} times: {words}; {retried} finished by a retry")
    print(f"runs lost, stuck or falsely successful: {sum(bool(one.faults) for one in crashes)}")
    print(f"two assistants with 8 runs each in one home: {'; '.join(faults) or 'nothing lost'}")


if __name__ == "__main__":
    main()
