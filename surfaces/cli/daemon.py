"""`daemon`: starts the runs of schedules and triggers until it is stopped."""

import signal
from collections.abc import Sequence
from types import FrameType

from core.errors import AssistantError, SettingsError
from core.runs import Run
from core.settings import read_settings
from core.timetable import cron_in_words
from surfaces.alerting import DriftAlerts
from surfaces.assembly import Assistant, assemble
from surfaces.cli.printing import print_error, print_plain
from surfaces.ticking import Ticker, missed, ticker_of
from surfaces.watching import Watcher, told


def run_daemon(*, once: bool) -> int:
    """Start what is due, and wait for what comes; returns when it is stopped.

    Args:
        once: Whether to start what is due now and end.

    Raises:
        SettingsError: The runs are on a cluster, which has a clock of its own, and there is no
            trigger.
    """
    assistant = assemble(read_settings())
    parts = _parts_of(assistant)
    if once:
        for part in parts:
            part.fire()
        return 0
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _stop)
        _tell(assistant)
        for part in parts:
            part.start()
        parts[0].wait()
    except _StoppedError:
        for part in parts:
            part.stop()
        print_plain("Stopped. Runs that were started go on.")
    return 0


def _parts_of(assistant: Assistant) -> Sequence[Ticker | Watcher]:
    """Return what starts runs here: by the clock, and for objects that arrive."""
    settings = assistant.settings
    alerts = DriftAlerts(assistant.runs, settings.home, settings.alerts)

    def tell() -> None:
        for line in alerts.look():
            print_plain(f"! {line}")

    ticker = ticker_of(assistant.runs, settings.home, _started, print_error, tell)
    watcher = assistant.watcher(lambda firing: print_plain(told(firing)), print_error)
    if ticker is None and (watcher is None or not assistant.triggers.all()):
        raise SettingsError(
            f"Nothing has to be up for schedules {assistant.runs.place}.",
            hint="They fire there; `mlops-swarm tool list_schedules` shows them.",
        )
    return [part for part in (ticker, watcher) if part is not None]


class _StoppedError(Exception):
    """Somebody asked this process to end."""


def _stop(number: int, frame: FrameType | None) -> None:
    del number, frame
    # Once is enough: a second one must not break off how it ends.
    for every in (signal.SIGINT, signal.SIGTERM):
        signal.signal(every, signal.SIG_IGN)
    raise _StoppedError


def _tell(assistant: Assistant) -> None:
    """Print what is scheduled and what was missed."""
    try:
        every = assistant.runs.schedules()
        triggers = assistant.triggers.all()
        lines = missed(assistant.runs)
    except AssistantError as error:
        print_error(error)
        return
    for schedule in every:
        following = (
            f"next {schedule.next_at:%a %Y-%m-%d %H:%M} UTC" if schedule.next_at else "paused"
        )
        times = cron_in_words(schedule.cron)
        print_plain(f"{schedule.name}: {schedule.pipeline}, {times}; {following}")
    for line in lines:
        print_plain(f"! {line}")
    for trigger in triggers:
        state = "" if trigger.enabled else "; paused"
        print_plain(
            f"{trigger.name}: {trigger.pipeline} for what arrives in {trigger.place}{state}"
        )
    if not every and not triggers:
        print_plain("Nothing is scheduled yet; what is from now on is started too.")
    print_plain("Waiting for the next time. Ctrl+C ends it.")


def _started(run: Run) -> None:
    print_plain(f"Started {run.id} ({run.name}) of {run.pipeline} for {run.schedule}.")
