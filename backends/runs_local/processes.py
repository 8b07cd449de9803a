"""Telling whether a worker lives, and ending it with everything it started."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass

import psutil

CLOCK_SECONDS = 2.0
"""By how much the start of one and the same process may seem to differ after the clock was set."""
POLL_SECONDS = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A process that can be told from a later one with the same number."""

    pid: int
    started: float
    detached: bool = True
    """Whether it has a session of its own, which may be ended as a whole."""

    @classmethod
    def of(cls, pid: int, *, detached: bool = True) -> "Worker":
        """Describe a process that exists."""
        return cls(pid=pid, started=psutil.Process(pid).create_time(), detached=detached)

    def lives(self) -> bool:
        """Whether this very process is still working."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < CLOCK_SECONDS
            return same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    def end(self, patience_seconds: float = 0.5) -> None:
        """End the worker's whole group, kindly first, and return when nothing of it works.

        A number stays taken while its group has members. So either the worker lives, or its number
        is free and what is left of the group is what it left behind, or a stranger has the
        number and the group is gone.
        """
        if not self.detached or (psutil.pid_exists(self.pid) and not self._is_ours()):
            return
        strays = self._strays()
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, sign)
            for stray in strays:
                with contextlib.suppress(psutil.Error):
                    stray.send_signal(sign)
            if self._gone_within(patience_seconds, strays):
                return

    def _is_ours(self) -> bool:
        try:
            return abs(psutil.Process(self.pid).create_time() - self.started) < CLOCK_SECONDS
        except psutil.Error:
            return True

    def _strays(self) -> list[psutil.Process]:
        """Return descendants that left the group, such as a server that a task put aside."""
        try:
            family = psutil.Process(self.pid).children(recursive=True)
        except psutil.Error:
            return []
        return [process for process in family if _group_of(process.pid) != self.pid]

    def _gone_within(self, seconds: float, strays: list[psutil.Process]) -> bool:
        deadline = time.monotonic() + seconds
        while any(_works(process) for process in (*_members(self.pid), *strays)):
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True


def _members(group: int) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        if _group_of(process.pid) == group:
            yield process


def _group_of(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except (ProcessLookupError, PermissionError):
        return -1


def _works(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
