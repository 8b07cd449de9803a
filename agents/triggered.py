"""Runs that a trigger starts: approved when it was set up, and written down like every change."""

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath

from agents.events import Effect
from core.audit import AuditEntry, AuditLog
from core.errors import AssistantError
from core.objects import StoredObject
from core.pipelines import ParameterValue
from core.runs import Run, RunBackend
from core.secrets import Masker
from core.triggers import Trigger
from pipelines.catalog import Catalog

LONGEST_NAME = 80
_NO_NAME = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class TriggeredRuns:
    """Starts the run that a trigger is for."""

    catalog: Catalog
    runs: RunBackend
    audit: AuditLog
    masker: Masker

    def start(self, trigger: Trigger, found: StoredObject) -> Run:
        """Start a trigger's run for an object that arrived.

        The log says on whose word: `trigger <name>`, which a person approved.

        Raises:
            AssistantError: It could not be started, or not be written down.
        """
        name = run_name(trigger, found)
        given = {**trigger.parameters, trigger.parameter: found.reference}
        call = uuid.uuid4().hex[:12]
        self._record(trigger, given, name, call, stage="begun")
        try:
            run = self.runs.start(self.catalog.find(trigger.pipeline), given, name=name)
        except AssistantError as error:
            self._record(trigger, given, name, call, error=error.message)
            raise
        self._record(trigger, given, name, call, ok=True)
        return run

    def _record(
        self,
        trigger: Trigger,
        given: dict[str, ParameterValue],
        name: str,
        call: str,
        *,
        stage: str = "ended",
        ok: bool = False,
        error: str = "",
    ) -> None:
        arguments: dict[str, object] = {
            "pipeline": trigger.pipeline,
            "parameters": given,
            "name": name,
        }
        self.audit.record(
            AuditEntry(
                at=datetime.now(UTC),
                session="",
                agent="trigger",
                tool="start_run",
                arguments=self.masker.value(arguments),
                effect=str(Effect.WRITES),
                decision=f"trigger {trigger.name}",
                stage=stage,
                call=call,
                ok=ok,
                error=self.masker.text(error),
            )
        )


def run_name(trigger: Trigger, found: StoredObject) -> str:
    """Return what a triggered run is called: the trigger and the object's name without its end."""
    stem = _NO_NAME.sub("-", PurePosixPath(found.key).stem).strip("-.")
    return f"{trigger.name}-{stem}"[:LONGEST_NAME].rstrip("-.")
