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

REMINDER = "! Text from outside was read before (above): did you ask for this?"

OUTSIDE_CHARACTERS = 610
"""How much of one text from outside a card shows at most: an excerpt whole, with its ellipses."""

SOURCE_CHARACTERS = 70

LINE_END = " ⏎ "
"""Stands between the lines of a text from outside, so that its height is bounded too."""


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
    # Above the arguments: these and the keys stay in sight where a card is higher than the screen.
    if card.outside:
        parts += [Text(""), drawn_outside(card.outside)]
    parts += _arguments(card)
    if card.outside:
        parts += [Text(""), Text(REMINDER, style="yellow")]
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
    """Return excerpts of texts from outside, inside a fence that they cannot leave."""
    inside = Text()
    for text in texts:
        source = " ".join(clean(visible(text.source)).split())
        inside.append(f"{_cut(source, SOURCE_CHARACTERS)}\n", style="bold")
        # Never cut here to make it fit: what speaks of the call may be anywhere in an excerpt.
        excerpt = _cut(clean(visible(text.text)), OUTSIDE_CHARACTERS)
        lines = (line.strip() for line in excerpt.splitlines())
        inside.append(f"{LINE_END.join(filter(None, lines))}\n", style="dim")
    inside.rstrip()
    return Panel(inside, title=FROM_OUTSIDE, title_align="left", border_style="yellow")


def _cut(text: str, characters: int) -> str:
    return text if len(text) <= characters else f"{text[: characters - 1]}…"
