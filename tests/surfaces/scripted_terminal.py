"""An assistant for the terminal's tests: real tools and a real toolbox, answers from a script."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from kept_runs import BEGAN, PIPELINE, Catalog, KeptRuns

from agents.approval import Approver, Caller, Grants, StandIn
from agents.events import Effect, Event, HandOff, OutsideText, TextArrived, TurnFinished
from agents.toolbox import Tool, Toolbox
from core.errors import AssistantError, NotFoundError
from core.paging import Page
from core.pipelines import ParameterValue, PipelineSpec
from core.runs import Run, RunLogs
from core.services import BuiltinChat, Chat
from core.settings import Settings


@dataclass
class Tools:
    runs: KeptRuns

    def list_runs(self, limit: int = 10) -> Page[Run]:
        """List runs, newest first."""
        return self.runs.list(limit=limit)

    def start_run(self, pipeline: str, parameters: dict[str, ParameterValue]) -> Run:
        """Start a run of a pipeline and return at once."""
        return self.runs.start(Catalog().find(pipeline), parameters)

    def read_logs(self, run: str) -> RunLogs:
        """Read what a run wrote."""
        return self.runs.logs(run)

    def tools(self) -> tuple[Tool, ...]:
        return (
            Tool(self.list_runs),
            Tool(
                self.start_run,
                Effect.WRITES,
                details=lambda pipeline, parameters: {
                    "runs": f"{pipeline}, {len(parameters)} parameters"
                },
            ),
            Tool(self.read_logs, untrusted=True),
        )


@dataclass(frozen=True)
class KeptTurn:
    question: str
    answer: str
    at: datetime = BEGAN


@dataclass(frozen=True)
class KeptSession:
    id: str
    name: str
    updated_at: datetime
    turns: int


Say = Callable[[Event], None]
Script = Callable[["ScriptedSession", str, Approver, Say], Awaitable[None]]


@dataclass
class ScriptedSession:
    """A conversation whose turns are played by a function."""

    id: str
    name: str
    toolbox: Toolbox
    script: Script
    kept: list[KeptTurn] = field(default_factory=list)
    endings: asyncio.Queue[Event] = field(default_factory=asyncio.Queue)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    grants: Grants = field(default_factory=Grants)
    outside: list[OutsideText] = field(default_factory=list)

    async def ask(
        self, text: str, approve: Approver, stand_in: StandIn | None = None
    ) -> AsyncIterator[Event]:
        del stand_in
        events: asyncio.Queue[Event | None] = asyncio.Queue()
        said: list[str] = []

        def say(event: Event) -> None:
            if isinstance(event, TextArrived):
                said.append(event.text)
            events.put_nowait(event)

        async def play() -> None:
            try:
                await self.script(self, text, approve, say)
            finally:
                events.put_nowait(None)

        task = asyncio.create_task(play())
        try:
            while (event := await events.get()) is not None:
                yield event
            await task
        finally:
            task.cancel()
        answer = "".join(said)
        self.kept.append(KeptTurn(text, answer))
        yield TurnFinished(answer=answer, model_calls=2, tokens=1204, seconds=1.5)

    async def watch(
        self, approve: Approver, stand_in: StandIn | None = None
    ) -> AsyncIterator[Event]:
        del approve, stand_in
        while True:
            yield await self.endings.get()

    def rename(self, name: str) -> None:
        self.name = name

    def history(self) -> Sequence[KeptTurn]:
        return tuple(self.kept)

    async def call(self, tool: str, approve: Approver, say: Say, **arguments: object) -> str:
        """Call a tool as a specialist would; a rejection or an error becomes text."""
        outside = list(self.outside)
        caller = Caller("pipelines", approve, say, self.id, self.grants, outside)
        try:
            await self.toolbox.call(tool, arguments, caller)
        except AssistantError as error:
            return str(error)
        return "done"


async def wait(session: ScriptedSession, approve: Approver, say: Say) -> None:
    del session, approve
    say(TextArrived(text="Thinking", agent="swarm", message_id="w"))
    await asyncio.Event().wait()


async def break_down(session: ScriptedSession, approve: Approver, say: Say) -> None:
    del session, approve, say
    raise ZeroDivisionError("a bug")


async def fail(session: ScriptedSession, approve: Approver, say: Say) -> None:
    del session, approve, say
    raise NotFoundError("No run is called 'x'.", hint="The closest: run-10.")


async def list_runs(session: ScriptedSession, approve: Approver, say: Say) -> None:
    say(HandOff(agent="pipelines", request="List the runs."))
    await session.call("list_runs", approve, say, limit=5)
    answer(session, say)


async def start(session: ScriptedSession, approve: Approver, say: Say) -> None:
    outcome = await session.call(
        "start_run", approve, say, pipeline=PIPELINE.name, parameters={"folds": 5}
    )
    say(TextArrived(text=outcome, agent="pipelines", message_id=f"s{len(session.kept)}"))


async def start_later(session: ScriptedSession, approve: Approver, say: Say) -> None:
    await session.go_on.wait()
    await start(session, approve, say)


async def start_both(session: ScriptedSession, approve: Approver, say: Say) -> None:
    await asyncio.gather(
        *(
            session.call("start_run", approve, say, pipeline=PIPELINE.name, parameters=given)
            for given in ({"folds": 2}, {"folds": 3})
        )
    )


async def talk_across(session: ScriptedSession, approve: Approver, say: Say) -> None:
    """Two specialists whose answers arrive in turns, with a call between them."""
    say(TextArrived(text="First ", agent="one", message_id="m1"))
    say(TextArrived(text="Second ", agent="two", message_id="m2"))
    await session.call("list_runs", approve, say)
    say(TextArrived(text="ends.", agent="one", message_id="m1"))
    say(TextArrived(text="ends too.", agent="two", message_id="m2"))


def answer(session: ScriptedSession, say: Say) -> None:
    for piece in ("Here ", "are **two** ", "runs."):
        say(TextArrived(text=piece, agent="pipelines", message_id=f"a{len(session.kept)}"))


TURNS = {
    "wait": wait,
    "break": break_down,
    "fail": fail,
    "list": list_runs,
    "start": start,
    "later": start_later,
    "both": start_both,
    "across": talk_across,
}


async def play_demo(session: ScriptedSession, text: str, approve: Approver, say: Say) -> None:
    """Take the turn that the first word names; answer at once to anything else."""
    turn = TURNS.get(text.split()[0])
    if turn is None:
        answer(session, say)
    else:
        await turn(session, approve, say)


class KeptSessions:
    def __init__(self) -> None:
        self.open: dict[str, ScriptedSession] = {}

    def list(self) -> Sequence[KeptSession]:
        return [KeptSession(s.id, s.name, BEGAN, len(s.kept)) for s in reversed(self.open.values())]

    def rename(self, session_id: str, name: str) -> None:
        self.open[session_id].name = name


@dataclass
class ScriptedAssistant:
    """What the terminal is given instead of the assembled assistant."""

    settings: Settings
    script: Script = play_demo
    notice: str = "The built-in model answers: no network, no key."
    runs: KeptRuns = field(default_factory=KeptRuns)
    catalog: Catalog = field(default_factory=Catalog)
    sessions: KeptSessions = field(default_factory=KeptSessions)

    def __post_init__(self) -> None:
        self.chat = self.settings.chat
        tools = Tools(self.runs).tools()
        self.toolbox = Toolbox(tools, read_only=self.settings.read_only)

    def session(self, session_id: str = "") -> ScriptedSession:
        if not session_id:
            session_id = f"s{len(self.sessions.open) + 1}"
            self.sessions.open[session_id] = ScriptedSession(
                session_id, f"conversation {session_id}", self.toolbox, self.script
            )
        return self.sessions.open[session_id]

    def watcher(self, *told: object) -> None:
        """Watch nothing: no trigger is kept here."""

    @property
    def model_name(self) -> str:
        return self.chat.model if self.chat.kind == "openai" else "built-in"

    @property
    def chats(self) -> Sequence[Chat]:
        return tuple(dict.fromkeys((BuiltinChat(), self.settings.chat)))

    def use_model(self, chat: Chat) -> None:
        self.chat = chat

    @property
    def world(self) -> "ScriptedAssistant":
        return self

    def pipelines(self) -> Sequence[PipelineSpec]:
        return [PIPELINE]

    def recent_runs(self) -> Sequence[Run]:
        return self.runs.list().items

    def buckets(self) -> Sequence[str]:
        return ["datasets"]

    def keys(self, bucket: str) -> Sequence[str]:
        return ["planned/schedule.csv"] if bucket == "datasets" else []

    def models(self) -> Sequence[str]:
        return ["delay"]

    def swarm(self) -> None:
        """Nothing needs to be built."""

    def open(self, bucket: str, key: str) -> Path:
        raise NotFoundError(f"No object {key!r} in bucket {bucket!r}.")
