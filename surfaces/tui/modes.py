"""What may be done without asking, and what not at all: the terminal's commands for it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from core.errors import RequestError, not_found
from surfaces.tui.opening import citations_in

if TYPE_CHECKING:
    from core.services import Chat
    from surfaces.tui.app import SwarmApp
    from surfaces.tui.assistant import Assistant, Session

PLAN_ON = "Plan only from now on: changes are shown, and none is carried out. /plan ends it."
PLAN_OFF = "Changes are carried out again, each after your approval."
READ_ONLY = "This assistant is read-only since its start: it has no tool that changes anything."
NOT_READ_ONLY = "This assistant may change things, each after your approval."
HOW_READ_ONLY = (
    "Start it with MLOPS_SWARM_READ_ONLY=true to take the tools away that change anything;"
    " /plan shows changes without carrying them out."
)
BUILT_IN = "built-in"


def plan(app: "SwarmApp", argument: str) -> None:
    """Begin to show changes without carrying them out, or end that."""
    del argument
    app.plan_only = not app.plan_only
    app.status.plan_only = app.plan_only
    app.transcript.say(PLAN_ON if app.plan_only else PLAN_OFF, "notice", _taken_back(app))


def _taken_back(app: "SwarmApp") -> str:
    """Take back what was allowed: what is allowed runs without a card that could be refused."""
    if not app.plan_only:
        return ""
    app.reject_waiting()
    taken = list(app.session.grants) if app.session is not None else []
    for tool in taken:
        _session(app).grants.revoke(tool)
    return f"No longer allowed for this session: {', '.join(taken)}." if taken else ""


def readonly(app: "SwarmApp", argument: str) -> None:
    """Say whether the assistant is read-only."""
    del argument
    if _assistant(app).settings.read_only:
        app.transcript.say(READ_ONLY, "notice", "Start it without that setting to allow changes.")
    else:
        app.transcript.say(NOT_READ_ONLY, "notice", HOW_READ_ONLY)


def grants(app: "SwarmApp", argument: str) -> None:
    """List the tools that are not asked about any more."""
    del argument
    allowed = list(_session(app).grants)
    if allowed:
        app.transcript.say(
            f"Allowed for this session: {', '.join(allowed)}.",
            "notice",
            "/revoke and the tool's name asks again.",
        )
    else:
        app.transcript.say(
            "Nothing is allowed without asking.", "notice", "On an approval, s allows its tool."
        )


def revoke(app: "SwarmApp", argument: str) -> None:
    """Ask again before a tool is called."""
    allowed = _session(app).grants
    if not argument:
        raise RequestError("Which tool?", hint="Write /revoke and its name; /grants lists them.")
    if not allowed.revoke(argument):
        raise not_found("allowed tool", argument, allowed)
    app.transcript.say(f"{argument} is asked about again.", "notice")


def model(app: "SwarmApp", argument: str) -> None:
    """Show what answers, or let another model answer."""
    assistant = _assistant(app)
    if argument:
        use_model(app, argument)
        return
    names = [model_name(chat) for chat in assistant.chats]
    if len(names) == 1:
        app.transcript.say(
            f"{assistant.model_name} answers; no other model is configured.",
            "notice",
            "Name an endpoint with the settings chat.base_url and chat.model (see the README).",
        )
        return
    from surfaces.tui.model_screen import ModelScreen

    def chosen(name: str | None) -> None:
        if name is not None:
            use_model(app, name)

    app.push_screen(ModelScreen(names, assistant.model_name), chosen)


def use_model(app: "SwarmApp", name: str) -> None:
    """Let a model answer from the next turn on, by its name.

    Raises:
        NotFoundError: No such model is configured.
    """
    assistant = _assistant(app)
    chat = next((chat for chat in assistant.chats if model_name(chat) == name), None)
    if chat is None:
        raise not_found("configured model", name, map(model_name, assistant.chats))
    app.use_model(chat)


def model_name(chat: "Chat") -> str:
    """Return what a person calls a model."""
    return chat.model if chat.kind == "openai" else BUILT_IN


def values(app: "SwarmApp") -> Mapping[str, Iterable[str]]:
    """Return what can stand after a command, by its name."""
    return {
        "revoke": list(app.session.grants) if app.session is not None else (),
        "model": _model_names(app.assistant),
        "theme": sorted(app.available_themes),
        "open": citations_in(app.transcript.last_answer),
    }


def _model_names(assistant: "Assistant | None") -> Sequence[str]:
    return [] if assistant is None else [model_name(chat) for chat in assistant.chats]


def _assistant(app: "SwarmApp") -> "Assistant":
    if app.assistant is None:
        raise RequestError("The assistant is not ready yet.", hint="Try again in a moment.")
    return app.assistant


def _session(app: "SwarmApp") -> "Session":
    if app.session is None:
        raise RequestError("The assistant is not ready yet.", hint="Try again in a moment.")
    return app.session
