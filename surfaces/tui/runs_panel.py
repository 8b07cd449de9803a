"""The latest runs, beside the conversation."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from core.runs import RunState
from surfaces.tui.progress import RunProgress
from surfaces.words import clean, duration, moment

BAR_WIDTH = 16


class RunList(OptionList):
    """The runs themselves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Read the logs of the highlighted run"),
    ]


class RunsPanel(Vertical):
    """Runs with their state and live progress."""

    class Chosen(Message):
        """The person wants to see more of a run."""

        def __init__(self, run_id: str) -> None:
            super().__init__()
            self.run_id = run_id

    def __init__(self) -> None:
        super().__init__()
        self._said = Static("Not ready yet.", classes="said")
        self._list = RunList(markup=False, compact=True)
        self._shown: tuple[RunProgress, ...] = ()

    def compose(self) -> ComposeResult:
        """Lay out the list and the line that stands for an empty one."""
        yield Static("Runs", classes="title")
        yield self._said
        yield self._list

    def on_mount(self) -> None:
        """Begin without a list."""
        self._list.display = False

    def show(self, runs: Sequence[RunProgress]) -> None:
        """Show runs, keeping the highlight where it was."""
        self._said.display = not runs
        self._said.update("No run yet. Ask for one:\n“train the delay models”.")
        self._list.display = bool(runs)
        if [item.run.id for item in runs] == [item.run.id for item in self._shown]:
            for at, item in enumerate(runs):
                if item != self._shown[at]:
                    self._list.replace_option_prompt_at_index(at, drawn(item))
        else:
            highlighted = self._list.highlighted
            self._list.clear_options()
            self._list.add_options(Option(drawn(item), id=item.run.id) for item in runs)
            self._list.highlighted = min(highlighted, len(runs) - 1) if highlighted else None
        self._shown = tuple(runs)

    def show_problem(self, problem: str) -> None:
        """Say why the runs cannot be shown."""
        self._shown = ()
        self._list.clear_options()
        self._list.display = False
        self._said.display = True
        self._said.update(Text(clean(problem)))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Hand the chosen run on."""
        event.stop()
        if event.option.id is not None:
            self.post_message(self.Chosen(event.option.id))


def drawn(progress: RunProgress) -> Text:
    """Draw a run: its name and state, then how far it is or when it was."""
    # How values look is not needed for the first frame.
    from surfaces.rendering.runs import state

    run = progress.run
    text = Text.assemble((clean(run.name), "bold"), "  ", state(run.state))
    took = f", {duration(progress.seconds)}" if progress.seconds is not None else ""
    if run.state.ended:
        began = moment(run.started_at or run.created_at)
        # Runs that nobody named carry their pipeline's name already.
        what = "" if run.name.startswith(run.pipeline) else f"{clean(run.pipeline)}, "
        text.append(f"\n{what}{began}{took}", "dim")
    else:
        text.append("\n").append_text(bar(progress.done, progress.total)).append(took, "dim")
    if progress.current:
        colour = "red" if run.state is RunState.FAILED else "cyan"
        text.append(f"\n{clean(', '.join(progress.current))}", style=colour)
    return text


def bar(done: int, total: int) -> Text:
    """Draw how many of the tasks are done."""
    filled = round(BAR_WIDTH * done / total) if total else 0
    return Text.assemble(
        ("━" * filled, "cyan"), ("╌" * (BAR_WIDTH - filled), "dim"), f" {done}/{total} tasks"
    )
