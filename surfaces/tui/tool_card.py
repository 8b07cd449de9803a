"""One tool call: who called what, with which arguments, and what came of it."""

from typing import ClassVar

from rich.console import Group, RenderableType
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from agents.events import ToolFinished, ToolProgressed, ToolStarted
from core.charts import Chart
from core.objects import Plot
from surfaces.rendering import clean, duration, headline, render
from surfaces.rendering.moving import moving
from surfaces.tui.arguments import SHOWN_CHARACTERS, arguments_in_brief
from surfaces.words import as_json


class ToolCard(Vertical, can_focus=True):
    """A tool call that can be folded open."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "fold", "Open or fold the tool call"),
    ]

    def __init__(self, started: ToolStarted, *, unfolded: bool = False) -> None:
        super().__init__(classes="" if unfolded else "-folded")
        self.started = started
        self.finished: ToolFinished | None = None
        self._asked_to_unfold = unfolded
        self._rejected = self._planned = False
        self._moving = Text()
        self.allowed_before = False
        """Whether nobody was asked, because the tool is allowed for the session."""
        self._head = Static(self._headline(), classes="head")
        self._body = Static(self._result(), classes="body")

    def compose(self) -> ComposeResult:
        """Lay out the first line and, below it, what folds away."""
        yield self._head
        with VerticalScroll(can_focus=False):
            yield self._body

    def progress(self, event: ToolProgressed) -> None:
        """Show how far the call is."""
        if self.finished is None:
            self._moving = moving(event)
            self._draw()

    def finish(self, finished: ToolFinished) -> None:
        """Show what came of the call; pictures and problems open by themselves."""
        self.finished = finished
        self.add_class("-ok" if finished.ok else "-failed")
        opens = not finished.ok or isinstance(finished.value, Plot | Chart) or self._asked_to_unfold
        self.set_class(self._rejected or not opens, "-folded")
        self._draw()

    def reject(self, *, planned: bool = False) -> None:
        """Say that the call was not allowed; what the model is told of it stays folded.

        Args:
            planned: Whether nothing is carried out at present.
        """
        self._rejected, self._planned = True, planned

    def stop(self) -> None:
        """Say that the call was given up."""
        if self.finished is None:
            self.add_class("-stopped")
            self._draw()

    def action_fold(self) -> None:
        """Open the card, or fold it away."""
        self.toggle_class("-folded")
        self._head.update(self._headline())

    def on_click(self, event: events.Click) -> None:
        """Fold on a click on the first line; the rest is there to be selected."""
        if event.widget is self._head:
            self.action_fold()

    def _draw(self) -> None:
        self._head.update(self._headline())
        self._body.update(self._result())

    def _headline(self) -> Text:
        sign, colour = self._sign()
        head = Text.assemble(
            ("▸ " if self.has_class("-folded") else "▾ ", "dim"),
            (f"{sign} ", colour),
            (clean(self.started.tool), "bold"),
            (f"  {clean(self.started.agent)}", "dim"),
            no_wrap=True,
            overflow="ellipsis",
        )
        if self.finished is None and self._moving and not self.has_class("-stopped"):
            head.append("  ").append_text(self._moving)
        given = arguments_in_brief(self.started.arguments)
        if given:
            head.append(f"  {given}")
        if self.allowed_before:
            head.append("  allowed for this session", style="dim")
        if self.finished is not None:
            failed = "rejected" if self._rejected else "failed"
            failed = "only planned" if self._planned else failed
            said = headline(self.finished.value) if self.finished.ok else failed
            head.append(f"  {said}" if said else "", style=colour)
            head.append(f"  {duration(self.finished.seconds)}", style="dim")
        return head

    def _sign(self) -> tuple[str, str]:
        if self.finished is not None:
            return ("✓", "green") if self.finished.ok else ("✗", "red")
        return ("■", "yellow") if self.has_class("-stopped") else ("●", "cyan")

    def _result(self) -> RenderableType:
        parts: list[RenderableType] = []
        if len(arguments_in_brief(self.started.arguments)) >= SHOWN_CHARACTERS:
            parts.append(
                Text(
                    "\n".join(
                        f"{clean(name)} = {as_json(value)}"
                        for name, value in self.started.arguments.items()
                    ),
                    style="dim",
                )
            )
        if self.finished is None:
            parts.append(Text("Given up." if self.has_class("-stopped") else "Working…"))
        elif self.finished.ok:
            parts.append(render(self.finished.value))
        else:
            parts.append(Text(clean(self.finished.error), style="red"))
            if self.finished.hint:
                parts.append(Text(clean(self.finished.hint), style="dim"))
        return Group(*parts)
