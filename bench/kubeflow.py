"""What asking a cluster of 10,000 runs costs, beside the plain Kubeflow client.

Both ask the same stand-in cluster, which runs in a process of its own over real HTTP, in turns.
The plain client answers with its own models and knows neither names nor tasks; ours answers with
what people are shown.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from backends.runs_kubeflow import KubeflowRuns
from backends.store_folder import FolderStore
from core.runs import RunQuery, RunState
from core.services import KubeflowSettings
from pipelines.catalog import Catalog

TESTS = Path(__file__).parents[1] / "tests"
RUNS = 10_000
PAGE = 10
REPEATS = 40

Call = Callable[[], object]


def main() -> None:
    """Print the medians and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(given.runs)
        return
    print(f"A cluster with {given.runs:,} runs; medians of {given.repeats} calls each, in turns.\n")
    print("| asked | plain client, ms | ours, ms | ratio |\n|---|---|---|---|")
    with cluster(given.runs) as host, tempfile.TemporaryDirectory() as folder:
        for name, (plain, ours) in pairs(host, FolderStore(Path(folder))).items():
            theirs, own = medians(plain, ours, given.repeats)
            print(f"| {name} | {theirs:.1f} | {own:.1f} | {own / theirs:.2f} |")


def pairs(host: str, store: FolderStore) -> Mapping[str, tuple[Call, Call]]:
    """Return what is asked, by the plain client and by ours."""
    import kfp

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        client = kfp.Client(host=host)
    settings = KubeflowSettings(kind="kubeflow", host=host, pipeline_root="s3://artifacts")
    runs = KubeflowRuns(settings, store)
    store.create_bucket("artifacts")
    run_id = runs.list(limit=1).items[0].id
    failed = '{"predicates": [{"key": "state", "operation": "EQUALS", "string_value": "FAILED"}]}'

    def listed(size: int, chosen: str = "") -> object:
        return client.list_runs(page_size=size, sort_by="created_at desc", filter=chosen or None)

    return {
        f"first page, {PAGE} runs": (lambda: listed(PAGE), lambda: runs.list(limit=PAGE)),
        f"first page, {PAGE} failed runs": (
            lambda: listed(PAGE, failed),
            lambda: runs.list(RunQuery(state=RunState.FAILED), PAGE),
        ),
        "200 runs": (lambda: listed(200), lambda: runs.list(limit=200)),
        "one run with its tasks": (lambda: client.get_run(run_id), lambda: runs.get(run_id)),
    }


def medians(plain: Call, ours: Call, repeats: int) -> Sequence[float]:
    """Return the median milliseconds of each call, made in turns, after one each for warming up."""
    plain()
    ours()
    taken = [[milliseconds(call) for call in (plain, ours)] for _ in range(repeats)]
    return [statistics.median(column) for column in zip(*taken, strict=True)]


def milliseconds(call: Call) -> float:
    """Return how long a call takes."""
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


@contextmanager
def cluster(runs: int) -> Iterator[str]:
    """Serve a stand-in cluster from a process of its own; the block gets its address."""
    command = [sys.executable, "-m", "bench.kubeflow", "--serve", "--runs", str(runs)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close()


def serve(runs: int) -> None:
    """Serve a cluster with many runs of the shipped pipeline until the input ends."""
    sys.path.insert(0, str(TESTS))
    import kfp_server_api as api
    from kubeflow_server import kubeflow_server

    with kubeflow_server() as server:
        state = server.state
        pipeline = state.create_pipeline(api.V2beta1Pipeline(name="delay-prediction"))
        package = Catalog().find("delay-prediction").package.encode()
        version = state.upload_version(pipeline.pipeline_id, "0123456789ab", package)
        newest = state.add_runs(runs, version)[-1]
        newest.runtime_config = api.V2beta1RuntimeConfig(parameters={"models": ["SVC", "MLP"]})
        state.end(newest.run_id)
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
