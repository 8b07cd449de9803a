"""Measures `score_dataset`: throughput beside the bare model, and memory by the number of rows.

Run `python -m bench.scoring [--rows 200000] [--most-rows 5000000]`. The reference is scikit-learn's
`predict_proba` on the whole table in memory, reading and writing left out. Memory is the peak of a
process of its own that scores a Parquet file, beside one that scores 400,000 rows.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from bench.trained import TABLE, register
from core.settings import read_settings
from models.bundles import Bundles
from pipelines.delay.bundle import Bundle, read_bundle
from pipelines.scoring.scoring import score
from surfaces.assembly import assemble

TARGET_RATIO = 0.8
FEW_ROWS = 400_000
GROWTH_MIB = 30
"""By how much memory may grow from 400,000 rows to all: allocators keep some of what was freed."""


def bundle_in(folder: Path, algorithm: str) -> Path:
    """Train a model and return its bundle as a file."""
    assistant = assemble(read_settings(home=folder / "home"))
    register(assistant.registry, assistant.store, algorithm, "cccccccc")
    place = Bundles(assistant.registry, assistant.store).of(assistant.registry.find("delay"))
    bucket, _, key = place.partition("/")
    return assistant.store.download(bucket, key, folder / "bundle.zip")


def rates(found: Bundle, folder: Path, rows: int) -> dict[str, float]:
    """Return rows a second: the bare model, and score_dataset on CSV and Parquet."""
    import skops.io

    from core.models import TRUSTED_TYPES

    table = pd.read_csv(TABLE, dtype={"district": str})
    table = pd.concat([table] * (rows // len(table) + 1), ignore_index=True).head(rows)
    table.to_csv(folder / "table.csv", index=False)
    table.to_parquet(folder / "table.parquet", index=False)
    model = skops.io.load(folder / "model.skops", trusted=sorted(TRUSTED_TYPES))
    taken: dict[str, list[float]] = {"bare model": [], "table.csv": [], "table.parquet": []}
    for _ in range(3):
        started = time.perf_counter()
        model.predict_proba(table[list(found.scorer.columns)])
        taken["bare model"].append(time.perf_counter() - started)
        for name in ("table.csv", "table.parquet"):
            with (folder / name).open("rb") as content:
                target = folder / f"out{Path(name).suffix}"
                result = score(content, name, target, found.scorer, found.card.typical)
            taken[name].append(result.seconds)
    return {name: rows / statistics.median(seconds) for name, seconds in taken.items()}


def many_rows(folder: Path, rows: int) -> Path:
    """Write a long Parquet file, a block at a time."""
    once = pd.read_csv(TABLE, dtype={"district": str})
    # Row groups of the size that writers choose: each costs some memory by itself.
    table = pa.Table.from_pandas(pd.concat([once] * 28, ignore_index=True), preserve_index=False)
    path = folder / f"rows-{rows}.parquet"
    with pq.ParquetWriter(path, table.schema) as writer:
        written = 0
        while written < rows:
            writer.write_table(table.slice(0, min(len(table), rows - written)))
            written += len(table)
    return path


def peak_mib(folder: Path, rows: int) -> tuple[float, float]:
    """Score a long file in a process of its own; return its peak memory and rows a second."""
    command = [sys.executable, "-m", "bench.scoring", "--one", str(many_rows(folder, rows))]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=os.getcwd())
    told = json.loads(done.stdout)
    return float(told["mib"]), float(told["rows"]) / float(told["seconds"])


def score_one(path: Path) -> None:
    """Score one file and print the peak memory of this process."""
    found = read_bundle(path.parent / "bundle.zip", path.parent)
    with path.open("rb") as content:
        target = path.parent / "long.parquet"
        result = score(content, path.name, target, found.scorer, found.card.typical)
    # Not `ru_maxrss`: that one begins with the memory of the process that started this one.
    told = Path("/proc/self/status").read_text("ascii")
    peak = float(told.partition("VmHWM:")[2].split()[0]) / 1024
    print(json.dumps({"mib": peak, "rows": result.rows, "seconds": result.seconds}))


def main() -> int:
    """Print throughput and memory; 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--algorithm", default="GradientBoosting")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--most-rows", type=int, default=5_000_000)
    parser.add_argument("--one", type=Path)
    given = parser.parse_args()
    if given.one:
        score_one(given.one)
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = read_bundle(bundle_in(folder, given.algorithm), folder)
        measured = rates(found, folder, given.rows)
        few, _ = peak_mib(folder, FEW_ROWS)
        most, rate = peak_mib(folder, given.most_rows)
    bare = measured["bare model"]
    print(f"{given.algorithm}, {given.rows:,} rows, median of 3 in turns:")
    for what, value in measured.items():
        print(f"{what:<16}{value:>12,.0f} rows/s   ratio {value / bare:.2f}")
    print(f"peak memory: {FEW_ROWS:,} rows {few:.0f} MiB, {given.most_rows:,} rows {most:.0f} MiB")
    print(f"{given.most_rows:,} rows at {rate:,.0f} rows/s")
    print(f"targets: ratio at least {TARGET_RATIO}, memory grows by at most {GROWTH_MIB} MiB")
    ratio = min(measured["table.csv"], measured["table.parquet"]) / bare
    return 0 if ratio >= TARGET_RATIO and most - few <= GROWTH_MIB else 1


if __name__ == "__main__":
    raise SystemExit(main())
