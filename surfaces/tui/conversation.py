"""Turns: how requests, answers and approvals pass between the session and the widgets."""

from abc import abstractmethod
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import work
from textual.worker import Worker, WorkerState

from agents.events import Event, RunEnded, ToolFinished, TurnFinished
from core.errors import AssistantError, SettingsError
from surfaces.alerting import DriftAlerts
from surfaces.ticking import missed, ticker_of
from surfaces.tui.approving import ApprovingApp
from surfaces.tui.background import in_background
from surfaces.tui.faults import Broke, log_fault
from surfaces.tui.opening import openable
from surfaces.tui.prompt import Prompt
from surfaces.tui.status_bar import StatusBar
from surfaces.tui.transcript import SELF
from surfaces.tui.welcome import Welcome
from surfaces.watching import told

if TYPE_CHECKING:
    from core.runs import Run
    from core.services import Chat
    from core.settings import Settings
    from core.triggers import Firing
    from surfaces.tui.assistant import Assistant, Session

WATCH_AGAIN_SECONDS = 30.0
"""How long to wait before runs are watched again that could not be reached."""

Read = Callable[[], "Settings"]
Assemble = Callable[["Settings"], "Assistant"]


class ConversationApp(ApprovingApp):
    """The part of the application that takes turns.

    Args:
        read: Returns the settings.
        assemble: Puts the assistant together from them. Both are called in a thread, after the
            first frame: what they import would delay it.
    """

    def __init__(self, read: Read, assemble: Assemble) -> None:
        super().__init__()
        self.settings: Settings | None = None
        self.assistant: Assistant | None = None
        self.session: Session | None = None
        self.openable = ""
        """`bucket/key` of the last object that was shown."""
        self.quits_next = False
        """Whether Ctrl+C now quits."""
        self.following_up = False
        """Whether a turn is under way that follows a run's end."""
        self.turn: Worker[None] | None = None
        self._read = read
        self._assemble = assemble
        self._queue: deque[str] = deque()
        self._watching: Worker[None] | None = None
        self.status = StatusBar()

    @abstractmethod
    def run_own_command(self, line: str) -> bool:
        """Run a command of the terminal; False if the line is none."""

    @abstractmethod
    def look_at_runs(self) -> None:
        """Bring what is shown of runs up to date."""

    # Starting

    @work(group="assembly", exit_on_error=False)
    async def start(self) -> "tuple[Assistant, Session]":
        """Put the assistant together."""

        def put_together() -> "tuple[Assistant, Session]":
            # Every step imports for seconds, so all are done here.
            self.settings = self._read()
            assistant = self._assemble(self.settings)
            return assistant, assistant.session()

        return await in_background(put_together)

    @work(group="warm", exit_on_error=False)
    async def warm_up(self) -> None:
        """Build what answers while the person reads; a problem is told by the first turn."""
        assert self.assistant is not None
        await in_background(self.assistant.swarm)

    @work(group="model", exclusive=True, exit_on_error=False)
    async def use_model(self, chat: "Chat") -> None:
        """Let another model answer from the next turn on."""
        assert self.assistant is not None
        # Changing waits for a swarm that is being built.
        await in_background(partial(self.assistant.use_model, chat))
        self.status.model = self.assistant.model_name
        self.transcript.say(f"From the next turn on {self.status.model} answers.", "notice")
        self.warm_up()

    def _begin(self, assistant: "Assistant", session: "Session") -> None:
        self.assistant = assistant
        self.status.model = assistant.model_name
        self.status.read_only = assistant.settings.read_only
        for welcome in self.query(Welcome):
            welcome.ready(assistant.notice)
        self.resume(session)
        self.warm_up()
        self.keep_schedules()

    @work(group="schedules", exit_on_error=False)
    async def keep_schedules(self) -> None:
        """Start scheduled runs while the terminal is open; say first what was missed."""
        assert self.assistant is not None
        # The terminal may be left before a scheduled run starts: then there is nobody to tell.
        ticker = ticker_of(
            self.assistant.runs,
            self.assistant.settings.home,
            lambda run: self._from_thread(partial(self._say_started, run)),
            lambda error: self._from_thread(partial(self._explain, error)),
            self._tell_alerts,
        )
        for line in await in_background(partial(missed, self.assistant.runs)):
            self.transcript.say(line, "notice")
        if ticker is not None:
            ticker.start()
        watcher = self.assistant.watcher(
            lambda firing: self._from_thread(partial(self._say_fired, firing)),
            lambda error: self._from_thread(partial(self._explain, error)),
        )
        if watcher is not None:
            watcher.start()

    def _tell_alerts(self) -> None:
        assert self.assistant is not None
        settings = self.assistant.settings
        for line in DriftAlerts(self.assistant.runs, settings.home, settings.alerts).look():
            self._from_thread(partial(self.transcript.say, line, "notice"))

    def _from_thread(self, tell: Callable[[], object]) -> None:
        with suppress(RuntimeError):
            self.call_later(tell)

    def _say_started(self, run: "Run") -> None:
        said = f"The schedule {run.schedule} started {run.name} ({run.id}) of {run.pipeline}."
        self.transcript.say(said, "notice")
        self.look_at_runs()

    def _say_fired(self, firing: "Firing") -> None:
        self.transcript.say(told(firing), "notice")
        self.look_at_runs()

    def change_session(self, session_id: str) -> None:
        """Leave this conversation for another; a turn under way is stopped."""
        if self.turn is not None:
            self.turn.cancel()
            self.turn = None
        assert self.assistant is not None
        session = self.assistant.session(session_id)
        self._queue.clear()
        self.transcript.clear()
        self.status.tokens = 0
        self.resume(session)
        self.transcript.say(f"Conversation: {self.status.session}" if session_id else "A new one.")
        self.prompt.focus()

    def resume(self, session: "Session") -> None:
        """Go on with a conversation from where it is."""
        self.session = session
        turns = self.session.history()
        self.transcript.replay(turns)
        self.prompt.remember([turn.question for turn in turns])
        self.status.session = self.session.name
        self.watch_again()
        self.look_at_runs()
        self._next()

    # A turn

    def on_prompt_sent(self, event: Prompt.Sent) -> None:
        """Answer what was typed, or keep it until the assistant can."""
        event.stop()
        self.quits_next = False
        if event.text.startswith("/") and self.run_own_command(event.text):
            return
        busy = self.session is None or self.turn is not None
        self.transcript.ask(event.text, waiting=busy)
        self._queue.append(event.text)
        self._next()

    def _next(self) -> None:
        if self.session is not None and self.turn is None and self._queue:
            text = self._queue.popleft()
            self.transcript.waiting_is_over()
            self.status.seconds = 0
            self.turn = self.call_tool(text) if text.startswith("/") else self.answer(text)
        self.show_activity()

    @work(group="turn", exit_on_error=False)
    async def answer(self, question: str) -> None:
        """Take one turn."""
        assert self.session is not None
        async for event in self.session.ask(question, self.approve, self.stand_in):
            self.show(event)

    @work(group="turn", exit_on_error=False)
    async def call_tool(self, line: str) -> None:
        """Call one tool by hand: `/<tool> name=value …`.

        Raises:
            AssistantError: There is no such tool, or the line cannot be read.
        """
        from agents.approval import Caller
        from surfaces.tui.slash import read_arguments

        assert self.assistant is not None
        name, _, text = line.removeprefix("/").partition(" ")
        toolbox = self.assistant.toolbox
        arguments = read_arguments(toolbox.find(name), text)
        session = self.session
        assert session is not None
        caller = Caller(SELF, self.approve, self.show, session.id, session.grants)
        # What goes wrong in the call itself is told by its card.
        with suppress(AssistantError):
            await toolbox.call(name, arguments, caller)

    @work(group="watch", exit_on_error=False)
    async def watch_runs(self) -> None:
        """Tell of runs that end, and of the turns that follow."""
        assert self.session is not None
        async for event in self.session.watch(self.approve, self.stand_in):
            self.following_up = not isinstance(event, TurnFinished) and (
                self.following_up or (isinstance(event, RunEnded) and bool(event.request))
            )
            self.show(event)
            self.show_activity()

    def show(self, event: Event) -> None:
        """Turn an event into widget calls."""
        self.transcript.show(event)
        if isinstance(event, TurnFinished):
            self.status.tokens += event.tokens
            self.show_name()
        elif isinstance(event, RunEnded):
            self.bell()
            failed = bool(event.run.reason)
            self.notify(
                f"{event.run.name} {event.run.state.value.lower()}",
                title="A run has ended",
                severity="warning" if failed else "information",
                markup=False,
            )
            self.look_at_runs()
        elif isinstance(event, ToolFinished):
            self.openable = openable(event.value) or self.openable
            self.look_at_runs()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Go on when something in the background ends, however it ends."""
        worker, state = event.worker, event.state
        if state in {WorkerState.PENDING, WorkerState.RUNNING} or not self.transcript.is_attached:
            # On leaving, workers end after the widgets that would tell of it.
            return
        failed = worker.error if state is WorkerState.ERROR else None
        if worker.group == "assembly":
            self._assembled(worker, failed)
        elif worker is self.turn:
            self.turn = None
            self._turn_over(failed, canceled=state is WorkerState.CANCELLED)
        elif failed is not None and worker.group != "warm":
            self._explain(failed)
            if worker is self._watching and isinstance(failed, AssistantError):
                self.set_timer(WATCH_AGAIN_SECONDS, self.watch_again)

    def _assembled(self, worker: Worker[Any], failed: BaseException | None) -> None:
        if failed is None:
            if worker.result is not None:
                self._begin(*worker.result)
            return
        if isinstance(failed, SettingsError):
            self.exit(return_code=2, message=f"{failed.message}\n{failed.hint}")
            return
        self.status.model = "could not start"
        for welcome in self.query(Welcome):
            welcome.ready("The assistant could not be started:")
        self._explain(failed)

    def watch_again(self) -> None:
        """Watch runs anew; a turn that follows one is given up."""
        if self._watching is not None:
            self._watching.cancel()
        if self.session is not None:
            self._watching = self.watch_runs()

    def show_name(self) -> None:
        """Show what the conversation is called: its first question names it."""
        if self.session is not None:
            self.status.session = self.session.name

    def _turn_over(self, failed: BaseException | None, *, canceled: bool) -> None:
        self.transcript.finish()
        self.show_name()
        if failed is not None:
            self._explain(failed)
        elif canceled:
            self.transcript.say("Stopped.", "notice")
            self.transcript.forget_waiting()
            if self._queue and not self.prompt.text:
                self.prompt.fill("\n".join(self._queue))
            self._queue.clear()
        if self.focused is None or not self.focused.is_attached:
            self.prompt.focus()
        self._next()

    def on_broke(self, event: Broke) -> None:
        """Say that a part of the terminal broke, also above a screen that covers the transcript."""
        event.stop()
        said = self._explain(event.error)
        if len(self.screen_stack) > 1:
            self.notify(said, severity="error", markup=False)

    def _explain(self, error: BaseException) -> str:
        """Say what went wrong: in words if it has words, else where the traceback is."""
        if isinstance(error, AssistantError):
            self.transcript.say(error.message, "problem", error.hint)
            return str(error)
        path = log_fault(error, self.settings)
        where = f"The details are in {path}." if path else "The log could not be written."
        said = f"Something went wrong inside: {type(error).__name__}. {where}"
        self.transcript.say(said, "problem")
        return said

    def show_activity(self) -> None:
        """Say in the status bar what is going on."""
        if self.offers:
            self.status.activity = "waits for your answer"
        elif self.asks:
            self.status.activity = "waits for your approval"
        elif self.turn is not None:
            self.status.activity = "working, Esc stops"
        elif self.following_up:
            self.status.activity = "following up, Esc stops"
        else:
            self.status.activity = "" if self.session is not None else "starting"
        self.status.waiting = len(self._queue)
