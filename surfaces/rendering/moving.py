"""A transfer that is under way, as people follow it."""

from rich.text import Text

from agents.events import ToolProgressed
from core.quantities import size
from surfaces.words import duration

BAR_WIDTH = 20


def moving(event: ToolProgressed) -> Text:
    """Draw how far a transfer is: a bar, bytes, rate and what is left."""
    filled = round(BAR_WIDTH * event.done / event.total) if event.total else 0
    left = event.seconds_left
    return Text.assemble(
        ("━" * filled, "cyan"),
        ("╌" * (BAR_WIDTH - filled), "dim"),
        f" {size(event.done)} of {size(event.total)}, {size(int(event.rate))}/s",
        f", {duration(round(left))} left" if left is not None else "",
    )
