"""The assistant for programs: its tools by name, without a model and without a terminal.

```python
from surfaces.scripting import open_assistant, show

assistant = open_assistant(allow_changes=True)
run = assistant.call("start_run", pipeline="delay-prediction", parameters={"folds": 3})
assistant.wait(run.id)
show(assistant.call("read_metrics", run=run.id))
```
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from agents.approval import Caller, RejectedError
from agents.events import Answer, ApprovalCard, Decision, Event
from agents.tools.references import find_run
from core.errors import RequestError
from core.runs import Run, RunState
from core.settings import read_settings
from surfaces.assembly import Assistant, assemble

SCRIPT = "script"
"""On whose behalf a program calls tools."""
LOOK_SECONDS = 0.4
"""How often a run is looked at that is waited for."""


@dataclass(frozen=True, slots=True)
class ScriptedAssistant:
    """What a program can do.

    Args:
        assistant: Who does it.
        allow_changes: Whether the program may change things; each call is in the log.
    """

    assistant: Assistant
    allow_changes: bool = False

    def call(self, tool: str, /, **arguments: Any) -> Any:
        """Call a tool by its name and return its value.

        Args:
            tool: The tool; `mlops-swarm tool` lists them with their arguments.
            arguments: Its arguments.

        Raises:
            AssistantError: The call was not possible or failed, in words.
        """
        caller = Caller(agent=SCRIPT, approve=self._approve, notify=_ignore)
        call = self.assistant.toolbox.call(tool, arguments, caller)
        # A notebook has a loop of its own in this thread already.
        with ThreadPoolExecutor(max_workers=1) as thread:
            return thread.submit(asyncio.run, call).result()

    def wait(self, run: str, *, must_succeed: bool = True) -> Run:
        """Return a run when it has ended.

        Args:
            run: An id, the beginning of one, a name, `latest`.
            must_succeed: Whether another end than success is an error.

        Raises:
            NotFoundError: There is no such run.
            RequestError: It did not succeed; the message says how it ended.
        """
        return wait_for(self.assistant, run, must_succeed=must_succeed)

    async def _approve(self, card: ApprovalCard) -> Decision:
        if not self.allow_changes:
            raise RejectedError(
                f"{card.tool} changes something, and this program may not.",
                hint="Open the assistant with allow_changes=True.",
            )
        return Decision(answer=Answer.ALLOW)


def open_assistant(*, allow_changes: bool = False) -> ScriptedAssistant:
    """Return the assistant as the settings describe it.

    Args:
        allow_changes: Whether tools may be called that write or destroy.

    Raises:
        AssistantError: The settings or the home cannot be used, in words.
    """
    return ScriptedAssistant(assemble(read_settings()), allow_changes)


def show(value: object) -> None:
    """Print a tool's value as the command line does."""
    from surfaces.cli.printing import print_value

    print_value(value)


def wait_for(assistant: Assistant, reference: str, *, must_succeed: bool = True) -> Run:
    """Return a run when it has ended.

    Args:
        assistant: Who knows of it.
        reference: What it is called.
        must_succeed: Whether another end than success is an error.

    Raises:
        NotFoundError: There is no such run.
        RequestError: It did not succeed; the message says how it ended.
    """
    run = find_run(assistant.runs, reference)
    while not run.state.ended:
        time.sleep(LOOK_SECONDS)
        run = assistant.runs.get(run.id)
    run = assistant.masker.value(run)
    if must_succeed and run.state is not RunState.SUCCEEDED:
        raise RequestError(
            f"Run {run.id} ({run.name}) ended: {run.state}. {run.reason}".strip(),
            hint="`diagnose_run` says why.",
            quoted=[run.name, run.reason],
        )
    return run


def _ignore(event: Event) -> None:
    del event
