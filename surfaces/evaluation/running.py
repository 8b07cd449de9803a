"""Runs cases: a fresh world for each, the real assistant in it, and a judgement at the end."""

import asyncio
import contextlib
import io
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic_core import to_json
from rich.console import Console

from agents.events import Event, HandOff, ToolFinished, ToolStarted, TurnFinished
from agents.session import Session
from backends.index_chroma import ChromaIndex
from core.clock import held
from core.errors import AssistantError
from core.settings import Settings
from knowledge.library import Library
from knowledge.reference import PACKAGES
from surfaces.assembly import Assistant, assemble
from surfaces.evaluation.cases import Case
from surfaces.evaluation.judging import Conduct, TurnSeen, entries_of, judge
from surfaces.evaluation.observing import ObservedToolbox, Person, Proposal
from surfaces.evaluation.plants import index, put
from surfaces.evaluation.references import References
from surfaces.evaluation.results import MadeCall, Result, skipped
from surfaces.evaluation.world import CANARY, WORK, World, build
from surfaces.evaluation.world_deployments import WorldLauncher
from surfaces.evaluation.world_runs import WorldRuns
from surfaces.rendering import render

COLUMNS = 400
"""Wide enough that no table of a value breaks a word."""
FOLLOW_UPS = 3
"""How often a case looks for runs that ended: what was started in it has ended at once."""
TURN_SECONDS = 180.0


class Worlds:
    """Worlds by name, each built when it is first needed.

    Args:
        folder: Where they are built, and where cases get their copies.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._built: dict[str, World] = {}
        self._libraries: dict[str, Library] = {}
        self._copies = 0

    def world(self, name: str) -> World:
        """Return a world at its beginning."""
        if name not in self._built:
            self._built[name] = build(name, self._folder / name)
        return self._built[name]

    @contextlib.contextmanager
    def copy(self, name: str) -> Iterator[Path]:
        """Hand over a copy of a world, which is removed afterwards."""
        world = self.world(name)
        self._copies += 1
        home = self._folder / f"case-{self._copies}"
        world.copy(home)
        try:
            yield home
        finally:
            shutil.rmtree(home, ignore_errors=True)

    def library(self, name: str) -> Library:
        """Return a world's documents, which all cases read and none has changed."""
        if name not in self._libraries:
            self._libraries[name] = self.own_library(name)
        return self._libraries[name]

    def own_library(self, name: str) -> Library:
        """Return a world's documents for one case alone."""
        self._copies += 1
        folder = self._folder / f"documents-{self._copies}"
        shutil.copytree(self.world(name).folder / "index", folder)
        return Library(ChromaIndex(folder), folder, packages=PACKAGES)

    def forget_library(self, name: str) -> None:
        """Give the next case documents of its own: a case may have changed these."""
        self._libraries.pop(name, None)


@contextlib.contextmanager
def temporary_worlds() -> Iterator[Worlds]:
    """Hand over worlds in a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="mlops-swarm-eval-") as folder:
        yield Worlds(Path(folder))


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """Runs one case after the other with one chat model.

    Args:
        settings: Which chat model, and which limits.
        worlds: Where cases begin.
        without: Tools to take away, to see that cases notice.
    """

    settings: Settings
    worlds: Worlds
    without: frozenset[str] = frozenset()

    def run(self, case: Case) -> Result:
        """Run a case in a world of its own and judge it."""
        world = self.worlds.world(case.world)
        with held(world.clock), self.worlds.copy(case.world) as home:
            try:
                assistant = self._assistant(case, world, home)
            except AssistantError as error:
                # What the case wants to have planted does not fit into its world.
                return skipped(case, str(error))
            with contextlib.chdir(home / WORK):
                return asyncio.run(_carry_out(case, assistant, self._renewed(case)))

    def _assistant(self, case: Case, world: World, home: Path) -> Assistant:
        limits = self.settings.limits
        settings = self.settings.model_copy(
            update={
                "home": home,
                "read_only": False,
                "limits": limits.model_copy(update={"seconds": min(limits.seconds, TURN_SECONDS)}),
            }
        )
        assistant = assemble(
            settings,
            run_backend=WorldRuns,
            launcher=WorldLauncher(),
            catalog=put(case.plant, world, home),
            library=self._library(case, home),
            secrets=(CANARY,),
        )
        tools = [tool for tool in assistant.toolbox if tool.name not in self.without]
        toolbox = ObservedToolbox(tools, assistant.masker, audit=assistant.audit)
        toolbox.watch(References(assistant.runs, assistant.registry), entries_of(case.expect.calls))
        return replace(assistant, toolbox=toolbox)

    def _library(self, case: Case, home: Path) -> Library:
        if not any(plant.source for plant in case.plant):
            return self.worlds.library(case.world)
        library = self.worlds.own_library(case.world)
        with contextlib.chdir(home / WORK):
            index(case.plant, library)
        return library

    def _renewed(self, case: Case) -> Callable[[], None]:
        return lambda: self.worlds.forget_library(case.world)


async def _carry_out(case: Case, assistant: Assistant, renew: Callable[[], None]) -> Result:
    toolbox = assistant.toolbox
    assert isinstance(toolbox, ObservedToolbox)
    started = time.monotonic()
    person = Person(toolbox, case.approves)
    session = assistant.session()
    turns: list[TurnSeen] = []
    finished: list[TurnFinished] = []
    for number, text in enumerate(case.turns):
        toolbox.turn = number
        events = await _turn(session, text, person)
        finished += [event for event in events if isinstance(event, TurnFinished)]
        turns.append(_seen(events, person))
        person.cards.clear()
    leaks = _leaks(turns, toolbox, assistant, session)
    conduct = Conduct(turns=turns, proposals=toolbox.proposals, leaks=leaks)
    if any(one.carried_out and one.agent == "rag" for one in toolbox.proposals):
        renew()
    judgement = judge(case, conduct)
    return Result(
        id=case.id,
        tags=case.tags,
        passed=not judgement.reasons,
        reasons=tuple(judgement.reasons),
        calls=tuple(map(_made, toolbox.proposals)),
        writes=sum(one.carried_out for one in toolbox.proposals),
        wrong_writes=judgement.wrong_writes,
        unapproved_writes=judgement.unapproved_writes,
        answer="\n\n".join(turn.answer for turn in turns),
        model_calls=sum(event.model_calls for event in finished),
        tokens=sum(event.tokens for event in finished),
        unverified=tuple(fact for event in finished for fact in event.unverified),
        seconds=round(time.monotonic() - started, 3),
    )


def _made(proposal: Proposal) -> MadeCall:
    decision = "allow" if proposal.approved else "reject"
    return MadeCall(
        tool=proposal.tool,
        agent=proposal.agent,
        arguments=proposal.given,
        decision=decision if proposal.asked else "",
        ok=proposal.ok,
        error=proposal.error,
    )


async def _turn(session: Session, text: str, person: Person) -> list[Event]:
    """Ask, and answer what hangs on runs that have ended meanwhile."""
    async with contextlib.aclosing(session.ask(text, person.approve)) as stream:
        events = [event async for event in stream]
    for _ in range(FOLLOW_UPS):
        async with contextlib.aclosing(session.ended(person.approve)) as stream:
            more = [event async for event in stream]
        if not more:
            break
        events += more
    return events


def _seen(events: Sequence[Event], person: Person) -> TurnSeen:
    """Return what a person saw: what was said, the values as tables, the cards."""
    answers = [event.answer for event in events if isinstance(event, TurnFinished)]
    values = [_drawn(event) for event in events if isinstance(event, ToolFinished)]
    calls = [str(event.arguments) for event in events if isinstance(event, ToolStarted)]
    requests = [event.request for event in events if isinstance(event, HandOff)]
    return TurnSeen(
        answer="\n\n".join(answers),
        shown="\n".join([*answers, *values, *person.cards]),
        told="\n".join([*calls, *requests]),
        stopped=next(
            (e.stopped for e in reversed(events) if isinstance(e, TurnFinished) and e.stopped), ""
        ),
    )


def _drawn(event: ToolFinished) -> str:
    if not event.ok:
        return f"{event.error} {event.hint}"
    text = io.StringIO()
    Console(file=text, width=COLUMNS).print(render(event.value))
    return text.getvalue()


def _leaks(
    turns: Sequence[TurnSeen], toolbox: ObservedToolbox, assistant: Assistant, session: Session
) -> list[str]:
    """Return where the canary credential was seen: it must have been masked everywhere."""
    places = {
        "what the person was shown": "".join(turn.shown for turn in turns),
        "the arguments of a call": "".join(turn.told for turn in turns),
        "a value that a model is sent": "".join(
            to_json(one.value, fallback=str).decode() for one in toolbox.proposals
        ),
        "the stored conversation": to_json(
            assistant.sessions.messages(session.id), fallback=str
        ).decode(),
    }
    return [place for place, text in places.items() if CANARY in text]
