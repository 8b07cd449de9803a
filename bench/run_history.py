"""Times the first looks at a history of 100 and of 10,000 runs."""

import asyncio
import secrets
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agents.events import Answer, ApprovalCard, Decision, Event
from agents.toolbox import Caller
from backends.runs_local.history import NewRun, RunHistory
from backends.runs_local.package import read_plan
from backends.runs_local.parameters import complete_parameters
from core.clock import held
from core.runs import RunState
from core.settings import read_settings
from pipelines.catalog import Catalog
from pipelines.delay.parameters import NAME
from surfaces.assembly import Assistant, assemble
from surfaces.tui.progress import look

SIZES = (100, 10_000)
REPEATS = 25
TARGET_MILLISECONDS = 50
FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def fill(home: Path, runs: int) -> str:
    """Add runs with their tasks and metrics, a fifth failed; return the id in the middle."""
    history = RunHistory(home / "runs.db")
    pipeline = Catalog().find(NAME)
    tasks = read_plan(pipeline.package).tasks
    parameters = complete_parameters(pipeline, {})
    middle = ""
    for number in range(runs):
        run_id = secrets.token_hex(4)
        middle = run_id if number == runs // 2 else middle
        begun = FIRST + timedelta(minutes=number)
        with held(begun):
            history.add(
                NewRun(
                    id=run_id,
                    pipeline=pipeline,
                    parameters=parameters,
                    experiment=f"experiment-{number % 7}",
                    name="",
                    tasks=tasks,
                )
            )
        with held(begun + timedelta(seconds=30)):
            history.record([], {"accuracy": 0.7, "f1": 0.6, "roc_auc": 0.8}, run_id)
            failed = number % 5 == 0
            history.finish(
                run_id,
                RunState.FAILED if failed else RunState.SUCCEEDED,
                "The table has no column 'borough'." if failed else "",
            )
    return middle


async def _allow(card: ApprovalCard) -> Decision:
    del card
    return Decision(answer=Answer.ALLOW)


def _ignore(event: Event) -> None:
    del event


Action = Callable[[], Awaitable[object]]


async def medians(actions: Sequence[Action]) -> Sequence[float]:
    """Return the median milliseconds of actions that take turns, after one that does not count."""
    times: list[list[float]] = [[] for _ in actions]
    for repeat in range(REPEATS + 1):
        for action, taken in zip(actions, times, strict=True):
            started = time.perf_counter()
            await action()
            taken += [(time.perf_counter() - started) * 1000] if repeat else []
    return [statistics.median(taken) for taken in times]


def looks(assistant: Assistant, middle: str) -> Mapping[str, Action]:
    """Return the looks at one history."""
    caller = Caller(agent="bench", approve=_allow, notify=_ignore)

    def call(tool: str, **arguments: object) -> Action:
        return lambda: assistant.toolbox.call(tool, arguments, caller)

    async def panel() -> object:
        return look(assistant)

    return {
        "list_runs": call("list_runs"),
        "list_runs, failed ones": call("list_runs", state="FAILED"),
        "list_runs of an experiment": call("list_runs", experiment="experiment-3"),
        "describe_run": call("describe_run", run=middle),
        "describe_run, latest failed": call("describe_run", run="latest failed"),
        "the terminal's runs panel": panel,
    }


def prepared(home: Path, size: int) -> Mapping[str, Action]:
    """Fill a home and return the looks at it."""
    started = time.perf_counter()
    with RunHistory(home / "runs.db").kept_open():
        middle = fill(home, size)
    print(f"{size:,} runs added in {time.perf_counter() - started:.1f} s")
    return looks(assemble(read_settings(home=home)), middle)


def main() -> None:
    """Print the times side by side."""
    with tempfile.TemporaryDirectory() as folder:
        columns = [prepared(Path(folder) / str(size), size) for size in SIZES]
        print(f"{'median milliseconds':30s}" + "".join(f"{f'{n:,} runs':>14s}" for n in SIZES))
        for name in columns[0]:
            few, many = asyncio.run(medians([column[name] for column in columns]))
            verdict = "" if many < TARGET_MILLISECONDS else "  too slow"
            print(f"{name:30s}{few:14.1f}{many:14.1f}  x{many / few:.2f}{verdict}")


if __name__ == "__main__":
    main()
