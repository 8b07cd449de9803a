"""What is shown before anything was said."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static

from surfaces.words import clean

TITLE = "mlops-swarm"
PURPOSE = "Runs, data, models and toolchains: say what you want to know, or have done."


class Welcome(Vertical):
    """One short welcome, with requests to begin with."""

    EXAMPLES: ClassVar[Sequence[str]] = (
        "train the delay models and tell me which is best",
        "which runs failed since yesterday, and why?",
        "show the columns of datasets/schedule_management.csv",
        "how likely is a design phase in the Bronx to be late?",
        "what is data drift?",
        "which toolchain fits a small team with tabular data on AWS?",
    )

    class Chosen(Message):
        """The person picked an example."""

        def __init__(self, request: str) -> None:
            super().__init__()
            self.request = request

    def __init__(self) -> None:
        super().__init__()
        self._notice = Static("Starting… you can type already.", classes="notice")

    def compose(self) -> ComposeResult:
        """Say what this is, and how to begin."""
        yield Static(TITLE, classes="title")
        yield Static(PURPOSE)
        yield self._notice
        yield Static("For example (Tab and Enter, or a click):", classes="lead")
        yield OptionList(*self.EXAMPLES, compact=True, markup=False)
        yield Static("Nothing is changed without your approval. F1 shows help.", classes="lead")

    def ready(self, notice: str) -> None:
        """Say that questions are answered now, and by what."""
        self._notice.update(Content(clean(notice)))
        self._notice.display = bool(notice)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Hand the chosen example on."""
        event.stop()
        self.post_message(self.Chosen(self.EXAMPLES[event.option_index]))
