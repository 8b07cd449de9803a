"""Telling of drift that a check has found, in the terminal, on stdout and by webhook."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from backends.alerts_webhook import send
from core.alerts import Alert, drift_alert
from core.drift import DriftReport
from core.errors import AssistantError
from core.runs import Run, RunBackend, RunQuery, RunState
from core.services import AlertSettings

CHECK = "drift-check"
TOLD = "alerts.json"
LOOKED_AT = 20
"""How many of the latest checks are looked at."""


class DriftAlerts:
    """Looks at drift checks that have ended since the last look, and tells each finding once.

    Args:
        runs: Where the checks run.
        home: Where it is noted what was told; a home that is new begins with nothing to tell.
        settings: Where alerts are sent.
    """

    def __init__(self, runs: RunBackend, home: Path, settings: AlertSettings) -> None:
        self._runs = runs
        self._file = home / TOLD
        self._settings = settings

    def look(self) -> Sequence[str]:
        """Return what is to be told, in words; it is sent as well where an address is set.

        Raises:
            AssistantError: The runs cannot be listed.
        """
        query = RunQuery(pipeline=CHECK, state=RunState.SUCCEEDED)
        ended = self._runs.list(query, limit=LOOKED_AT).items
        told = self._told()
        self._note([run.id for run in ended])
        if told is None:
            return []
        lines = []
        for run in reversed([run for run in ended if run.id not in told]):
            alert = alert_of(run)
            if alert is not None:
                lines += [alert.text, *sent(alert, self._settings)]
        return lines

    def _told(self) -> set[str] | None:
        try:
            return set(json.loads(self._file.read_text("utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            # A damaged note costs an alert told twice, not one that is lost.
            return set()

    def _note(self, ids: Sequence[str]) -> None:
        draft = self._file.with_suffix(".part")
        draft.write_text(json.dumps(list(ids)), encoding="utf-8")
        draft.replace(self._file)


def sent(alert: Alert, settings: AlertSettings) -> Sequence[str]:
    """Send an alert where an address is set; return why it could not be, if so."""
    if not settings.webhook.get_secret_value():
        return []
    try:
        send(alert, settings)
    except AssistantError as error:
        return [str(error)]
    return []


def alert_of(run: Run) -> Alert | None:
    """Return the alert of a drift check; None where nothing has drifted."""
    told = f"run {run.id}, {run.name}"
    alert = drift_alert(run.metrics, run.parameters.get("data"), run.pipeline, told)
    return replace(alert, run_id=run.id) if alert is not None else None


def alerts_in(value: object) -> Sequence[str]:
    """Return what a tool's value alerts of, in words."""
    return value.alerts if isinstance(value, DriftReport) else ()
