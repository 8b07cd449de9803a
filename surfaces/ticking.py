"""Looking at the clock for schedules that only fire while an assistant is up."""

import contextlib
import fcntl
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from core import clock
from core.errors import AssistantError
from core.runs import Run, RunBackend
from core.schedules import Schedule, Ticking

LONGEST_WAIT_SECONDS = 20.0
"""A schedule that another assistant creates is seen after this at the latest."""
SHORTEST_WAIT_SECONDS = 0.2
LOCK = "schedules.lock"
MISSED_AGE = timedelta(days=7)
"""Firings that passed longer ago are not told of again at every start."""


class Ticker:
    """Starts scheduled runs in a thread of its own, until it is stopped.

    Several assistants may tick for one home: the one that holds the lock looks at the clock, and
    another takes over when it ends.

    Args:
        runs: Whose schedules.
        home: Where the lock is.
        started: Told every run that was started, in the ticking thread.
        failed: Told why the clock could not be looked at, in the ticking thread; once until it
            works again.
        also: Done at each look, in the ticking thread.
    """

    def __init__(
        self,
        runs: Ticking,
        home: Path,
        started: Callable[[Run], None],
        failed: Callable[[AssistantError], None],
        also: Callable[[], None] = lambda: None,
    ) -> None:
        self._also = also
        self._runs = runs
        self._home = home
        self._started = started
        self._failed = failed
        self._broken = False
        self._stop = threading.Event()
        # A thread that nobody waits for: leaving the terminal must not hang on it.
        self._thread = threading.Thread(target=self._tick, name="schedules", daemon=True)

    def start(self) -> None:
        """Begin to look at the clock."""
        self._thread.start()

    def stop(self, seconds: float = 5) -> None:
        """Look at the clock no more; a run that is being started is started."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def wait(self) -> None:
        """Wait until it is stopped."""
        self._stop.wait()

    def _tick(self) -> None:
        with _lock(self._home) as lock:
            while not self._stop.is_set():
                if _taken(lock):
                    self.fire()
                self._stop.wait(self._seconds())

    def fire(self) -> None:
        """Start what is due now."""
        try:
            for run in self._runs.fire_due():
                self._started(run)
            self._also()
            self._broken = False
        except AssistantError as error:
            if not self._broken:
                self._failed(error)
            self._broken = True

    def _seconds(self) -> float:
        """Return how long to wait: until the next firing, but never for long."""
        try:
            every = self._runs.schedules()
        except AssistantError:
            return LONGEST_WAIT_SECONDS
        now = clock.now()
        waits = [(one.next_at - now).total_seconds() for one in every if one.next_at]
        return max(min([*waits, LONGEST_WAIT_SECONDS]), SHORTEST_WAIT_SECONDS)


def ticker_of(
    runs: RunBackend,
    home: Path,
    started: Callable[[Run], None],
    failed: Callable[[AssistantError], None],
    also: Callable[[], None] = lambda: None,
) -> Ticker | None:
    """Return what looks at the clock; None where the run backend has a clock of its own."""
    return Ticker(runs, home, started, failed, also) if isinstance(runs, Ticking) else None


def missed(runs: RunBackend) -> Sequence[str]:
    """Return, in words, what schedules missed of late while nothing was up.

    Raises:
        UnavailableError: The schedules cannot be read.
    """
    since = clock.now() - MISSED_AGE
    return [
        _missed(schedule, count)
        for schedule in runs.schedules()
        if (count := sum(at >= since for at in schedule.missed))
    ]


def _missed(schedule: Schedule, count: int) -> str:
    last = f"{schedule.missed[-1]:%a %Y-%m-%d %H:%M} UTC"
    if count == 1:
        return f"{schedule.name} missed {last}: nothing was up to run it."
    return f"{schedule.name} missed {count} firings, the last {last}: nothing was up to run them."


@contextlib.contextmanager
def _lock(home: Path) -> Iterator[int]:
    handle = os.open(home / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield handle
    finally:
        os.close(handle)


def _taken(lock: int) -> bool:
    """Take the lock, if no other assistant has it; the system frees it when its holder ends."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
