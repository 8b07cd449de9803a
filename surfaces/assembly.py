"""The one place where parts are chosen and put together."""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from agents.specialists import SPECIALISTS
from agents.toolbox import Toolbox
from agents.triggered import TriggeredRuns
from agents.world import KnownWorld
from backends.audit_file import AuditFile
from backends.examples_file import ExamplesFile
from backends.preferences_file import PreferencesFile
from backends.runs_local import LocalRuns
from backends.sessions_sqlite import SqliteSessions
from backends.triggers_sqlite import SqliteTriggers
from core.audit import AuditLog
from core.errors import AssistantError, RequestError
from core.examples import Examples
from core.objects import ObjectStore
from core.passages import Passage
from core.preferences import Preferences
from core.runs import RunBackend
from core.secrets import Masker
from core.services import BuiltinChat, Chat, OpenAIChat
from core.sessions import SessionStore
from core.settings import Settings, known_secrets
from core.triggers import Firing, TriggerBook
from knowledge.library import Library
from models.deployments.book import DeploymentBook
from models.deployments.processes import Launcher, ProcessLauncher, python_command
from models.registry import Registry
from pipelines.catalog import Catalog
from recommender.choices import Choices
from surfaces.first_start import check_home, place_first_data
from surfaces.services import barred_of, library_of, runs_of, store_of
from surfaces.tools import Parts, tools_of
from surfaces.watching import Watcher

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from agents.session import Session
    from agents.swarm import Swarm
    from surfaces.indexing import Reading
    from surfaces.model_trial import ModelTrial

BUILTIN_NOTICE = (
    "The built-in model answers: no network and no key, good at this domain's requests and nothing"
    " else. Any OpenAI-compatible model takes its place with two settings (see the README)."
)


@dataclass(slots=True)
class _Answering:
    """The chat model in use, and the swarm that was built with it."""

    chat: Chat
    swarm: "Swarm | None" = None


@dataclass(frozen=True)
class Assistant:
    """Everything a surface needs."""

    settings: Settings
    store: ObjectStore
    runs: RunBackend
    catalog: Catalog
    registry: Registry
    deployments: DeploymentBook
    library: Library
    sessions: SessionStore
    toolbox: Toolbox
    masker: Masker
    audit: AuditLog
    preferences: Preferences
    examples: Examples
    triggers: TriggerBook
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def notice(self) -> str:
        """One line about who answers; empty when a person chose the model."""
        return BUILTIN_NOTICE if isinstance(self.chat, BuiltinChat) else ""

    @property
    def chat(self) -> Chat:
        """The chat model that answers now."""
        return self._answering.chat

    @property
    def chats(self) -> Sequence[Chat]:
        """The chat models that can answer: the built-in one, and the one of the settings."""
        builtin = BuiltinChat()
        return tuple(dict.fromkeys((builtin, self.settings.chat)))

    @property
    def model_name(self) -> str:
        """The name of the model that answers."""
        return self.chat.model if isinstance(self.chat, OpenAIChat) else "built-in"

    def use_model(self, chat: Chat) -> None:
        """Let a chat model answer from the next turn on; a turn under way ends with its own."""
        with self._lock:
            self._answering.chat = chat
            self._answering.swarm = None

    @cached_property
    def world(self) -> KnownWorld:
        """What exists right now, for the built-in model and for completion."""
        return KnownWorld(
            self.toolbox,
            self.catalog,
            self.runs,
            self.store,
            self.registry,
            self.library,
            self.deployments,
            self.triggers,
        )

    def swarm(self) -> "Swarm":
        """Return the swarm; the first call builds it, which imports LangChain."""
        with self._lock:
            if self._answering.swarm is None:
                from agents.swarm import Swarm

                model = _chat_model(self, self.chat)
                self._answering.swarm = Swarm(
                    model,
                    self.toolbox,
                    SPECIALISTS,
                    self.settings.limits,
                    self.preferences.list,
                )
            return self._answering.swarm

    def builtin_swarm(self) -> "Swarm | None":
        """Return the swarm that can stand in for a model at a server; None where there is none."""
        if isinstance(self.chat, BuiltinChat):
            return None
        from agents.swarm import Swarm

        model = _chat_model(self, BuiltinChat())
        return Swarm(model, self.toolbox, SPECIALISTS, self.settings.limits)

    @cached_property
    def _answering(self) -> _Answering:
        return _Answering(self.settings.chat)

    def session(self, session_id: str = "") -> "Session":
        """Return a new conversation, or one to resume by id or name.

        Raises:
            NotFoundError: There is no such conversation.
        """
        from agents.session import Session

        info = self.sessions.get(session_id) if session_id else self.sessions.create()
        return Session(
            info,
            self.swarm,
            self.sessions,
            self.runs,
            self.settings.limits,
            self.masker,
            self.builtin_swarm,
        )

    def watcher(
        self, fired: Callable[[Firing], None], failed: Callable[[AssistantError], None]
    ) -> Watcher | None:
        """Return what starts the runs of triggers; None where nothing may be changed."""
        if self.settings.read_only or barred_of(self.settings) is not None:
            return None
        triggered = TriggeredRuns(self.catalog, self.runs, self.audit, self.masker)
        return Watcher(self.triggers, self.store, triggered.start, fired, failed)

    def read_ahead(self) -> "Reading | None":
        """Let the documentation be read before somebody asks; None where nothing is to be read."""
        from surfaces.indexing import read_ahead

        return read_ahead(self.settings, self.library)

    def cited(self, citation: str) -> Sequence[Passage]:
        """Return the passages that a citation in an answer names."""
        return self.library.cited(citation)

    def open(self, bucket: str, key: str) -> Path:
        """Return a local copy of an object, for a program that needs a file."""
        path = self.settings.home / "opened" / bucket / key
        content = self.store.read(bucket, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path


def assemble(
    settings: Settings,
    *,
    run_backend: type[LocalRuns] = LocalRuns,
    catalog: Catalog | None = None,
    library: Library | None = None,
    launcher: Launcher | None = None,
    secrets: Sequence[str] = (),
) -> Assistant:
    """Put the assistant together and place the first data in an empty home.

    Args:
        settings: What a person chose.
        run_backend: Who runs pipelines; a world of evaluation cases brings its own.
        catalog: The pipelines, if not only the shipped one.
        library: The documents, if they are open already.
        launcher: Who starts services; a world of evaluation cases brings its own.
        secrets: What to mask beyond the credentials in the settings.

    Raises:
        UnavailableError: The home cannot be written.
    """
    home = settings.home.expanduser().absolute()
    settings = settings.model_copy(update={"home": home})
    check_home(home)
    store = store_of(settings)
    runs = runs_of(settings, store, run_backend)
    catalog = (catalog or Catalog()).with_uploaded(runs.pipelines)
    registry = Registry(store)
    launcher = launcher or ProcessLauncher(python_command("surfaces.serving"))
    deployments = DeploymentBook(home / "deployments", registry, launcher, runs)
    library = library or library_of(settings)
    masker = Masker((*known_secrets(settings), *deployments.records.keys(), *secrets))
    audit = AuditFile(home / "audit.jsonl")
    triggers = SqliteTriggers(home / "triggers.db")
    sessions = SqliteSessions(home / "sessions.db")
    place_first_data(settings.store, store)
    return Assistant(
        settings=settings,
        store=store,
        runs=runs,
        catalog=catalog,
        registry=registry,
        deployments=deployments,
        library=library,
        sessions=sessions,
        toolbox=Toolbox(
            tools_of(
                Parts(
                    settings=settings,
                    catalog=catalog,
                    runs=runs,
                    store=store,
                    registry=registry,
                    library=library,
                    deployments=deployments,
                    triggers=triggers,
                    audit=audit,
                    sessions=sessions,
                    masker=masker,
                )
            ),
            masker,
            read_only=settings.read_only,
            audit=audit,
        ),
        masker=masker,
        audit=audit,
        preferences=PreferencesFile(home / "preferences.txt", masker),
        examples=ExamplesFile(home / "examples.jsonl", masker),
        triggers=triggers,
    )


def _chat_model(assistant: Assistant, chat: Chat) -> "BaseChatModel":
    if isinstance(chat, OpenAIChat):
        from backends.chat import openai_chat

        return openai_chat(chat)
    from backends.chat_builtin.classifier import INTENTS, IntentClassifier
    from backends.chat_builtin.model import BuiltinChatModel
    from backends.chat_builtin.understanding import Understanding

    return BuiltinChatModel(
        understanding=Understanding(
            IntentClassifier.load(INTENTS), assistant.world, assistant.examples
        ),
        agents={tool: agent.hand_off for agent in SPECIALISTS for tool in agent.tools},
    )


def describe_project(text: str) -> Mapping[str, object]:
    """Return what a few words say of a project, by the arguments of `recommend_toolchain`.

    Raises:
        RequestError: They name two clouds, and the project is to run on one.
    """
    from backends.chat_builtin.projects import clouds_in, project_in

    if len(clouds := clouds_in(text)) > 1:
        raise RequestError(
            f"The words name {' and '.join(clouds)}, and a toolchain is for one of them.",
            hint=f"Say which one: cloud={clouds[0]}; or cloud=none for no preference.",
        )
    return project_in(text)


def recorded_choices(settings: Settings) -> Choices:
    """Return what people here took, to be learned from."""
    return Choices(settings.home.expanduser().absolute() / "recommender")


def try_chat_model(settings: Settings) -> "ModelTrial":
    """Call the chosen model twice and say what it can do.

    Raises:
        AssistantError: It does not answer, in words.
    """
    from surfaces.model_trial import try_model

    return asyncio.run(try_model(_chat_model(assemble(settings), settings.chat)))
