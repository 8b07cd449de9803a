"""What an approval card says: the call, what it touches, and what the model had read before it."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from agents.events import ApprovalCard, Effect, OutsideText
from core.visible import visible
from surfaces.rendering.anything import facts
from surfaces.tui.arguments import EMPTY, as_lines
from surfaces.words import clean

FROM_OUTSIDE = "The model had read this from outside:"

OUTSIDE_LINES = 8
OUTSIDE_CHARACTERS = 480
"""How much of all texts from outside a card shows; each has an equal part of it."""

SOURCE_CHARACTERS = 70


def drawn_card(card: ApprovalCard, *, remark: str = "", problem: str = "") -> RenderableType:
    """Return a card as it is shown.

    Args:
        card: What is proposed.
        remark: A sentence under the summary: whether it was edited, or is only a plan.
        problem: Why the arguments cannot be used.
    """
    destroys = card.effect is Effect.DESTROYS
    parts: list[RenderableType] = [
        Text.assemble(
            (f"{clean(card.tool)} ", "bold"),
            ("destroys" if destroys else "writes", "bold red" if destroys else "bold yellow"),
            (f"  asked for by {clean(card.agent)}", "dim"),
        ),
        Text(clean(card.summary)),
    ]
    if remark:
        parts.append(Text(remark, style="italic"))
    parts += _arguments(card)
    if card.outside:
        parts += [Text(""), drawn_outside(card.outside)]
    if problem:
        parts.append(Text(f"\n{clean(problem)}", style="bold red"))
    return Group(*parts)


def _arguments(card: ApprovalCard) -> list[RenderableType]:
    # What is empty says nothing by itself; named on one line, it hides nothing either.
    empty = [clean(name) for name, value in card.arguments.items() if value in EMPTY]
    given = as_lines({n: v for n, v in card.arguments.items() if v not in EMPTY})
    named = (line.partition(" = ") for line in given.splitlines())
    parts: list[RenderableType] = []
    if given:
        values = {name: Text(value) for name, _, value in named}
        parts += [Text(""), facts(values, as_written=True)]
    if empty:
        parts.append(Text(f"left empty: {', '.join(empty)}", style="dim"))
    if card.details:
        parts += [Text(""), facts({name: Text(clean(v)) for name, v in card.details.items()})]
    return parts


def drawn_outside(texts: Sequence[OutsideText]) -> RenderableType:
    """Return the beginnings of texts from outside, inside a fence that they cannot leave."""
    inside = Text()
    for text in texts:
        source = " ".join(clean(visible(text.source)).split())
        inside.append(f"{_cut(source, SOURCE_CHARACTERS)}\n", style="bold")
        inside.append(f"{_beginning(text.text, len(texts))}\n", style="dim")
    inside.rstrip()
    return Panel(inside, title=FROM_OUTSIDE, title_align="left", border_style="yellow")


def _beginning(text: str, shared_by: int) -> str:
    lines = [line for line in clean(visible(text)).splitlines() if line.strip()]
    most = max(1, OUTSIDE_LINES // shared_by)
    shown = _cut("\n".join(lines[:most]), OUTSIDE_CHARACTERS // shared_by)
    return f"{shown}\n…" if len(lines) > most and not shown.endswith("…") else shown


def _cut(text: str, characters: int) -> str:
    return text if len(text) <= characters else f"{text[: characters - 1]}…"
