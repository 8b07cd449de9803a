"""How the command line approves: `--yes`, a question at a terminal, or not at all."""

import asyncio
import sys

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from agents.approval import Approver, RejectedError, StandIn
from agents.events import Answer, ApprovalCard, Decision
from surfaces.cli.printing import progress
from surfaces.rendering import clean
from surfaces.words import as_json


def approver(*, yes: bool) -> Approver:
    """Return who approves."""
    if yes:
        return _allow
    return _question if sys.stdin.isatty() else _refuse


def stand_in(*, yes: bool) -> StandIn | None:
    """Return who says whether the built-in model may answer; None where nobody can."""
    if yes:
        return _accept
    return _offer if sys.stdin.isatty() else None


async def _accept(why: str) -> bool:
    del why
    return True


async def _offer(why: str) -> bool:
    progress().print(clean(why), style="red", markup=False)
    sys.stderr.write("May the built-in model answer this turn? [y]es / [n]o: ")
    sys.stderr.flush()
    said = (await asyncio.to_thread(sys.stdin.readline)).strip()
    return said.casefold() in {"y", "yes"}


async def _allow(card: ApprovalCard) -> Decision:
    del card
    return Decision(answer=Answer.ALLOW)


async def _refuse(card: ApprovalCard) -> Decision:
    raise RejectedError(
        f"{card.tool} changes something, and nobody is at a terminal to approve it.",
        hint="With --yes changes are allowed.",
    )


async def _question(card: ApprovalCard) -> Decision:
    progress().print(drawn(card))
    sys.stderr.write("Allow? [y]es / [n]o / [e]dit: ")
    sys.stderr.flush()
    said = (await asyncio.to_thread(sys.stdin.readline)).strip()
    if said.casefold() in {"y", "yes", "a", "allow"}:
        return Decision(answer=Answer.ALLOW)
    if said.casefold() in {"e", "edit"}:
        return await _edited(card)
    return Decision(answer=Answer.REJECT, word="" if said.casefold() in {"n", "no"} else said)


def drawn(card: ApprovalCard) -> RenderableType:
    """Return a card as it is shown where lines are all there is."""
    table = Table(show_header=False, box=None)
    for name, value in card.arguments.items():
        # As JSON and never as markup: two different calls must not look the same.
        table.add_row(Text(clean(name)), Text(as_json(value)))
    for label, detail in card.details.items():
        table.add_row(Text(clean(label), style="dim"), Text(clean(detail), style="dim"))
    head = f"{clean(card.summary)} ({clean(card.tool)}, {card.effect.value})"
    parts: list[RenderableType] = [Text(head, style="bold yellow"), table]
    if card.problem:
        parts.append(Text(clean(card.problem), style="red"))
    if card.outside:
        parts.append(Text("The model had read this from outside:", style="bold"))
    for text in card.outside:
        lines = "\n".join(f"│ {line}" for line in clean(text.text).splitlines())
        parts.append(Text(f"│ {clean(text.source)}:\n{lines}", style="dim"))
    return Group(*parts)


async def _edited(card: ApprovalCard) -> Decision:
    sys.stderr.write("name=value (a value may be JSON): ")
    sys.stderr.flush()
    from surfaces.cli.calling import parse_arguments

    line = (await asyncio.to_thread(sys.stdin.readline)).strip()
    changes = parse_arguments([part for part in line.split() if "=" in part])
    return Decision(answer=Answer.ALLOW, arguments={**card.arguments, **changes})
