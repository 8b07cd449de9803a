"""What the commands print: values for people on stdout, progress on stderr, JSON for programs."""

import sys
from collections.abc import Mapping

from pydantic_core import to_json, to_jsonable_python
from rich.console import Console

from agents.events import (
    ApprovalDecided,
    Event,
    HandOff,
    RunEnded,
    TextArrived,
    ToolFinished,
    ToolProgressed,
    ToolStarted,
    TurnFinished,
)
from core.errors import AssistantError
from surfaces.alerting import alerts_in
from surfaces.rendering import clean, render
from surfaces.rendering.moving import moving
from surfaces.words import escaped

PIPE_COLUMNS = 160
"""How wide tables and paragraphs are where no terminal says it."""


def output() -> Console:
    """Return the console for results; a pipe gets plain text, NO_COLOR is respected."""
    # Without a width of its own, a pipe would get the 80 columns of a terminal that is not there.
    width = None if sys.stdout.isatty() else PIPE_COLUMNS
    return _plain_if_asked(Console(file=sys.stdout, width=width))


def progress() -> Console:
    """Return the console for what goes on meanwhile."""
    return _plain_if_asked(Console(file=sys.stderr, highlight=False))


def _plain_if_asked(console: Console) -> Console:
    """Return a console without any escape codes where NO_COLOR is set: Rich keeps bold and dim."""
    if not console.no_color:
        return console
    return Console(file=console.file, width=console.width, color_system=None, highlight=False)


def print_value(value: object) -> None:
    """Print a value for a person."""
    output().print(render(value))


def print_plain(text: str) -> None:
    """Print text from anywhere as it is: nothing in it is markup, and no line is broken."""
    output().print(clean(text), markup=False, highlight=False, soft_wrap=True)


def print_alerts(value: object) -> None:
    """Print what a tool's value alerts of, a line each."""
    for line in alerts_in(value):
        print_plain(f"! {line}")


def print_moving(event: ToolProgressed) -> None:
    """Show on one live line how far a transfer is; a pipe is told nothing of it."""
    if sys.stderr.isatty():
        clear_line()
        progress().print(moving(event), end="")


def clear_line() -> None:
    """Take away the live line, if there is one."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[2K")
        sys.stderr.flush()


def print_json(value: object) -> None:
    """Print a value as one line of JSON."""
    # A pipe may still end at a terminal.
    sys.stdout.write(escaped(to_json(value).decode()) + "\n")
    sys.stdout.flush()


def print_error(error: AssistantError) -> None:
    """Print a problem and its way out."""
    console = progress()
    console.print(clean(error.message), style="bold red", markup=False, soft_wrap=True)
    if error.hint:
        console.print(clean(error.hint), markup=False, soft_wrap=True)


def error_json(error: AssistantError) -> Mapping[str, object]:
    """Return a problem as a program reads it."""
    return {"ok": False, "error": error.message, "hint": error.hint}


def event_json(event: Event, session: str) -> Mapping[str, object]:
    """Return an event as the line that `ask --json` prints, of the conversation with this id."""
    match event:
        case HandOff():
            return {"event": "hand_off", "agent": event.agent, "request": event.request}
        case ToolStarted():
            return {
                "event": "tool_started",
                "agent": event.agent,
                "tool": event.tool,
                "arguments": to_jsonable_python(event.arguments),
            }
        case ApprovalDecided():
            return {
                "event": "approval",
                "tool": event.tool,
                "arguments": to_jsonable_python(event.arguments),
                "decision": event.decision,
            }
        case ToolFinished():
            return _finished(event)
        case TurnFinished():
            return {**_said(event), "session": session}
    return _said(event)


def _finished(event: ToolFinished) -> Mapping[str, object]:
    failed = {"error": event.error, "hint": event.hint}
    return {
        "event": "tool_finished",
        "agent": event.agent,
        "tool": event.tool,
        "ok": event.ok,
        "result": to_jsonable_python(event.value) if event.ok else failed,
        "seconds": round(event.seconds, 4),
    }


def _said(event: Event) -> Mapping[str, object]:
    match event:
        case TextArrived():
            return {"event": "text", "agent": event.agent, "text": event.text}
        case RunEnded():
            run = {"id": event.run.id, "name": event.run.name, "state": event.run.state}
            return {
                "event": "run_ended",
                "run": run,
                "reason": event.run.reason,
                "request": event.request,
            }
        case TurnFinished():
            return {
                "event": "turn_finished",
                "answer": event.answer,
                "model_calls": event.model_calls,
                "tokens": event.tokens,
                "seconds": round(event.seconds, 3),
                "stopped": event.stopped,
            }
    raise AssertionError(f"no such event: {event}")
