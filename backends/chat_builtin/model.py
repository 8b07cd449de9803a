"""The built-in model, as LangChain speaks to a chat model."""

import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolCall, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import PrivateAttr

from backends.chat_builtin.answers import write_answer
from backends.chat_builtin.commands import write_command
from backends.chat_builtin.conversation import Conversation, read_conversation
from backends.chat_builtin.learned import asks_to_remember
from backends.chat_builtin.referring import agreed, never_mind, was_misunderstood
from backends.chat_builtin.remarks import LET_IT_BE, NOTHING_PENDING, yours_to_judge
from backends.chat_builtin.skills import SKILLS
from backends.chat_builtin.steps import condition_in, judged_in
from backends.chat_builtin.understanding import Call, Question, Remark, Understanding
from core.errors import AssistantError
from core.focus import Focus

FOLLOW_UP = "follow_up"
KEPT_CHARACTERS = 1_000
"""Arguments longer than this are not carried on."""
_HAND_OFF = re.compile(r"ask_\w+_agent")
_AFTER_THE_END = frozenset(
    "read_metrics show_plot list_artifacts describe_run list_models describe_model predict_delay"
    " read_logs compare_runs diagnose_run preview_object".split()
)
"""Tools that, after a run was started in the same message, are about how it ended."""
_ABOUT_ANY_STATE = frozenset(
    "list_artifacts describe_run list_models describe_model predict_delay read_logs"
    " preview_object".split()
)
"""Those of them that have something to say about a run that is under way."""


class BuiltinChatModel(BaseChatModel):
    """Understands this domain's requests without a network, a key or downloaded weights."""

    # Private, because pydantic would otherwise build schemas for everything they hold.
    _understanding: Understanding = PrivateAttr()
    _agents: Mapping[str, str] = PrivateAttr()

    def __init__(self, understanding: Understanding, agents: Mapping[str, str]) -> None:
        """Think with an understanding; `agents` gives the hand-off that reaches each tool."""
        super().__init__()
        self._understanding = understanding
        self._agents = agents

    @property
    def _llm_type(self) -> str:
        return "mlops-swarm-builtin"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Return this model with tools that it may call."""
        del tool_choice
        names = [convert_to_openai_tool(tool)["function"]["name"] for tool in tools]
        return self.bind(tool_names=names, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        del stop, run_manager
        names = frozenset(kwargs.get("tool_names", ()))
        understanding = self._understanding.now()
        hand_offs = frozenset(name for name in names if _HAND_OFF.fullmatch(name))
        if hand_offs:
            message = self._supervise(read_conversation(messages, hand_offs), understanding)
        else:
            message = _specialise(messages, names, understanding)
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _supervise(self, state: Conversation, understanding: Understanding) -> AIMessage:
        """Hand the next step of the request to its specialist, or say why not."""
        if not state.handed_off and never_mind(state.typed):
            return AIMessage(LET_IT_BE)
        if not state.handed_off and agreed(state.request):
            return AIMessage(NOTHING_PENDING)
        if state.lesson is not None and asks_to_remember(state.typed):
            return AIMessage(understanding.remember(state.lesson))
        steps = state.steps
        if not steps:
            steps = _steps(state, understanding)
        remaining = list(steps[state.handed_off :])
        if not remaining:
            return AIMessage("That is all.")
        if state.stopped:
            return AIMessage(f"I left out the rest: “{' and '.join(remaining)}”.")
        if state.failed_run:
            return self._hand_off(f"how did it go ({state.focus.run})", "describe_run", more=False)
        said = self._next(remaining, state, understanding)
        # What a step changed may let the message be split otherwise: it is split once.
        said.additional_kwargs["steps"] = list(steps)
        return said

    def _next(
        self, remaining: list[str], state: Conversation, understanding: Understanding
    ) -> AIMessage:
        if condition := condition_in(remaining[0]):
            if reason := understanding.hinders(condition, remaining[0], state.focus):
                return AIMessage(f"{reason}, so I left out “{condition.rest}”.")
            remaining[0] = condition.rest
        if (wish := judged_in(remaining[0])) and understanding.changes(wish, state.focus):
            return _ask(yours_to_judge(wish), wish)
        understood = understanding.read(remaining[0], state.focus)
        if isinstance(understood, Question):
            return _ask(understood.text, " and ".join(remaining))
        if isinstance(understood, Remark):
            return AIMessage(understood.text)
        if run := self._waits_for(state, understood):
            return _follow_up(run, " and ".join(remaining))
        request = self._request(understood, understanding)
        handed = self._hand_off(request, understood.tool, more=len(remaining) > 1)
        # What a call names is spoken of even when the person does not allow it.
        handed.additional_kwargs["focus"] = _named_in(understood)
        return _offering_to_learn(handed, state, understood)

    def _request(self, call: Call, understanding: Understanding) -> str:
        """Return the step so that its specialist, who knows nothing else, reads the same call."""
        spoken = _explicit(call)
        among = frozenset(
            tool for tool, agent in self._agents.items() if agent == self._agents[call.tool]
        )
        read = understanding.read(spoken, Focus(), among=among)
        if isinstance(read, Call) and (read.tool, read.arguments) == (call.tool, call.arguments):
            return spoken
        return write_command(call.tool, call.arguments)

    def _waits_for(self, state: Conversation, call: Call) -> str:
        """Return the run that must end before a step can be answered; empty when none must."""
        if call.tool not in _AFTER_THE_END:
            return ""
        named = str(call.arguments.get("run", ""))
        if state.handed_off and state.focus.tool in {"start_run", "watch_run"}:
            named = named if named not in {"", "latest", "latest succeeded"} else state.focus.run
        elif call.tool in _ABOUT_ANY_STATE:
            return ""
        for run in self._understanding.world.recent_runs():
            if named in {run.id, run.name, "latest"}:
                return "" if run.state.ended else run.id
        return ""

    def _hand_off(self, request: str, tool: str, *, more: bool) -> AIMessage:
        return AIMessage(
            "", tool_calls=[_call(self._agents[tool], {"request": request, "more": more})]
        )


def _steps(state: Conversation, understanding: Understanding) -> tuple[str, ...]:
    """Split a request into its steps; an answer to a question of ours completes the first one."""
    request = understanding.whole(state.request, state.about, state.typed, state.focus)
    steps = understanding.steps(understanding.named(request, state.focus), state.focus)
    if not state.answer or request == state.typed:
        return tuple(steps)
    answers = understanding.steps(understanding.named(state.answer, state.focus), Focus())
    return (f"{steps[0].rstrip(' .?!,')}, {answers[0]}", *answers[1:], *steps[1:])


def _specialise(
    messages: Sequence[BaseMessage], names: frozenset[str], understanding: Understanding
) -> AIMessage:
    """Call the tool that the request is for, then write the answer from its value."""
    last = messages[-1]
    request = next(str(m.text) for m in reversed(messages) if isinstance(m, HumanMessage))
    if isinstance(last, ToolMessage):
        if last.artifact is None or isinstance(last.artifact, AssistantError):
            return AIMessage(str(last.artifact or last.text))
        value, _ = last.artifact
        return AIMessage(write_answer(value, str(last.name), request))
    understood = understanding.read(request, Focus(), among=names)
    if isinstance(understood, Call):
        return AIMessage("", tool_calls=[_call(understood.tool, understood.arguments)])
    return _ask(understood.text, request)


_NAMING = "pipeline experiment schedule trigger deployment bucket key source path".split()


def _named_in(call: Call) -> dict[str, str]:
    """Return what a call is about, also for the case that it is rejected: "rest the same"."""
    named = {name: str(call.arguments[name]) for name in _NAMING if call.arguments.get(name)}
    kept = json.dumps(call.arguments)
    told = {"tool": call.tool, "arguments": kept} if len(kept) <= KEPT_CHARACTERS else {}
    return named | told


def _offering_to_learn(handed: AIMessage, state: Conversation, call: Call) -> AIMessage:
    """Add an offer to keep the correction, where another tool was meant than was called."""
    wrong = state.before and was_misunderstood(state.typed) and call.tool != state.focus.tool
    if not wrong or state.handed_off:
        return handed
    meant = SKILLS[call.tool].in_words
    handed.content = (
        f"You meant that I {meant}. Say “remember that”, and I keep “{state.before}” as an example"
        " of it, on this machine only."
    )
    handed.additional_kwargs["lesson"] = {"text": state.before, "tool": call.tool}
    return handed


def _call(name: str, arguments: dict[str, Any]) -> ToolCall:
    return ToolCall(name=name, args=arguments, id=f"call_{uuid.uuid4().hex[:12]}")


def _follow_up(run: str, request: str) -> AIMessage:
    return AIMessage("", tool_calls=[_call(FOLLOW_UP, {"run": run, "request": request})])


def _ask(question: str, about: str) -> AIMessage:
    choices = re.findall(r"^\d\. (.+)$", question, re.M)
    names = [] if choices else re.findall(r"`([^`]+)`", question)
    return AIMessage(
        question, additional_kwargs={"about": about, "choices": choices, "names": names}
    )


def _explicit(call: Call) -> str:
    """Return the step with the references put in that the conversation made clear."""
    lowered = call.text.casefold()
    named = [
        str(call.arguments[name])
        for name in ("run", "pipeline", "model")
        if call.arguments.get(name)
    ]
    if call.arguments.get("key"):
        named.append(f"{call.arguments['bucket']}/{call.arguments['key']}")
    elif call.arguments.get("bucket"):
        named.append(str(call.arguments["bucket"]))
    missing = [name for name in named if name.casefold() not in lowered]
    return f"{call.text} ({', '.join(missing)})" if missing else call.text
