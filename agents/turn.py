"""The turn that is under way: who is told, who approves, what was used."""

import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, GenerationChunk, LLMResult

from agents.approval import Approver, Caller, Grants, Notify, StandIn
from agents.checking import Evidence
from agents.events import (
    ApprovalDecided,
    Event,
    OutsideText,
    TextArrived,
    ToolFinished,
    ToolStarted,
)
from core.errors import NotFoundError
from core.runs import Run
from core.secrets import Masker
from core.sessions import SessionStore, Watch


def _no_run(reference: str) -> Run:
    raise NotFoundError(f"There is no run {reference!r}.")


@dataclass(slots=True)
class TurnUnderWay:
    """What one turn needs and what it has used so far."""

    notify: Notify
    approve: Approver
    results: SessionStore
    """Where results that are too long to be shown at once are kept."""
    session: str = ""
    masker: Masker = field(default_factory=Masker)
    find_run: Callable[[str], Run] = _no_run
    """Returns the run that a reference names."""
    grants: Grants = field(default_factory=Grants)
    stand_in: StandIn | None = None
    """Asks whether another model may answer, where the surface can ask that."""
    outside: list[OutsideText] = field(default_factory=list)
    """Texts from outside that the conversation holds."""
    read_before: int = 0
    """How many of them are from earlier turns."""
    watches: list[Watch] = field(default_factory=list)
    """Runs whose end the turn decided to wait for."""
    done: list[str] = field(default_factory=list)
    """Calls that changed something, in words, for a turn that is stopped after them."""
    texts: dict[str, str] = field(default_factory=dict)
    """What was said so far, by message id, in order."""
    long_results: list[str] = field(default_factory=list)
    """The names of the conversation's results that were too long to be shown at once."""
    evidence: Evidence = field(default_factory=Evidence)
    """What the answer may rest on."""
    model_calls: int = 0
    tokens: int = 0
    started: float = field(default_factory=time.monotonic)

    def tell(self, event: Event) -> None:
        """Pass an event on, and keep what is said in it."""
        if isinstance(event, TextArrived):
            self.texts[event.message_id] = self.texts.get(event.message_id, "") + event.text
        match event:
            case ToolStarted():
                self.evidence.add(event.arguments)
            case ToolFinished():
                self.evidence.add(event.value)
                self.evidence.add_text(f"{event.error} {event.hint}")
            case ApprovalDecided() if event.decision != "reject":
                self.done.append(event.tool)
                self.evidence.add(event.arguments)
        self.notify(event)

    def say(self, text: str, agent: str, message_id: str) -> None:
        """Tell the person something that no model wrote."""
        self.evidence.add_text(text)
        self.tell(TextArrived(text=text, agent=agent, message_id=message_id))

    @property
    def answer(self) -> str:
        """Everything that was said, in order."""
        return "\n\n".join(text.strip() for text in self.texts.values() if text.strip())

    @property
    def seconds(self) -> float:
        """How long it has taken."""
        return time.monotonic() - self.started

    def caller(self, agent: str) -> Caller:
        """Return on whose behalf an agent calls tools."""
        return Caller(
            agent=agent,
            approve=self.approve,
            notify=self.tell,
            session=self.session,
            grants=self.grants,
            outside=self.outside,
        )


current_turn: ContextVar[TurnUnderWay] = ContextVar("current_turn")


class ModelListener(AsyncCallbackHandler):
    """Counts what models use and passes on what they say, as it comes."""

    # A bug in the listener must not be swallowed by LangChain's callback manager.
    raise_error = True

    def __init__(self, turn: TurnUnderWay) -> None:
        self._turn = turn
        self._agents: dict[UUID, str] = {}
        self._streamed: set[UUID] = set()
        self._held: dict[UUID, str] = {}
        """The last word of what streams in: a secret could still be arriving in it."""

    async def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Count a call and note which agent made it."""
        del serialized, messages, kwargs
        self._turn.model_calls += 1
        self._agents[run_id] = str((metadata or {}).get("agent", "swarm"))

    async def on_llm_new_token(
        self,
        token: str | list[str | dict[str, Any]],
        *,
        chunk: GenerationChunk | ChatGenerationChunk | None = None,
        run_id: UUID,
        **kwargs: Any,
    ) -> None:
        """Pass on a piece of text."""
        del token, kwargs
        if isinstance(chunk, ChatGenerationChunk) and isinstance(chunk.message, AIMessageChunk):
            self._say(str(chunk.message.text), run_id, complete=False)

    async def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        """Count tokens, and pass on the text of a model that does not stream."""
        del kwargs
        for generation in (g for row in response.generations for g in row):
            if isinstance(generation, ChatGeneration) and isinstance(generation.message, AIMessage):
                usage: Mapping[str, Any] = generation.message.usage_metadata or {}
                self._turn.tokens += int(usage.get("total_tokens", 0))
                rest = "" if run_id in self._streamed else str(generation.message.text)
                self._say(rest, run_id, complete=True)

    def _say(self, text: str, run_id: UUID, *, complete: bool) -> None:
        if text:
            self._streamed.add(run_id)
        text = self._held.pop(run_id, "") + text
        if not complete:
            end = max(0, *(text.rfind(space) for space in " \n\t"))
            text, self._held[run_id] = text[:end], text[end:]
        if text:
            said = self._turn.masker.text(text)
            agent = self._agents.get(run_id, "swarm")
            self._turn.tell(TextArrived(text=said, agent=agent, message_id=run_id.hex))
