"""The application: keys and routing."""

import asyncio
import sys
from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import TextArea

from agents.events import ToolStarted
from core.errors import AssistantError
from surfaces.tui.background import in_background
from surfaces.tui.conversation import Assemble, ConversationApp, Read
from surfaces.tui.mentions import mention, things
from surfaces.tui.modes import values
from surfaces.tui.prompt import Prompt
from surfaces.tui.runs_panel import RunsPanel
from surfaces.tui.slash import suggest
from surfaces.tui.welcome import Welcome

if TYPE_CHECKING:
    from agents.events import Event
    from core.settings import Settings
    from surfaces.indexing import Reading
    from surfaces.tui.assistant import Assistant, Session
    from surfaces.tui.palette import Entry, SwarmCommands
    from surfaces.tui.progress import RunProgress
    from surfaces.tui.sessions_screen import SessionsScreen


READING = "The documentation is read for the first time; the answer takes some seconds longer."
NO_TERMINAL = """\
Input or output is no terminal.
Use `mlops-swarm ask TEXT` for one request, `mlops-swarm --help` for everything else.
"""


def _commands() -> "type[SwarmCommands]":
    from surfaces.tui.palette import SwarmCommands

    return SwarmCommands


class SwarmApp(ConversationApp):
    """A conversation with the assistant, with its keys and screens."""

    TITLE = "mlops-swarm"
    CSS_PATH = "app.tcss"
    COMMANDS: ClassVar[set[Any]] = {_commands}
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 (Textual's own type)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", "Stop the turn; the conversation goes on"),
        Binding(
            "ctrl+c", "interrupt", "Clear the input, then stop the turn, then quit", priority=True
        ),
        Binding("ctrl+p", "command_palette", "Everything that can be done, by name", priority=True),
        Binding("ctrl+r", "runs", "Show or hide the runs", priority=True),
        Binding("ctrl+g", "approval", "Go to the approval that waits for you", priority=True),
        Binding("ctrl+o", "fold", "Fold all tool calls away, or open them", priority=True),
        Binding("ctrl+n", "new", "Begin a new conversation", priority=True),
        Binding("ctrl+l", "sessions", "List, resume and rename conversations", priority=True),
        Binding("f1", "help", "Show this help", priority=True),
        Binding("ctrl+q", "quit", "Quit; runs go on", priority=True),
    ]

    def __init__(self, read: Read, assemble: Assemble) -> None:
        super().__init__(read, assemble)
        self.panel = RunsPanel()
        self._looking = False
        self._runs: tuple[RunProgress, ...] = ()
        self._reading: Reading | None = None

    def compose(self) -> ComposeResult:
        """Lay out the conversation, the runs, the prompt and the status."""
        with Horizontal(id="middle"):
            with self.transcript:
                yield Welcome()
            yield self.panel
        yield self.completion
        yield self.prompt
        yield self.status

    def on_mount(self) -> None:
        """Paint first; everything heavy comes after the first frame."""
        self.prompt.focus()
        self.show_activity()
        self.set_interval(1.0, self._tick)
        self.call_after_refresh(self.start)

    @work(group="warm", exit_on_error=False)
    async def read_ahead(self) -> None:
        """Let the documentation be read in the background; a problem is told by who asks."""
        assert self.assistant is not None
        await in_background(self.assistant.swarm)
        self._reading = await in_background(self.assistant.read_ahead)

    def show(self, event: "Event") -> None:
        """Turn an event into widget calls; say so when it has to wait for the documentation."""
        super().show(event)
        reading = self._reading is not None and self._reading.under_way
        if reading and isinstance(event, ToolStarted) and event.tool == "search_docs":
            self.transcript.say(READING, "notice")

    def _begin(self, assistant: "Assistant", session: "Session") -> None:
        super()._begin(assistant, session)
        # Without a screen nobody reads the first frame while this is done.
        if not self.is_headless:
            self.read_ahead()

    def _tick(self) -> None:
        if self.turn is not None or self.following_up:
            self.status.seconds += 1
        if self.panel.display or self.status.running:
            self.look_at_runs()

    def look_at_runs(self) -> None:
        """Bring the panel up to date, unless that is being done."""
        if self.assistant is not None and not self._looking:
            self._looking = True
            self._look()

    @work(group="look", exit_on_error=False)
    async def _look(self) -> None:
        # After a bug the panel is not looked after again: it would be told every second.
        from surfaces.tui.progress import look

        assert self.assistant is not None
        try:
            self._runs = await asyncio.to_thread(look, self.assistant)
        except AssistantError as error:
            self.panel.show_problem(str(error))
            self.status.running = 0
        else:
            self.panel.show(self._runs)
            self.status.running = sum(not item.run.state.ended for item in self._runs)
        self._looking = False

    def on_runs_panel_chosen(self, event: RunsPanel.Chosen) -> None:
        """Open the logs of the chosen run."""
        event.stop()
        self.run_own_command(f"/logs {event.run_id}")

    def on_prompt_left(self, event: Prompt.Left) -> None:
        """Stop what is going on."""
        event.stop()
        self.action_stop()

    def on_welcome_chosen(self, event: Welcome.Chosen) -> None:
        """Put the example into the prompt, to be changed or sent."""
        event.stop()
        self.prompt.fill(event.request)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Offer ways to go on from a slash or an `@`."""
        if event.text_area is not self.prompt:
            return
        text = self.prompt.text
        if self.assistant is not None and mention(text) is not None:
            self.offer_things(text)
        else:
            tools = self.assistant.toolbox if self.assistant is not None else ()
            self.completion.offer(suggest(text, tools, values(self)))

    @work(group="mention", exclusive=True, exit_on_error=False)
    async def offer_things(self, text: str) -> None:
        """Offer what exists for a mention, unless more was typed meanwhile."""
        assert self.assistant is not None
        found = await asyncio.to_thread(things, self.assistant.world, text)
        if self.prompt.text == text:
            self.completion.offer(found)

    def run_own_command(self, line: str) -> bool:
        """Run a command of the terminal; False if the line is none."""
        from surfaces.tui.commands import run_command

        return run_command(self, line)

    def action_stop(self) -> None:
        """Stop what the assistant does."""
        if self.turn is not None:
            self.turn.cancel()
        elif self.following_up:
            self.following_up = False
            self.transcript.finish()
            self.transcript.say("Stopped.", "notice")
            self.watch_again()
            self.show_activity()
        else:
            self.prompt.focus()

    def action_interrupt(self) -> None:
        """Copy a selection; else clear the input, stop the turn, or quit."""
        selected = self.screen.get_selected_text() or (
            self.focused.selected_text if isinstance(self.focused, TextArea) else ""
        )
        if selected:
            self.copy_to_clipboard(selected)
            self.notify("Copied.")
        elif self.prompt.text:
            self.prompt.text = ""
            self.notify("Ctrl+C again stops the turn." if self.turn else "Ctrl+C again to quit.")
        elif self.turn is not None or self.following_up:
            self.action_stop()
            self.quits_next = True
            self.notify("Ctrl+C again quits.")
        elif self.quits_next:
            self.call_later(self.action_quit)
        else:
            self.quits_next = True
            self.notify("Ctrl+C again quits.")

    def action_runs(self) -> None:
        """Show or hide the runs."""
        shown = self.panel.display
        self.panel.set_class(not shown, "-asked")
        self.panel.set_class(shown, "-dismissed")
        if shown:
            self.prompt.focus()
        else:
            self.look_at_runs()

    def action_fold(self) -> None:
        """Fold all tool calls away, or open them."""
        self.transcript.fold_all()

    def action_scroll(self, pages: int) -> None:
        """Scroll the conversation by pages; at its end it stays there again."""
        if pages < 0:
            self.transcript.scroll_page_up()
        else:
            self.transcript.scroll_page_down()

    def action_new(self) -> None:
        """Begin a new conversation."""
        self.run_own_command("/new")

    def action_sessions(self) -> None:
        """List the conversations."""
        self.run_own_command("/sessions")

    def action_help(self) -> None:
        """Show the help."""
        self.run_own_command("/help")

    def on_sessions_screen_renamed(self, event: "SessionsScreen.Renamed") -> None:
        """Keep the new name of a conversation."""
        if self.assistant is not None:
            if self.session is not None and self.session.id == event.session_id:
                self.session.rename(event.name)
                self.status.session = event.name
            else:
                self.assistant.sessions.rename(event.session_id, event.name)

    def palette_entries(self) -> "list[Entry]":
        """Return what the command palette offers."""
        from surfaces.tui.commands import entries

        return entries(self)

    @property
    def farewell(self) -> str:
        """What to say on leaving: which runs go on."""
        names = [item.run.name for item in self._runs if not item.run.state.ended]
        return f"Still running, and going on: {', '.join(names)}." if names else ""

    async def action_quit(self) -> None:
        """Quit, and say what goes on."""
        self.exit(message=self.farewell or None)


def _read() -> "Settings":
    from core.settings import read_settings

    return read_settings()


def _assemble(settings: "Settings") -> "Assistant":
    from surfaces.assembly import assemble

    return assemble(settings)


def run(settings: "Settings | None" = None) -> int:
    """Show the terminal until the person leaves it, and return the exit code.

    Args:
        settings: What to put together; without them they are read after the first frame.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        sys.stderr.write(NO_TERMINAL)
        return 2
    app = SwarmApp(_read if settings is None else lambda: settings, _assemble)
    app.run()
    return app.return_code or 0
