"""The worker process: told its job on standard input."""

import json
import os
import sys

from backends.runs_local.component import Parent

_ONE_THREAD_EACH = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    # Arrow brings an allocator that would start a thread of its own.
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
"""Tasks share the processors; and only a parent with one thread may be forked."""


def main() -> None:
    """Start the parent of the tasks first: its imports take longest."""
    told = sys.stdin.buffer.read()
    if not told:
        # Who started this process has ended; whoever looks next starts another one.
        return
    os.environ.update(_ONE_THREAD_EACH)  # noqa: TID251  # written for the tasks, never read
    parent = Parent(json.loads(told)["preload"])
    from backends.runs_local.worker import work

    work(told, parent)


main()
