"""A conversation: turns that are streamed, kept and followed up."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from textwrap import shorten
from typing import TYPE_CHECKING

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    ToolMessage,
    message_to_dict,
    messages_from_dict,
)

from agents.approval import Approver, Grants, StandIn
from agents.checking import note_on
from agents.compaction import compact
from agents.events import Event, OutsideText, RunEnded, TurnFinished
from agents.outside import outside_in
from agents.repair import ModelFailedError
from agents.results import fence
from agents.tools.references import find_run
from agents.turn import ModelListener, TurnUnderWay, current_turn
from core.errors import AssistantError, NotFoundError, UnavailableError
from core.runs import Run, RunBackend
from core.secrets import Masker
from core.sessions import UNNAMED, SessionInfo, SessionStore, Turn, Watch
from core.settings import Limits

if TYPE_CHECKING:
    from agents.swarm import Swarm

NAME_CHARACTERS = 48
BUG = "The turn broke off because of an error in the assistant itself."
"""What a turn is left with when an exception ends it that nobody foresaw."""
OFFER = (
    "The built-in model can answer instead: `/model` in the terminal, `--yes` or"
    " MLOPS_SWARM_CHAT__KIND=builtin on the command line."
)
POLL_SECONDS = 0.4
"""How often watched runs are looked at."""


class Session:
    """One conversation with the swarm.

    Args:
        info: Which conversation.
        swarm: Builds the swarm when it is first needed; building imports LangChain.
        store: Where conversations are kept.
        runs: Where watched runs are.
        limits: What one turn may use.
        masker: Masks what a person typed before anything else sees it.
        fallback: Builds the swarm that can answer a turn whose model was lost, if there is one.
    """

    def __init__(
        self,
        info: SessionInfo,
        swarm: Callable[[], "Swarm"],
        store: SessionStore,
        runs: RunBackend,
        limits: Limits,
        masker: Masker,
        fallback: Callable[[], "Swarm | None"] = lambda: None,
    ) -> None:
        self._info = info
        self._swarm = swarm
        self._store = store
        self._runs = runs
        self._limits = limits
        self._masker = masker
        self._fallback = fallback
        self._turn_lock = asyncio.Lock()
        self.grants = Grants()
        """What the person allowed for the rest of this conversation."""

    @property
    def id(self) -> str:
        """The conversation's id."""
        return self._info.id

    @property
    def name(self) -> str:
        """The conversation's name."""
        return self._info.name

    def rename(self, name: str) -> None:
        """Call the conversation something else; its first question then does not name it."""
        self._store.rename(self.id, name)
        self._info = replace(self._info, name=name)

    def history(self) -> Sequence[Turn]:
        """Return the turns so far, in order."""
        return self._store.turns(self.id)

    def waiting(self) -> Sequence[Watch]:
        """Return the runs whose end the person asked to be told."""
        return [watch for watch in self._store.watches(self.id) if watch.asked]

    async def ask(
        self, text: str, approve: Approver, stand_in: StandIn | None = None
    ) -> AsyncGenerator[Event]:
        """Answer a request, as a stream of events that ends with `TurnFinished`.

        Closing the stream stops the turn; what was said so far is kept.
        """
        question = HumanMessage(self._masker.text(text))
        turn = self._stream(question, text, approve, stand_in)
        # Closed here, or a turn that was stopped would go on until its stream is collected.
        async with self._turn_lock, contextlib.aclosing(turn) as events:
            async for event in events:
                yield event

    async def watch(
        self, approve: Approver, stand_in: StandIn | None = None
    ) -> AsyncGenerator[Event]:
        """Tell the ends of watched runs and answer what hangs on them; never ends by itself."""
        while True:
            async for event in self.ended(approve, stand_in):
                yield event
            await asyncio.sleep(POLL_SECONDS)

    async def ended(
        self, approve: Approver, stand_in: StandIn | None = None
    ) -> AsyncGenerator[Event]:
        """Tell which watched runs have ended by now, and answer what hangs on them."""
        watches = await asyncio.to_thread(self._store.watches, self.id)
        for run_id in dict.fromkeys(watch.run_id for watch in watches):
            run = await asyncio.to_thread(self._get, run_id)
            if run is not None and not run.state.ended:
                continue
            of_run = [watch for watch in watches if watch.run_id == run_id]
            # Another process may have taken some of them; what is left is ours to tell.
            ours = [watch for watch in of_run if self._store.unwatch(self.id, watch)]
            if run is None or not ours:
                continue
            requests = [watch.request for watch in ours if watch.request]
            run = self._masker.value(run)
            yield RunEnded(run=run, request=" and ".join(requests))
            for request in requests:
                turn = self._stream(_follow_up_message(run, request), request, approve, stand_in)
                async with self._turn_lock, contextlib.aclosing(turn) as events:
                    async for event in events:
                        yield event

    def _get(self, run_id: str) -> Run | None:
        try:
            return self._runs.get(run_id)
        except NotFoundError:
            return None

    async def _stream(
        self,
        question: HumanMessage,
        shown: str,
        approve: Approver,
        stand_in: StandIn | None = None,
    ) -> AsyncGenerator[Event]:
        events: asyncio.Queue[Event] = asyncio.Queue()
        turn = TurnUnderWay(
            notify=events.put_nowait,
            approve=approve,
            results=self._store,
            session=self.id,
            masker=self._masker,
            find_run=partial(find_run, self._runs),
            grants=self.grants,
            stand_in=stand_in,
        )
        task = asyncio.create_task(self._turn(turn, question, shown))
        try:
            async for event in _until_done(events, task):
                yield event
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _turn(self, turn: TurnUnderWay, question: HumanMessage, shown: str) -> None:
        stopped = BUG
        added: Sequence[BaseMessage] = []
        unverified: Sequence[str] = ()
        try:
            async with asyncio.timeout(self._limits.seconds):
                added = await self._answer(turn, question)
            if unverified := turn.evidence.unverified(turn.answer):
                turn.say(note_on(unverified), "swarm", "unverified")
            stopped = ""
        except TimeoutError:
            stopped = f"The turn took longer than {self._limits.seconds:g} s and was stopped."
        except AssistantError as error:
            stopped = self._masker.text(str(error))
        except asyncio.CancelledError:
            stopped = "canceled"
            raise
        finally:
            # A conversation must stay usable: every question is followed by an answer.
            if stopped and stopped != "canceled":
                turn.say(f"{stopped}{_done(turn)}", "swarm", "stopped")
            lost = self._finish(turn, [question, *added], stopped, self._masker.text(shown))
            if lost:
                turn.say(lost, "swarm", "lost")
        turn.tell(
            TurnFinished(
                answer=turn.answer,
                model_calls=turn.model_calls,
                tokens=turn.tokens,
                seconds=turn.seconds,
                stopped=stopped or lost,
                unverified=tuple(unverified),
            )
        )

    async def _answer(self, turn: TurnUnderWay, question: HumanMessage) -> Sequence[BaseMessage]:
        swarm = await asyncio.to_thread(self._swarm)
        stored = await asyncio.to_thread(self._store.messages, self.id)
        messages = [*messages_from_dict([dict(message) for message in stored]), question]
        for message in messages:
            turn.evidence.add_text(str(message.text))
        turn.long_results += await asyncio.to_thread(self._store.results, self.id)
        turn.outside += _outside_in(messages)
        turn.read_before = len(turn.outside)
        current_turn.set(turn)
        short = compact(messages, self._limits.conversation_characters)
        try:
            return await swarm.answer(short, ModelListener(turn))
        except ModelFailedError as error:
            swarm = await self._stand_in(turn, error)
        return await swarm.answer(short, ModelListener(turn))

    async def _stand_in(self, turn: TurnUnderWay, error: ModelFailedError) -> "Swarm":
        """Return the swarm that answers in place of a lost model, if the person wants that.

        Raises:
            ModelFailedError: There is none, or they do not.
        """
        swarm = await asyncio.to_thread(self._fallback)
        # What was changed already would be proposed a second time.
        if swarm is None or turn.done:
            raise error
        why = self._masker.text(error.message)
        if turn.stand_in is None or not await turn.stand_in(why):
            raise ModelFailedError(error.message, hint=f"{error.hint} {OFFER}".strip()) from error
        turn.say(f"{why} The built-in model answers this turn.", "swarm", "stand-in")
        return swarm

    def _finish(
        self, turn: TurnUnderWay, said: Sequence[BaseMessage], stopped: str, shown: str
    ) -> str:
        """Keep a turn, and return in words why it could not be kept.

        Question and answer are kept at once, so that two processes in one conversation do not mix
        their turns, and one that is killed leaves no question without an answer.
        """
        if stopped:
            answer = turn.answer or "(nothing)"
            words = f"{answer}\n\n(The turn was stopped: {stopped}{_done(turn)})"
            # What it read before it was stopped may be in what it said.
            read = {"outside": [asdict(text) for text in turn.outside[turn.read_before :]]}
            said = [said[0], AIMessage(words, additional_kwargs=read)]
        try:
            self._keep(said)
            self._store.add_turn(self.id, shown, turn.answer or (f"({stopped})" if stopped else ""))
            self._name_after(shown)
            for watch in turn.watches:
                self._store.watch(self.id, watch)
        except UnavailableError as error:
            return f"This turn is not kept in the conversation. {error}"
        return ""

    def _name_after(self, question: str) -> None:
        """Name a conversation after its first question, unless it was given a name."""
        if self._info.name == UNNAMED:
            name = shorten(" ".join(question.split()), NAME_CHARACTERS, placeholder="…")
            self._store.rename(self.id, name)
            self._info = replace(self._info, name=name)

    def _keep(self, messages: Sequence[BaseMessage]) -> None:
        plain = [message_to_dict(message) for message in messages]
        self._store.append(self.id, self._masker.value(plain))


def _done(turn: TurnUnderWay) -> str:
    """Name the changes that a turn made before it was stopped."""
    return f" Done before that: {', '.join(turn.done)}." if turn.done else ""


def _outside_in(messages: Sequence[BaseMessage]) -> Sequence[OutsideText]:
    """Return the texts from outside that a conversation still holds, oldest first."""
    records = [m.artifact if isinstance(m, ToolMessage) else m.additional_kwargs for m in messages]
    return [
        OutsideText(**text)
        for record in records
        if isinstance(record, dict)
        for text in record.get("outside", ())
    ]


def _follow_up_message(run: Run, request: str) -> HumanMessage:
    """Return the words that begin a follow-up, with what others wrote marked as from outside."""
    theirs = "\n".join(outside_in([run.name, run.pipeline, run.reason]))
    read = [asdict(OutsideText(source=f"end of run {run.id}", text=theirs))] if theirs else []
    about = f" About it:\n{fence(theirs, 'describe_run')}\n" if theirs else ""
    return HumanMessage(
        f"Run {run.id} has ended: {run.state}.{about} I asked you to go on then with: {request}",
        additional_kwargs={
            "follow_up": {"run": run.id, "state": str(run.state), "request": request},
            "outside": read,
        },
    )


async def _until_done(
    events: asyncio.Queue[Event], task: asyncio.Task[None]
) -> AsyncGenerator[Event]:
    """Yield events until the task that makes them is done; its exception is raised then."""
    while not (task.done() and events.empty()):
        getter: asyncio.Task[Event] = asyncio.create_task(events.get())
        try:
            await asyncio.wait({getter, task}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not getter.done():
                getter.cancel()
        if getter.done() and not getter.cancelled():
            yield getter.result()
    task.result()
