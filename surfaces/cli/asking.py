"""`ask`: one request, its events, and the runs that its answer hangs on."""

import asyncio
import contextlib
import signal
import sys
from dataclasses import dataclass
from textwrap import shorten

from rich.markdown import Markdown

from agents.events import (
    ApprovalDecided,
    Event,
    HandOff,
    RunEnded,
    ToolFinished,
    ToolProgressed,
    TurnFinished,
)
from agents.session import POLL_SECONDS, Session
from core.errors import RequestError
from core.runs import Run, TaskState
from core.settings import read_settings
from surfaces.assembly import Assistant, assemble
from surfaces.cli.approving import approver, stand_in
from surfaces.cli.printing import (
    clear_line,
    event_json,
    output,
    print_alerts,
    print_json,
    print_moving,
    print_plain,
    progress,
)
from surfaces.rendering import clean, duration

STOPPED = 130
SHOWN_CHARACTERS = 200
"""How much of a request is shown where it is handed on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How one request is asked."""

    as_json: bool
    yes: bool
    read_only: bool
    session: str
    wait: bool


def run_ask(text: str, asking: Asking) -> int:
    """Ask, print what happens, return the exit code.

    Raises:
        RequestError: The request is empty.
    """
    if not text.strip():
        raise RequestError("The request is empty.", hint='Try: mlops-swarm ask "list the runs".')
    assistant = assemble(read_settings(read_only=asking.read_only or None))
    return asyncio.run(_ask(assistant, text, asking))


async def _ask(assistant: Assistant, text: str, asking: Asking) -> int:
    session = assistant.session(asking.session)
    task = asyncio.ensure_future(_turns(assistant, session, _readable(text), asking))
    loop = asyncio.get_running_loop()
    # Ctrl+C ends the turn through its own clean-up, so that the conversation stays whole.
    with contextlib.suppress(NotImplementedError):
        loop.add_signal_handler(signal.SIGINT, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        clear_line()
        sys.stderr.write(
            "Stopped. Runs that were started go on;"
            f" `--session {session.id}` carries this conversation on.\n"
        )
        return STOPPED
    finally:
        # Also after a failure: what was started can then be asked about where it was started.
        if not asking.as_json and not task.cancelled():
            progress().print(f"session {session.id}", style="dim")


def _readable(text: str) -> str:
    """Replace bytes of an argument that were no UTF-8: they could be neither kept nor printed."""
    return text.encode(errors="surrogateescape").decode(errors="replace")


async def _turns(assistant: Assistant, session: Session, text: str, asking: Asking) -> int:
    approve, accept = approver(yes=asking.yes), stand_in(yes=asking.yes)
    code = 0
    async with contextlib.aclosing(session.ask(text, approve, accept)) as events:
        async for event in events:
            code = max(code, _show(event, session, asking))
    shown = ""
    while asking.wait and session.waiting():
        async with contextlib.aclosing(session.ended(approve, accept)) as events:
            async for event in events:
                code = max(code, _show(event, session, asking))
        if session.waiting():
            shown = _show_progress(assistant, session, shown)
            await asyncio.sleep(POLL_SECONDS)
    return code


def _show(event: Event, session: Session, asking: Asking) -> int:
    """Show an event, and return the exit code that it asks for."""
    if isinstance(event, ToolProgressed):
        print_moving(event)
        return 0
    if asking.as_json:
        print_json(event_json(event, session.id))
    else:
        _show_to_person(event)
    if isinstance(event, TurnFinished):
        return 1 if event.stopped else 0
    if isinstance(event, ApprovalDecided):
        return 1 if event.decision == "reject" else 0
    return 1 if isinstance(event, RunEnded) and event.run.state != "SUCCEEDED" else 0


def _show_to_person(event: Event) -> None:
    console = progress()
    match event:
        case HandOff():
            request = shorten(clean(event.request), SHOWN_CHARACTERS, placeholder=" …")
            told = f"→ {event.agent}: {request}"
            console.print(told, style="dim", markup=False, soft_wrap=True)
        case ToolFinished():
            clear_line()
            mark = "✓" if event.ok else "✗"
            told = f"  {mark} {event.tool} ({duration(event.seconds)})"
            console.print(told, style="dim" if event.ok else "red", markup=False)
            print_alerts(event.value)
        case RunEnded():
            clear_line()
            run = event.run
            console.print(f"Run {run.id} ({run.name}) ended: {run.state}.", markup=False)
        case TurnFinished() if event.answer:
            out = output()
            if out.is_terminal:
                out.print(Markdown(clean(event.answer)))
            else:
                print_plain(event.answer)


def _show_progress(assistant: Assistant, session: Session, shown: str) -> str:
    """Write where the run stands to stderr, when that changed; a terminal gets one live line."""
    run = assistant.runs.get(session.waiting()[0].run_id)
    line = _progress_line(run)
    if line != shown:
        clear_line()
        sys.stderr.write(line if sys.stderr.isatty() else f"{line}\n")
        sys.stderr.flush()
    return line


def _progress_line(run: Run) -> str:
    done = sum(task.seconds is not None for task in run.tasks)
    busy = [task.name for task in run.tasks if task.state is TaskState.RUNNING]
    tasks = "1 task" if done == 1 else f"{done} tasks"
    return f"  {run.id} {run.state}: {tasks} done; now {', '.join(busy) or '…'}"[:110]
