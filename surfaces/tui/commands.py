"""What the terminal's own commands do."""

import asyncio
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import AssistantError, NotFoundError, RequestError
from core.passages import CITATION_MARK
from core.runs import Run, RunLogs
from surfaces.tui import modes
from surfaces.tui.opening import has_window_browser
from surfaces.tui.prompt import Prompt
from surfaces.tui.slash import COMMANDS
from surfaces.tui.welcome import Welcome

if TYPE_CHECKING:
    from surfaces.tui.app import SwarmApp
    from surfaces.tui.assistant import Assistant
    from surfaces.tui.palette import Entry
    from surfaces.tui.sessions_screen import SessionChoice


def run_command(app: "SwarmApp", line: str) -> bool:
    """Run a command of the terminal itself; False if the line is none."""
    name, _, argument = line.removeprefix("/").partition(" ")
    command = _COMMANDS.get(name)
    if command is None:
        return False
    if len(app.screen_stack) > 1:
        # A screen is open already; keys that open another do nothing there.
        return True
    try:
        command(app, argument.strip())
    except AssistantError as error:
        app.transcript.say(error.message, "problem", error.hint)
    return True


def entries(app: "SwarmApp") -> "list[Entry]":
    """Return what the command palette offers: commands, examples and tools."""
    from surfaces.tui.palette import Entry

    found = [
        Entry(
            name=command.name.capitalize(),
            help=command.help,
            # What needs a word after it is left for the person to finish.
            run=partial(app.prompt.fill, f"/{command.name} ")
            if command.usage.startswith("<")
            else partial(app.run_own_command, f"/{command.name}"),
        )
        for command in COMMANDS
    ]
    found += [
        Entry(name=example, help="Ask this.", run=partial(app.prompt.fill, example))
        for example in Welcome.EXAMPLES
    ]
    if app.assistant is not None:
        found += [
            Entry(
                name=tool.name,
                help=f"{tool.summary} Calls the tool, without the model.",
                run=partial(app.prompt.fill, f"/{tool.name} "),
            )
            for tool in app.assistant.toolbox
        ]
    return found


def _assistant(app: "SwarmApp") -> "Assistant":
    if app.assistant is None:
        raise RequestError("The assistant is not ready yet.", hint="Try again in a moment.")
    return app.assistant


def _help(app: "SwarmApp", argument: str) -> None:
    from surfaces.tui.approval import ApprovalView, ArgumentsEditor
    from surfaces.tui.help_screen import HelpScreen
    from surfaces.tui.log_screen import LogScreen
    from surfaces.tui.passage_screen import PassageScreen
    from surfaces.tui.prompt import Prompt
    from surfaces.tui.runs_panel import RunList
    from surfaces.tui.sessions_screen import SessionsScreen
    from surfaces.tui.tool_card import ToolCard

    del argument
    keys = (
        ("Anywhere", type(app).BINDINGS),
        ("In the prompt", Prompt.BINDINGS),
        ("On an approval", ApprovalView.BINDINGS),
        ("While editing its arguments", ArgumentsEditor.BINDINGS),
        ("On a tool call (Tab goes to it)", ToolCard.BINDINGS),
        ("In the runs", RunList.BINDINGS),
        ("In the logs", LogScreen.BINDINGS),
        ("In the conversations", SessionsScreen.BINDINGS),
        ("In a cited passage", PassageScreen.BINDINGS),
    )
    app.push_screen(HelpScreen(keys, Welcome.EXAMPLES))


def _runs(app: "SwarmApp", argument: str) -> None:
    del argument
    app.action_runs()


def _logs(app: "SwarmApp", argument: str) -> None:
    from agents.tools.references import find_run
    from surfaces.tui.log_screen import TAIL, LogScreen

    runs, masked = _assistant(app).runs, _assistant(app).toolbox.masked

    async def show() -> None:
        run_id = (await asyncio.to_thread(find_run, runs, argument or "latest")).id

        def read(task: str) -> tuple[Run, RunLogs]:
            return masked((runs.get(run_id), runs.logs(run_id, task, TAIL)))

        app.push_screen(LogScreen(read))

    app.run_worker(show(), group="logs", exit_on_error=False)


def _sessions(app: "SwarmApp", argument: str) -> None:
    from surfaces.tui.sessions_screen import SessionsScreen

    del argument

    def chosen(choice: "SessionChoice | None") -> None:
        if choice is not None:
            app.change_session(choice.session_id)

    current = app.session.id if app.session is not None else ""
    # Every start begins a conversation; those in which nothing was said are not worth a line.
    kept = [s for s in _assistant(app).sessions.list() if s.turns or s.id == current]
    app.push_screen(SessionsScreen(kept, current), chosen)


def _new(app: "SwarmApp", argument: str) -> None:
    del argument
    _assistant(app)
    app.change_session("")


def _examples(app: "SwarmApp", argument: str) -> None:
    examples = _assistant(app).examples
    if argument:
        if not argument.isdecimal():
            raise RequestError(f"{argument!r} is no number.", hint="/examples lists them.")
        app.transcript.say(f"Forgotten: “{examples.remove(int(argument)).text}”.")
    kept = examples.list()
    lines = [f"{number}. {one.text} → {one.tool}" for number, one in enumerate(kept, 1)]
    nothing = "Nothing was taught yet. Correct an answer, then say “remember that”."
    app.transcript.say("\n".join(lines) or nothing)


def _export(app: "SwarmApp", argument: str) -> None:
    from agents.exports.formats import format_of

    _assistant(app)
    if not argument:
        raise RequestError("Into which file?", hint="Write /export steps.py, or steps.sh.")
    call = {"path": argument, "format": format_of(Path(argument)).value}
    given = " ".join(f"{name}={json.dumps(value)}" for name, value in call.items())
    # The same call as by hand: with its card, among what was done here.
    app.on_prompt_sent(Prompt.Sent(f"/export_session {given}"))


def _theme(app: "SwarmApp", argument: str) -> None:
    if not argument:
        app.action_change_theme()
    elif argument in app.available_themes:
        app.theme = argument
    else:
        known = ", ".join(sorted(app.available_themes))
        raise NotFoundError(f"No theme is called {argument!r}.", hint=f"There are: {known}.")


def _copy(app: "SwarmApp", argument: str) -> None:
    del argument
    if not app.transcript.last_answer:
        raise RequestError("There is no answer to copy yet.")
    app.copy_to_clipboard(app.transcript.last_answer)
    app.notify("The last answer is in the clipboard.")


def _open(app: "SwarmApp", argument: str) -> None:
    reference = (argument or app.openable).strip("[] ")
    if CITATION_MARK in reference:
        _open_passage(app, reference)
        return
    bucket, slash, key = reference.partition("/")
    if not slash or not key:
        raise RequestError(
            f"{reference!r} is no object." if reference else "Nothing that opens was shown yet.",
            hint="Write /open bucket/key, or /open page § heading for what an answer cites.",
        )
    assistant = _assistant(app)

    async def fetch() -> None:
        path = await asyncio.to_thread(assistant.open, bucket, key)
        if has_window_browser():
            app.open_url(path.as_uri())
        app.transcript.say(f"{reference} is in {path}", "notice")

    app.run_worker(fetch(), group="open", exit_on_error=False)


def _open_passage(app: "SwarmApp", citation: str) -> None:
    from surfaces.tui.passage_screen import PassageScreen

    assistant = _assistant(app)

    async def show() -> None:
        passages = await asyncio.to_thread(assistant.cited, citation)
        app.push_screen(PassageScreen(assistant.toolbox.masked(tuple(passages))))

    app.run_worker(show(), group="open", exit_on_error=False)


def _quit(app: "SwarmApp", argument: str) -> None:
    del argument
    app.call_later(app.action_quit)


_COMMANDS: dict[str, Callable[["SwarmApp", str], None]] = {
    "help": _help,
    "runs": _runs,
    "logs": _logs,
    "sessions": _sessions,
    "new": _new,
    "model": modes.model,
    "plan": modes.plan,
    "readonly": modes.readonly,
    "grants": modes.grants,
    "revoke": modes.revoke,
    "examples": _examples,
    "export": _export,
    "theme": _theme,
    "copy": _copy,
    "open": _open,
    "quit": _quit,
}
