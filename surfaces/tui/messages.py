"""What is said in a conversation: questions, answers and short remarks."""

import asyncio

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Markdown, Static
from textual.worker import Worker, WorkerState

from surfaces.tui.answer_table import AnswerBody
from surfaces.tui.faults import Broke
from surfaces.words import clean


class Question(Static):
    """What the person said."""

    def __init__(self, text: str, *, waiting: bool = False) -> None:
        super().__init__(Content(clean(text)), classes="-waiting" if waiting else "")
        self.text = text


class Remark(Static):
    """One line beside the conversation: a hand-off, a notice, how a turn ended."""

    def __init__(self, text: str, kind: str = "quiet", hint: str = "") -> None:
        # Kinds are style classes: quiet, hand-off, notice, good and problem.
        said = Text(clean(text))
        if hint:
            said.append(f"\n{clean(hint)}", style="dim")
        super().__init__(said, classes=f"-{kind}")


class Message(Vertical):
    """An answer that may still be arriving."""

    def __init__(self, agent: str) -> None:
        super().__init__()
        self.agent = agent
        self.text = ""
        self._arrived = ""
        self._complete = False
        self._news = asyncio.Event()
        self._body = AnswerBody(open_links=False)

    def compose(self) -> ComposeResult:
        """Say who speaks, and leave room for what they say."""
        if self.agent:
            yield Static(Content(clean(self.agent)), classes="agent")
        yield self._body

    def on_mount(self) -> None:
        """Begin to show what arrives."""
        self._stream()

    def add(self, text: str) -> None:
        """Add a piece of the answer."""
        safe = clean(text)
        self.text += safe
        self._arrived += safe
        self._news.set()

    def complete(self) -> None:
        """Say that nothing more comes."""
        self._complete = True
        self._news.set()

    @work(exit_on_error=False)
    async def _stream(self) -> None:
        stream = Markdown.get_stream(self._body)
        try:
            while self._arrived or not self._complete:
                await self._news.wait()
                self._news.clear()
                piece, self._arrived = self._arrived, ""
                await stream.write(piece)
        finally:
            await stream.stop()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """After a bug in drawing, show the answer as it was written."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self._body.display = False
            self.mount(Static(Content(self.text), classes="plain"))
            self.post_message(Broke(event.worker.error))

    def on_markdown_link_clicked(self, event: Markdown.LinkClicked) -> None:
        """Copy a link instead of following it: where it leads was not written by the person."""
        event.stop()
        self.app.copy_to_clipboard(event.href)
        self.notify(clean(event.href), title="Link copied")
