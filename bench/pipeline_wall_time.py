"""Compares the nine searches in a plain script with the whole pipeline on this machine."""

import argparse
import tempfile
import threading
import time
from pathlib import Path

from joblib import Parallel, delayed

from core.pipelines import ParameterValue
from core.runs import Run, RunState
from core.settings import read_settings
from pipelines.delay import data, features, parameters, splitting, training
from pipelines.delay.schema import DATA_FOLDER
from surfaces.assembly import assemble

LOOK_SECONDS = 0.2
LONGEST_SECONDS = 1800


def plain_seconds(workers: int) -> float:
    """Time the nine searches, from the file to nine fitted models, without a pipeline."""
    started = time.perf_counter()
    table = data.validate(data.read_table(DATA_FOLDER / "schedule_management.csv"))
    parts = splitting.split(
        features.prepare(table),
        kind=parameters.DEFAULT_SPLIT,
        test_size=parameters.DEFAULT_TEST_SIZE,
        seed=parameters.DEFAULT_SEED,
    )
    found = Parallel(n_jobs=workers)(
        delayed(training.search)(
            parts.training,
            algorithm,
            folds=parameters.DEFAULT_FOLDS,
            split=parameters.DEFAULT_SPLIT,
            seed=parameters.DEFAULT_SEED,
        )
        for algorithm in parameters.MODELS
    )
    seconds = time.perf_counter() - started
    for tuned in found:
        summary = tuned.summary
        print(f"  {summary.algorithm:20s}{summary.accuracy:.3f}  {summary.seconds:5.1f} s")
    return seconds


def pipeline_run(home: Path, workers: int) -> Run:
    """Run the whole pipeline with its defaults in an empty home."""
    assistant = assemble(read_settings(home=home, workers=workers))
    defaults: dict[str, ParameterValue] = {}
    run = assistant.runs.start(assistant.catalog.find(parameters.NAME), defaults, use_cache=False)
    ended = threading.Event()
    deadline = time.monotonic() + LONGEST_SECONDS
    while not run.state.ended and time.monotonic() < deadline:
        ended.wait(LOOK_SECONDS)
        run = assistant.runs.get(run.id)
    return run


def main() -> None:
    """Print both times and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2, help="processes side by side")
    workers = parser.parse_args().workers
    print(f"The nine searches, {workers} processes:")
    plain = plain_seconds(workers)
    print(f"plain script      {plain:6.1f} s")
    with tempfile.TemporaryDirectory() as home:
        started = time.perf_counter()
        run = pipeline_run(Path(home), workers)
        whole = time.perf_counter() - started
    if run.state is not RunState.SUCCEEDED:
        raise SystemExit(f"The run ended as {run.state}: {run.reason}")
    for task in run.tasks:
        print(f"  {task.name:34s}{task.seconds or 0:5.1f} s")
    print(f"whole pipeline    {whole:6.1f} s, accuracy {run.metrics['accuracy']:.3f}")
    print(f"ratio             {whole / plain:6.2f}")


if __name__ == "__main__":
    main()
