"""The worker process: told on standard input what to import and, sooner or later, its job."""

import json
import os
import select

from backends.runs_local.component import Parent
from backends.runs_local.fingerprint import code_fingerprint

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
    # Unbuffered, so that what is not read yet can be waited for.
    told = os.fdopen(0, "rb", buffering=0, closefd=False)
    first = told.readline()
    if not first:
        # Who started this process has ended; whoever looks next starts another one.
        return
    greeting = json.loads(first)
    preload, patience = greeting["preload"], greeting["patience_seconds"]
    os.environ.update(_ONE_THREAD_EACH)  # noqa: TID251  # written for the tasks, never read
    code = code_fingerprint(preload) if patience else ""
    parent = Parent(preload)
    from backends.runs_local import worker

    if patience:
        worker.make_ready()
        if not select.select([told], [], [], patience)[0]:
            return
    job = told.read()
    if job and (not patience or worker.go_to_work(job, code, parent)):
        worker.work(job, parent)


main()
