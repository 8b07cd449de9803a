"""An assistant whose model is at a server that says what a test wrote down."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from openai_server import (
    OpenAIServer,
    Scripted,
    calls,
    openai_server,
)
from pydantic import SecretStr

from agents.approval import StandIn
from agents.events import (
    Answer,
    ApprovalCard,
    Decision,
    Event,
    TurnFinished,
)
from agents.session import Session
from core.services import OpenAIChat
from core.settings import Settings
from surfaces.assembly import Assistant, assemble

KEY = "the-key-of-nobody-1234"
AT_ONCE = {"retry_after_ms": "1"}


@dataclass(frozen=True)
class Connected:
    """An assistant and the server that its model is at."""

    assistant: Assistant
    server: OpenAIServer
    session: Session

    async def ask(
        self, text: str, stand_in: StandIn | None = None
    ) -> tuple[Sequence[Event], TurnFinished]:
        """Return every event of a turn, and the last."""
        async with aclosing(self.session.ask(text, _allow, stand_in)) as stream:
            events = [event async for event in stream]
        finished = events[-1]
        assert isinstance(finished, TurnFinished)
        return events, finished

    def roles(self) -> list[str]:
        """Return who said what the conversation keeps, in order."""
        return [str(message["type"]) for message in self.stored()]

    def stored(self) -> Sequence[Mapping[str, object]]:
        return self.assistant.sessions.messages(self.session.id)


async def _allow(card: ApprovalCard) -> Decision:
    del card
    return Decision(answer=Answer.ALLOW)


def settings_for(server: OpenAIServer, home: Path, **chat: object) -> Settings:
    given = {"timeout_seconds": 5, "retries": 0, "api_key": SecretStr(KEY), **chat}
    return Settings(
        home=home,
        chat=OpenAIChat.model_validate(
            {"kind": "openai", "base_url": server.url, "model": "tiny", **given}
        ),
    )


@contextmanager
def connected(
    home: Path, script: Mapping[str, list[Scripted]], **chat: object
) -> Iterator[Connected]:
    with openai_server(script) as server:
        assistant = assemble(settings_for(server, home, **chat))
        yield Connected(assistant, server, assistant.session())


def only_swarm(*replies: Scripted) -> dict[str, list[Scripted]]:
    """Return a script in which the Swarm Agent replies by itself."""
    return {"Swarm Agent": [*replies]}


def asking_minio(*replies: Scripted) -> dict[str, list[Scripted]]:
    """Return a script in which the Swarm Agent hands on and the MinIO agent replies."""
    return {
        "Swarm Agent": [calls("ask_minio_agent", request="list the buckets")],
        "MinIO agent": [*replies],
    }


def listing(*replies: Scripted) -> dict[str, list[Scripted]]:
    """Return a script in which the buckets are listed and three are counted."""
    return asking_minio(calls("list_buckets"), *replies)
