"""One line at the bottom: what answers, where, and what is going on."""

from rich.text import Text
from textual.reactive import reactive
from textual.widgets import Static

from surfaces.words import clean, duration


class StatusBar(Static):
    """Model, mode, session, runs, tokens and the most needed keys."""

    model: reactive[str] = reactive("")
    read_only: reactive[bool] = reactive(False)
    plan_only: reactive[bool] = reactive(False)
    session: reactive[str] = reactive("")
    running: reactive[int] = reactive(0)
    tokens: reactive[int] = reactive(0)
    waiting: reactive[int] = reactive(0)
    """How many questions wait for their turn."""
    activity: reactive[str] = reactive("")
    """What the assistant does now; empty when it waits for the person."""
    seconds: reactive[int] = reactive(0)

    def render(self) -> Text:
        """Draw the line, the most important first: what does not fit is cut off."""
        parts: list[tuple[str, str]] = []
        if self.activity:
            took = f" {duration(self.seconds)}" if self.seconds else ""
            parts.append((f"● {self.activity}{took}", "bold"))
        else:
            parts.append(("F1 help  ^P commands  ^R runs", "dim"))
        modes = {"read-only": self.read_only, "plan only": self.plan_only}
        parts += [(mode, "bold") for mode, on in modes.items() if on]
        if self.running:
            parts.append((f"{self.running} running", ""))
        if self.waiting:
            parts.append((f"{self.waiting} queued", ""))
        parts.append((clean(self.model), "dim"))
        if self.session:
            parts.append((clean(self.session), "dim"))
        if self.tokens:
            parts.append((f"{self.tokens:,} tokens", "dim"))
        line = Text(no_wrap=True, overflow="ellipsis")
        for at, (text, style) in enumerate(parts):
            line.append(" · " if at else "", style="dim")
            line.append(text, style=style)
        return line
