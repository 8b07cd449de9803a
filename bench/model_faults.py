"""Print what becomes of turns whose model misbehaves: `python -m bench.model_faults [turns]`.

A stand-in server fails in thirteen ways, at the Swarm Agent or at a specialist, once or for the
whole turn. Every turn must end in words, none with a traceback or not at all, and after each of
them the same conversation must answer the next question.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from itertools import cycle, islice
from pathlib import Path
from random import Random

from agents.events import Answer, ApprovalCard, Decision, TurnFinished
from agents.session import Session
from core.services import OpenAIChat
from core.settings import Limits, Settings
from surfaces.assembly import assemble
from tests.openai_server import (
    Call,
    OpenAIServer,
    Refusal,
    Reply,
    Scripted,
    Silence,
    calls,
    openai_server,
    refusal,
    says,
)

TURNS = 200
TURNS_OF_A_CONVERSATION = 20
STUCK_SECONDS = 20.0
TIMEOUT_SECONDS = 0.3
STEPS = 6
LASTING = 4 * STEPS
"""More replies than a turn can take."""
GOOD = calls("ask_minio_agent", request="list the buckets")
ANSWER = "There are three of them."
QUESTION = "what buckets are there?"

FAULTS: Mapping[str, Sequence[Scripted]] = {
    "status 500": [refusal(500, "Oops.")],
    "status 429, Retry-After": [refusal(429, "Slow down.", retry_after="1")],
    "no answer": [Silence()],
    "half a stream": [replace(calls("list_objects", bucket="datasets"), pieces=2)],
    "half an answer": [replace(says("There are three buckets."), pieces=3)],
    "a page of HTML": [Refusal(status=200, body="<html>", headers={"content-type": "text/html"})],
    "broken arguments": [Reply(calls=[Call("list_objects", '{"bucket": "da')])],
    "empty answer": [Reply()],
    "unknown tool": [calls("count_everything", at=n) for n in range(LASTING)],
    "wrong arguments": [calls("list_objects", folder=n) for n in range(LASTING)],
    "the same call": [calls("list_buckets")],
    "call after call": [calls("list_objects", bucket="models", limit=n + 1) for n in range(50)],
    "the same words": [says("and so on " * 300)],
}
"""What a model that misbehaves replies, again and again."""


@dataclass(slots=True)
class Tally:
    """How the turns with one fault ended."""

    turns: int = 0
    answered: int = 0
    """Ended as if nothing had been wrong."""
    told: int = 0
    """Ended with words on what was wrong."""
    silent: int = 0
    tracebacks: list[str] = field(default_factory=list)
    stuck: int = 0
    usable: int = 0
    """After how many the next question was answered."""
    slowest: float = 0.0

    @property
    def clean(self) -> bool:
        """Whether every turn ended in words and left a usable conversation."""
        bad = self.silent + len(self.tracebacks) + self.stuck
        return bad == 0 and self.usable == self.turns


async def allow(card: ApprovalCard) -> Decision:
    """Allow everything; nothing here changes anything."""
    del card
    return Decision(answer=Answer.ALLOW)


async def finish(session: Session, text: str) -> TurnFinished:
    """Return how a turn ended."""
    async with asyncio.timeout(STUCK_SECONDS), aclosing(session.ask(text, allow)) as stream:
        async for event in stream:
            if isinstance(event, TurnFinished):
                return event
    raise RuntimeError("the turn ended without an end")


def script(
    fault: Sequence[Scripted], at: str, *, lasting: bool
) -> Mapping[str, Sequence[Scripted]]:
    """Return what the agents reply when one of them misbehaves, once or to the end."""
    wrong = [*islice(cycle(fault), LASTING if lasting else 1)]
    if at == "Swarm Agent":
        return {"Swarm Agent": [*wrong, GOOD], "MinIO agent": [calls("list_buckets"), says(ANSWER)]}
    return {"Swarm Agent": [GOOD], "MinIO agent": [*wrong, calls("list_buckets"), says(ANSWER)]}


def write_down(server: OpenAIServer, replies: Mapping[str, Sequence[Scripted]]) -> None:
    """Let the server reply with these from now on."""
    for agent, left in server.script.items():
        left[:] = replies.get(agent, ())


async def one_turn(session: Session, server: OpenAIServer, tally: Tally) -> None:
    """Count how a turn ends, and whether the conversation can be used after it."""
    tally.turns += 1
    started = time.monotonic()
    try:
        finished = await finish(session, QUESTION)
        answered = finished.answer.endswith(ANSWER)
        tally.answered += answered
        tally.told += bool(finished.answer.strip()) and not answered
        tally.silent += not finished.answer.strip()
    except TimeoutError:
        tally.stuck += 1
    except Exception as error:  # noqa: BLE001  # whatever escapes is what is counted
        tally.tracebacks.append(repr(error))
    tally.slowest = max(tally.slowest, time.monotonic() - started)
    write_down(server, {"Swarm Agent": [says("Yes.")]})
    try:
        tally.usable += (await finish(session, "are you there?")).answer == "Yes."
    except Exception as error:  # noqa: BLE001  # as above
        tally.tracebacks.append(repr(error))


async def measure(turns: int, home: Path) -> Mapping[str, Tally]:
    """Return how turns ended, by fault."""
    tallies = {name: Tally() for name in FAULTS}
    random = Random(42)
    with openai_server({"Swarm Agent": [], "MinIO agent": []}) as server:
        chat = OpenAIChat(
            kind="openai",
            base_url=server.url,
            model="tiny",
            timeout_seconds=TIMEOUT_SECONDS,
            retries=1,
        )
        assistant = assemble(Settings(home=home, chat=chat, limits=Limits(steps=STEPS)))
        # The first turn builds the swarm, which is not what is measured.
        session = assistant.session()
        write_down(server, {"Swarm Agent": [says("Yes.")]})
        await finish(session, "are you there?")
        for number in range(turns):
            if number % TURNS_OF_A_CONVERSATION == 0:
                session = assistant.session()
            name = list(FAULTS)[number % len(FAULTS)]
            at = random.choice(("Swarm Agent", "MinIO agent"))
            lasting = random.random() < 0.5
            write_down(server, script(FAULTS[name], at, lasting=lasting))
            await one_turn(session, server, tallies[name])
    return tallies


def show(tallies: Mapping[str, Tally], seconds: float) -> None:
    """Print a table of the tallies."""
    head = "turns answered told silent tracebacks stuck usable slowest".split()
    print(f"{'fault':<24}", *(f"{word:>10}" for word in head))
    for name, t in tallies.items():
        counts = (t.turns, t.answered, t.told, t.silent, len(t.tracebacks), t.stuck, t.usable)
        print(f"{name:<24}", *(f"{count:>10}" for count in counts), f"{t.slowest:>8.2f} s")
        for traceback in sorted(set(t.tracebacks)):
            print(f"    {traceback}")
    each = tallies.values()
    print(
        f"{sum(t.turns for t in each)} turns in {seconds:.0f} s:"
        f" {sum(t.answered + t.told for t in each)} ended in words,"
        f" {sum(len(t.tracebacks) for t in each)} with a traceback,"
        f" {sum(t.stuck for t in each)} stuck;"
        f" {sum(t.usable for t in each)} left a usable conversation."
    )


def main() -> int:
    """Measure, print, and return 1 when a turn did not end as it must."""
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else TURNS
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        tallies = asyncio.run(measure(turns, Path(folder)))
    show(tallies, time.monotonic() - started)
    return int(not all(tally.clean for tally in tallies.values()))


if __name__ == "__main__":
    sys.exit(main())
