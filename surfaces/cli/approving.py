"""How the command line approves: `--yes`, a question at a terminal, or not at all."""

import asyncio
import json
import sys

from rich.table import Table

from agents.approval import Approver, RejectedError
from agents.events import Answer, ApprovalCard, Decision
from surfaces.cli.printing import progress
from surfaces.rendering import clean


def approver(*, yes: bool) -> Approver:
    """Return who approves."""
    if yes:
        return _allow
    return _question if sys.stdin.isatty() else _refuse


async def _allow(card: ApprovalCard) -> Decision:
    del card
    return Decision(answer=Answer.ALLOW)


async def _refuse(card: ApprovalCard) -> Decision:
    raise RejectedError(
        f"{card.tool} changes something, and nobody is at a terminal to approve it.",
        hint="With --yes changes are allowed.",
    )


async def _question(card: ApprovalCard) -> Decision:
    console = progress()
    console.print(f"{clean(card.summary)}", style="bold yellow", markup=False)
    table = Table(show_header=False, box=None)
    for name, value in {**card.arguments, **card.details}.items():
        shown = value if isinstance(value, str) else json.dumps(value, default=str)
        table.add_row(name, clean(shown))
    console.print(table)
    if card.problem:
        console.print(clean(card.problem), style="red", markup=False)
    sys.stderr.write("Allow? [y]es / [n]o / [e]dit: ")
    sys.stderr.flush()
    said = (await asyncio.to_thread(sys.stdin.readline)).strip()
    if said.casefold() in {"y", "yes", "a", "allow"}:
        return Decision(answer=Answer.ALLOW)
    if said.casefold() in {"e", "edit"}:
        return await _edited(card)
    return Decision(answer=Answer.REJECT, word="" if said.casefold() in {"n", "no"} else said)


async def _edited(card: ApprovalCard) -> Decision:
    sys.stderr.write("name=value (a value may be JSON): ")
    sys.stderr.flush()
    from surfaces.cli.calling import parse_arguments

    line = (await asyncio.to_thread(sys.stdin.readline)).strip()
    changes = parse_arguments([part for part in line.split() if "=" in part])
    return Decision(answer=Answer.ALLOW, arguments={**card.arguments, **changes})
