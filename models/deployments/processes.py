"""Starting, finding again and ending the process that answers for a real-time deployment."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil

from core.errors import UnavailableError
from models.deployments.records import LOG

READY_SECONDS = 90.0
"""Loading scikit-learn and a model takes a few seconds; on a busy machine many."""
PATIENCE_SECONDS = 10.0
"""How long a service may take to finish what it was asked before it is ended."""
CLOCK_SECONDS = 2.0
"""By how much the start of one process may seem to differ after the clock was set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A process that answers."""

    pid: int
    started: float
    address: str


class Launcher(Protocol):
    """Brings services to life."""

    def start(self, name: str, folder: Path) -> Service:
        """Start the service of a deployment whose record is written, and wait until it answers.

        Raises:
            UnavailableError: It does not come up; the message says why.
        """
        ...

    def lives(self, pid: int, started: float) -> bool:
        """Return whether this very process still works."""
        ...

    def stop(self, pid: int, started: float) -> None:
        """Let a service finish what it was asked, and end it."""
        ...


@dataclass(frozen=True, slots=True)
class ProcessLauncher:
    """Services as processes of this machine, each of its own session.

    Neither the end of the assistant nor Ctrl+C reaches them.
    """

    command: Sequence[str]
    """What runs the service; the deployment's folder and the handle to report on are added."""

    def start(self, name: str, folder: Path) -> Service:
        """Start the service of a deployment, and wait until it answers."""
        ours, theirs = os.pipe()
        try:
            with (folder / LOG).open("ab") as log:
                process = subprocess.Popen(
                    [*self.command, str(folder), str(theirs)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    pass_fds=[theirs],
                )
        except OSError as error:
            os.close(ours)
            raise UnavailableError(f"The service {name} could not be started: {error}.") from error
        finally:
            os.close(theirs)
        with open(ours, encoding="utf-8") as pipe:
            ready, _, _ = select.select([pipe], [], [], READY_SECONDS)
            told = pipe.readline() if ready else ""
        if not told:
            process.kill()
            process.wait()
            raise UnavailableError(
                f"The service {name} did not come up: {_last_line(folder / LOG)}",
                hint=f"Its log is {folder / LOG}.",
            )
        answer = json.loads(told)
        if "error" in answer:
            process.wait()
            raise UnavailableError(f"The service {name} did not come up: {answer['error']}")
        return Service(
            pid=process.pid,
            started=psutil.Process(process.pid).create_time(),
            address=str(answer["address"]),
        )

    def lives(self, pid: int, started: float) -> bool:
        """Return whether this very process still works."""
        return _process(pid, started) is not None

    def stop(self, pid: int, started: float) -> None:
        """Let a service finish what it was asked, and end it."""
        process = _process(pid, started)
        if process is None:
            return
        with contextlib.suppress(psutil.Error):
            process.terminate()
            try:
                process.wait(PATIENCE_SECONDS)
            except psutil.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)


def python_command(module: str) -> Sequence[str]:
    """Return the command that runs a module with this Python."""
    return [sys.executable, "-P", "-m", module]


def _process(pid: int, started: float) -> psutil.Process | None:
    if not pid:
        return None
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - started) < CLOCK_SECONDS
        works = same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return None
    return process if works else None


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", errors="replace").split("\n") if log.exists() else []
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing.")
