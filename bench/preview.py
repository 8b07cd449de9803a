"""Measures what a preview of a large table costs.

Run `python -m bench.preview [gibibytes]`. A table of that size (1 by default) is put into a folder
store; a process of its own previews it, so that what is measured is the preview and what it
imports. Beside it: reading the file once.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from backends.store_folder import FolderStore

TARGET_SECONDS = 2.0
TARGET_MIB = 200.0
ROW = "{number},Brooklyn,2024-03-{day:02d},{days},Design,roof and masonry work at the school\n"
BLOCK_ROWS = 20_000

_PREVIEW = """
import sys, time, resource
from pathlib import Path
from backends.store_folder import FolderStore
from objects.preview import preview
import pandas
began = time.perf_counter()
shown = preview(FolderStore(Path(sys.argv[1])), "datasets", "large.csv", 10)
took = time.perf_counter() - began
print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, shown.total_rows)
"""
_BARE = """
import resource, pandas
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def write_table(path: Path, size: int) -> None:
    """Write a table of about so many bytes."""
    with path.open("w", encoding="utf-8") as target:
        target.write("number,borough,start,days,phase,description\n")
        number = 0
        while target.tell() < size:
            rows = range(number, number + BLOCK_ROWS)
            target.write("".join(ROW.format(number=n, day=n % 28 + 1, days=n % 90) for n in rows))
            number += BLOCK_ROWS


def measured(program: str, *arguments: str) -> list[float]:
    """Return the numbers that a program prints."""
    said = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )
    return [float(part) for part in said.stdout.split()]


def main() -> None:
    """Print the table."""
    size = int(float(sys.argv[1] if len(sys.argv) > 1 else 1) * 2**30)
    with tempfile.TemporaryDirectory(prefix="mlops-swarm-bench-") as folder:
        root = Path(folder, "objects")
        table = root / "datasets" / "large.csv"
        table.parent.mkdir(parents=True)
        write_table(table, size)
        FolderStore(root).stat("datasets", "large.csv")
        began = time.perf_counter()
        with table.open("rb") as content:
            while content.read(1 << 20):
                pass
        once = time.perf_counter() - began
        took, memory, rows = measured(_PREVIEW, str(root))
        (bare,) = measured(_BARE)
        print(f"{table.stat().st_size / 2**30:.2f} GiB, {rows:,.0f} rows")
    print(f"{'preview':<42}{took:>8.2f} s   (target: at most {TARGET_SECONDS:g} s)")
    print(f"{'reading the file once':<42}{once:>8.2f} s")
    print(f"{'memory of the whole process':<42}{memory:>8.0f} MiB (target: at most {TARGET_MIB:g})")
    print(f"{'of it, Python with pandas imported':<42}{bare:>8.0f} MiB")
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{'(this bench itself)':<42}{own:>8.0f} MiB")


if __name__ == "__main__":
    main()
