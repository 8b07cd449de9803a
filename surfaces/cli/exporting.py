"""`export`: a conversation as a script; `wait`: what such a script does between its steps."""

import asyncio
from pathlib import Path

from agents.approval import Caller
from agents.events import Event
from agents.exports.formats import format_of
from core.errors import AssistantError, SettingsError
from core.settings import read_settings
from surfaces.assembly import assemble
from surfaces.cli.approving import approver
from surfaces.cli.calling import PERSON
from surfaces.cli.printing import error_json, print_json, print_value
from surfaces.scripting import wait_for


def run_export(path: str, format_name: str, session: str, *, as_json: bool, yes: bool) -> int:
    """Write a conversation's work to a file and print what is in it.

    Raises:
        AssistantError: There is no such conversation, nothing was done in it, or it was rejected.
    """
    try:
        assistant = assemble(read_settings())
        chosen = assistant.sessions.get(session).id if session else ""
        arguments = {"path": path, "format": format_name or format_of(Path(path)).value}
        caller = Caller(PERSON, approver(yes=yes), _ignore, session=chosen)
        value = asyncio.run(assistant.toolbox.call("export_session", arguments, caller))
    except AssistantError as error:
        return _told(error, as_json=as_json)
    if as_json:
        print_json(value)
    else:
        print_value(value)
    return 0


def run_wait(run: str, *, any_end: bool, as_json: bool) -> int:
    """Wait for a run to end and print how it ended.

    Raises:
        AssistantError: There is no such run, or it did not succeed.
    """
    try:
        ended = wait_for(assemble(read_settings()), run, must_succeed=not any_end)
    except AssistantError as error:
        return _told(error, as_json=as_json)
    if as_json:
        print_json(ended)
    else:
        print_value(ended)
    return 0


def _told(error: AssistantError, *, as_json: bool) -> int:
    if not as_json or isinstance(error, SettingsError):
        raise error
    print_json(error_json(error))
    return 1


def _ignore(event: Event) -> None:
    del event
