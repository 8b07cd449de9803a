"""Compares the searches in a plain script with the whole pipeline, here and in `kfp.local`."""

import argparse
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from joblib import Parallel, delayed

from core.pipelines import ParameterValue
from core.runs import Run, RunState
from core.settings import read_settings
from pipelines.catalog import Catalog
from pipelines.delay import data, features, parameters, splitting, training
from pipelines.delay.schema import DATA_FOLDER
from surfaces.assembly import assemble

LOOK_SECONDS = 0.1
LONGEST_SECONDS = 1800
CARD_SECONDS = 4.0
"""How long a person takes to read what a run will do, before approving it."""
TABLE = DATA_FOLDER / "schedule_management.csv"

# KFP prints much and cannot be stopped from it; a process of its own also pays for its imports.
_STOCK = """
import sys, warnings
warnings.simplefilter("ignore")
from kfp import components, local
package, table, root = sys.argv[1:]
local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root=root)
components.load_component_from_file(package)(data=table)
"""


def plain_seconds(workers: int) -> float:
    """Time the nine searches, from the file to nine fitted models, without a pipeline."""
    started = time.perf_counter()
    table = data.validate(data.read_table(TABLE))
    parts = splitting.split(
        features.prepare(table),
        kind=parameters.DEFAULT_SPLIT,
        test_size=parameters.DEFAULT_TEST_SIZE,
        seed=parameters.DEFAULT_SEED,
    )
    Parallel(n_jobs=workers)(
        delayed(training.search)(
            parts.training,
            algorithm,
            folds=parameters.DEFAULT_FOLDS,
            split=parameters.DEFAULT_SPLIT,
            seed=parameters.DEFAULT_SEED,
        )
        for algorithm in parameters.MODELS
    )
    return time.perf_counter() - started


def stock_seconds() -> float:
    """Time the whole pipeline in `kfp.local`, as it comes, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "package.yaml"
        package.write_text(Catalog().find(parameters.NAME).package, encoding="utf-8")
        started = time.perf_counter()
        command = [sys.executable, "-c", _STOCK, str(package), str(TABLE), folder]
        ended = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=LONGEST_SECONDS
        )
        seconds = time.perf_counter() - started
    if ended.returncode:
        raise SystemExit(f"kfp.local failed:\n{ended.stderr[-2000:]}")
    return seconds


def pipeline_run(home: Path, workers: int, card_seconds: float = 0) -> tuple[Run, float]:
    """Run the whole pipeline with its defaults in an empty home; return it with its seconds.

    Args:
        home: Where; it is empty.
        workers: Processes side by side.
        card_seconds: How long the card is read before the run is approved; with zero there is no
            card, and the worker begins with its imports when the run starts.
    """
    ended = threading.Event()
    defaults: dict[str, ParameterValue] = {}
    started = time.perf_counter()
    assistant = assemble(read_settings(home=home, workers=workers))
    pipeline = assistant.catalog.find(parameters.NAME)
    if card_seconds:
        assistant.runs.check(pipeline, defaults)
        ended.wait(card_seconds)
        started = time.perf_counter()
    run = assistant.runs.start(pipeline, defaults, use_cache=False)
    deadline = time.monotonic() + LONGEST_SECONDS
    while not run.state.ended and time.monotonic() < deadline:
        ended.wait(LOOK_SECONDS)
        run = assistant.runs.get(run.id)
    seconds = time.perf_counter() - started
    if run.state is not RunState.SUCCEEDED:
        raise SystemExit(f"The run ended as {run.state}: {run.reason}")
    return run, seconds


def ours_seconds(workers: int, card_seconds: float) -> float:
    """Time the whole pipeline here, and print when its tasks worked."""
    # What a worker clears away when its run has ended may overtake us.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        run, seconds = pipeline_run(Path(home), workers, card_seconds)
    if card_seconds:
        _print_tasks(run)
    return seconds


def main() -> None:
    """Print all times and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2, help="processes side by side")
    parser.add_argument("--repeats", type=int, default=1, help="times each is measured, in turns")
    parser.add_argument(
        "--together",
        action="store_true",
        help="all at the same time: on a busy machine each gets the same share of it",
    )
    given = parser.parse_args()
    contenders: tuple[Callable[[], float], ...] = (
        lambda: plain_seconds(given.workers),
        lambda: ours_seconds(given.workers, CARD_SECONDS),
        lambda: ours_seconds(given.workers, 0),
        stock_seconds,
    )
    times = []
    for _ in range(given.repeats):
        with ThreadPoolExecutor(max_workers=len(contenders) if given.together else 1) as threads:
            times.append([*threads.map(lambda contender: contender(), contenders)])
    plain, ours, unread, stock = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"plain script, {given.workers} processes            {plain:6.1f} s")
    for what, seconds in (
        (f"after a card of {CARD_SECONDS:g} s", ours),
        ("without a card", unread),
    ):
        print(
            f"whole pipeline, {what:18s} {seconds:6.1f} s, {seconds / plain:5.2f} x the plain"
            f" script, {seconds / stock:5.2f} x kfp.local"
        )
    print(f"the same in kfp.local              {stock:6.1f} s")


def _print_tasks(run: Run) -> None:
    start = run.created_at
    for task in run.tasks:
        if task.started_at is not None and task.finished_at is not None:
            begun = (task.started_at - start).total_seconds()
            ended = (task.finished_at - start).total_seconds()
            print(f"  {task.name:34s}{begun:6.1f} to {ended:5.1f} s")
    print(f"  accuracy {run.metrics['accuracy']:.3f}")


if __name__ == "__main__":
    main()
