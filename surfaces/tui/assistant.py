"""What the terminal needs of the assistant that it shows."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from agents.events import Event
from core.errors import AssistantError
from core.examples import Examples
from core.passages import Passage
from core.pipelines import PipelineSpec
from core.runs import RunBackend
from core.triggers import Firing
from core.world import World

if TYPE_CHECKING:
    from agents.approval import Approver, Grants, StandIn
    from agents.toolbox import Toolbox
    from core.services import Chat
    from core.settings import Settings
    from surfaces.indexing import Reading
    from surfaces.watching import Watcher


class Turn(Protocol):
    """One exchange of a conversation."""

    @property
    def question(self) -> str:
        """What the person said."""

    @property
    def answer(self) -> str:
        """What was answered, as Markdown."""


class Session(Protocol):
    """A conversation that goes on."""

    @property
    def id(self) -> str:
        """What it is found by."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def grants(self) -> "Grants":
        """What the person allowed for as long as it is open."""

    def rename(self, name: str, /) -> None:
        """Call it something else."""

    def ask(
        self, text: str, approve: "Approver", stand_in: "StandIn | None" = None
    ) -> AsyncIterator[Event]:
        """Take one turn; canceling the task that reads stops it."""

    def watch(self, approve: "Approver", stand_in: "StandIn | None" = None) -> AsyncIterator[Event]:
        """Tell, without end, of watched runs and of the turns that follow them."""

    def history(self) -> Sequence[Turn]:
        """Return the turns so far."""


class SessionInfo(Protocol):
    """What a list says of a session."""

    @property
    def id(self) -> str:
        """What it is found by."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def updated_at(self) -> datetime:
        """When its last turn was."""

    @property
    def turns(self) -> int:
        """How many turns it has."""


class Sessions(Protocol):
    """The conversations that are kept."""

    def list(self) -> Sequence[SessionInfo]:
        """Return all sessions, the latest first."""

    def rename(self, session_id: str, name: str, /) -> object:
        """Call a session something else."""


class Pipelines(Protocol):
    """The pipelines that can be run."""

    def find(self, name: str, /) -> PipelineSpec:
        """Return a pipeline by its name."""


class Assistant(Protocol):
    """Everything that was put together for this terminal."""

    @property
    def settings(self) -> "Settings":
        """What it was put together from."""

    @property
    def toolbox(self) -> "Toolbox":
        """What can be done."""

    @property
    def runs(self) -> RunBackend:
        """Where runs are."""

    @property
    def catalog(self) -> Pipelines:
        """Where pipelines are."""

    @property
    def world(self) -> World:
        """What exists, by name."""

    @property
    def sessions(self) -> Sessions:
        """Where conversations are."""

    @property
    def examples(self) -> Examples:
        """What the person taught the built-in model."""

    @property
    def model_name(self) -> str:
        """What answers."""

    @property
    def chats(self) -> Sequence["Chat"]:
        """The models that can answer."""

    def use_model(self, chat: "Chat", /) -> None:
        """Let a model answer from the next turn on."""

    @property
    def notice(self) -> str:
        """One line to say at the first start; may be empty."""

    def session(self, session_id: str = "") -> Session:
        """Return a new session, or a kept one."""

    def swarm(self) -> object:
        """Build what answers, which takes seconds the first time."""

    def watcher(
        self, fired: Callable[[Firing], None], failed: Callable[[AssistantError], None], /
    ) -> "Watcher | None":
        """Return what starts the runs of triggers; None where nothing may be changed."""

    def read_ahead(self) -> "Reading | None":
        """Let the documentation be read before somebody asks."""

    def open(self, bucket: str, key: str) -> Path:
        """Return a local copy of an object."""

    def cited(self, citation: str) -> Sequence[Passage]:
        """Return what a citation names."""
