"""A worker process that has its imports done before there is a run for it.

Most of what passes before the first task of a run works are imports. They are the same for every
run, so they can be done while a person still reads what the run will be.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import IO

DISMISSAL_SECONDS = 2.0


def greeting(preload: Sequence[str], patience_seconds: float) -> bytes:
    """Return the first line that a worker is told, before its job.

    Args:
        preload: Modules that its tasks need.
        patience_seconds: How long it waits for a job, its imports done; zero if the job follows.
    """
    told = {"preload": list(preload), "patience_seconds": patience_seconds}
    return json.dumps(told).encode() + b"\n"


def worker_process(log: IO[bytes] | int, folder: Path) -> "subprocess.Popen[bytes]":
    """Start a worker in a session of its own; it is to be told what to do."""
    return subprocess.Popen(
        [sys.executable, "-P", "-u", "-m", "backends.runs_local"],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=subprocess.STDOUT,
        cwd=folder,
        start_new_session=True,
    )


class ReadyWorkers:
    """Keeps at most one worker that waits for a job.

    It ends by itself when its patience does, and with the process that asked for it.

    Args:
        folder: Where it may wait.
        preload: Modules that tasks need and that are slow to import.
        patience_seconds: How long it waits; zero to keep none.
    """

    def __init__(self, folder: Path, preload: Sequence[str], patience_seconds: float) -> None:
        self._folder = folder
        self._preload = preload
        self._patience_seconds = patience_seconds
        self._waiting: list[subprocess.Popen[bytes]] = []
        self._lock = threading.Lock()
        weakref.finalize(self, _dismiss, self._waiting)

    def expect(self) -> None:
        """Have a worker ready soon; what keeps it from starting is told when a run starts."""
        with self._lock:
            if not self._patience_seconds or self._one_waits():
                return
            # Nothing depends on it: a run without one starts its own, and tells what went wrong.
            with contextlib.suppress(OSError):
                self._folder.mkdir(parents=True, exist_ok=True)
                process = worker_process(subprocess.DEVNULL, self._folder)
                self._waiting.append(process)
                assert process.stdin is not None
                process.stdin.write(greeting(self._preload, self._patience_seconds))
                process.stdin.flush()

    def take(self) -> "subprocess.Popen[bytes] | None":
        """Hand over the worker that waits, if one does."""
        with self._lock:
            return self._waiting.pop() if self._one_waits() else None

    def _one_waits(self) -> bool:
        for process in list(self._waiting):
            if process.poll() is not None:
                self._waiting.remove(process)
                _close(process)
        return bool(self._waiting)


def _dismiss(waiting: "list[subprocess.Popen[bytes]]") -> None:
    for process in waiting:
        _close(process)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(DISMISSAL_SECONDS)
    waiting.clear()


def _close(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(OSError):
        assert process.stdin is not None
        process.stdin.close()
