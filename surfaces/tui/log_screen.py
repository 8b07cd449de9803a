"""The logs of a run, task by task, as they are written."""

import asyncio
from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Footer, Log, OptionList, Static
from textual.worker import Worker, WorkerState

from core.errors import AssistantError
from core.runs import Run, RunLogs
from surfaces.rendering.runs import state
from surfaces.tui.faults import Broke
from surfaces.words import clean, duration

TAIL = 2000
"""How many lines are shown at most."""

FOLLOW_SECONDS = 1.0


class LogScreen(Screen[None]):
    """Shows a run's tasks and what they wrote.

    Args:
        read: Returns the run and the last lines of one of its tasks, or of all for an empty name;
            it may block.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "app.pop_screen", "Back to the conversation"),
        Binding("f", "follow", "Follow the end of the log, or stay where you are"),
    ]

    def __init__(self, read: Callable[[str], tuple[Run, RunLogs]]) -> None:
        super().__init__()
        self._read = read
        self._chosen = ""
        self._names: list[str] = []
        self._written: tuple[str, ...] = ()
        self._ended = False
        self._head = Static("Reading…", classes="head")
        self._list = OptionList(markup=False, compact=True)
        self._text = Log(auto_scroll=True)

    def compose(self) -> ComposeResult:
        """Lay out the tasks beside the log."""
        yield self._head
        with Horizontal():
            yield self._list
            yield self._text
        yield Footer()

    def on_mount(self) -> None:
        """Read, and go on reading while the run goes on."""
        self._look()
        self.set_interval(FOLLOW_SECONDS, self._look_again)

    def action_follow(self) -> None:
        """Follow the end of the log, or stop following it."""
        self._text.auto_scroll = not self._text.auto_scroll
        if self._text.auto_scroll:
            self._text.scroll_end(animate=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Show the log of the chosen task."""
        event.stop()
        self._chosen = "" if event.option_index == 0 else self._names[event.option_index - 1]
        self._look()

    def _look_again(self) -> None:
        if not self._ended:
            self._look()

    @work(exclusive=True, exit_on_error=False)
    async def _look(self) -> None:
        task = self._chosen
        try:
            run, logs = await asyncio.to_thread(self._read, task)
        except AssistantError as error:
            self._head.update(Text(clean(str(error)), style="red"))
            return
        self._show(task, run, logs)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """After a bug, say so and read no further: it would come again every second."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self._ended = True
            self._head.update(Text("These logs cannot be shown.", style="red"))
            self.post_message(Broke(event.worker.error))

    def _show(self, task: str, run: Run, logs: RunLogs) -> None:
        if task != self._chosen:
            return
        self._ended = run.state.ended
        took = f"  {duration(run.seconds)}" if run.seconds is not None else ""
        cut = f", the last {len(logs.lines)} of {logs.total_lines} lines" if logs.truncated else ""
        self._head.update(
            Text.assemble(
                (f"{clean(run.name)} ", "bold"),
                state(run.state),
                f"{took}  ",
                (f"{clean(task) or 'all tasks'}{cut}", "dim"),
            )
        )
        self._show_tasks(run)
        self._show_lines(logs)

    def _show_tasks(self, run: Run) -> None:
        names = [task.name for task in run.tasks]
        prompts = [Text("all tasks")] + [
            Text.assemble(state(task.state)[:2], clean(task.name)) for task in run.tasks
        ]
        if names == self._names and self._list.option_count:
            for at, prompt in enumerate(prompts):
                self._list.replace_option_prompt_at_index(at, prompt)
            return
        self._names = names
        highlighted = self._list.highlighted or 0
        self._list.clear_options()
        self._list.add_options(prompts)
        self._list.highlighted = highlighted

    def _show_lines(self, logs: RunLogs) -> None:
        lines = tuple(clean(line) for line in logs.lines)
        if lines == self._written:
            return
        if self._written and lines[: len(self._written)] == self._written:
            self._text.write_lines(lines[len(self._written) :])
        else:
            self._text.clear()
            self._text.write_lines(lines or ("Nothing was written yet.",))
        self._written = lines
