"""The same conversations with the built-in model and with a model at a server, over real HTTP."""

import json
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from connected_chat import connected
from openai_server import Call, Reply, Scripted, says

from agents.events import Answer, ApprovalCard, Decision, Event, ToolFinished, TurnFinished
from agents.session import Session
from agents.specialists import SPECIALISTS
from core.runs import RunState
from core.settings import Settings
from surfaces.assembly import Assistant, assemble

PIPELINE = "delay-prediction"
FAST = {"models": ["LogisticRegression"], "folds": 2}


@dataclass(frozen=True)
class Part:
    """A call that a request asks for."""

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    ok: bool = True

    @property
    def agent(self) -> str:
        return next(each.name for each in SPECIALISTS if self.tool in each.tools)


@dataclass(frozen=True)
class Told:
    """A turn: what is asked, what is to be called, and what the person says to cards."""

    text: str
    parts: Sequence[Part]
    allows: bool = True


CONVERSATIONS = {
    "reading": [
        Told("which pipelines are there?", [Part("list_pipelines")]),
        Told("describe delay-prediction", [Part("describe_pipeline", {"pipeline": PIPELINE})]),
        Told("what buckets are there?", [Part("list_buckets")]),
    ],
    "two parts at once": [
        Told(
            "what buckets are there? Which models are registered?",
            [Part("list_buckets"), Part("list_models")],
        ),
    ],
    "a run that is started and stopped": [
        Told(
            "start delay-prediction with folds=2 and models=LogisticRegression",
            [Part("start_run", {"pipeline": PIPELINE, "parameters": FAST})],
        ),
        Told("stop it", [Part("cancel_run", {"run": "latest"})]),
    ],
    "a run that is rejected": [
        Told(
            "start delay-prediction",
            [Part("start_run", {"pipeline": PIPELINE}, ok=False)],
            allows=False,
        ),
        Told("list the runs", [Part("list_runs")]),
    ],
    "a name that does not exist": [
        Told(
            "show me the logs of nightly-0599", [Part("read_logs", {"run": "nightly-0599"}, False)]
        ),
        Told("what buckets are there?", [Part("list_buckets")]),
    ],
}


def script_of(turns: Sequence[Told]) -> dict[str, list[Scripted]]:
    """Return what a model at a server would say in a conversation."""
    script: dict[str, list[Scripted]] = {"Swarm Agent": []}
    for number, turn in enumerate(turns):
        handed = [
            Call(f"ask_{part.agent}_agent", json.dumps({"request": turn.text}), f"h{number}-{at}")
            for at, part in enumerate(turn.parts)
        ]
        script["Swarm Agent"].append(Reply(calls=handed))
        for at, part in enumerate(turn.parts):
            page = next(each.prompt() for each in SPECIALISTS if each.name == part.agent)
            title = page.removeprefix("You are the ").partition(":")[0]
            call = Call(part.tool, json.dumps(part.arguments), f"t{number}-{at}")
            script.setdefault(title, []).extend([Reply(calls=[call]), says("That is it.")])
    return script


async def hold(session: Session, turns: Sequence[Told]) -> Sequence[Sequence[Event]]:
    """Hold a conversation and return the events of each turn."""
    held: list[Sequence[Event]] = []
    for turn in turns:

        async def answer(card: ApprovalCard, turn: Told = turn) -> Decision:
            del card
            return Decision(answer=Answer.ALLOW if turn.allows else Answer.REJECT)

        async with aclosing(session.ask(turn.text, answer)) as stream:
            held.append([event async for event in stream])
    return held


def check(assistant: Assistant, turns: Sequence[Told], held: Sequence[Sequence[Event]]) -> None:
    """Check that a conversation did what it was to do, and was kept."""
    for turn, events in zip(turns, held, strict=True):
        finished = [event for event in events if isinstance(event, ToolFinished)]
        assert sorted((f.tool, f.ok) for f in finished) == sorted(
            (part.tool, part.ok) for part in turn.parts
        ), turn.text
        last = events[-1]
        assert isinstance(last, TurnFinished)
        assert (last.stopped, last.unverified) == ("", ())
        assert last.answer
    started = [t for t in turns for p in t.parts if p.tool == "start_run" and t.allows]
    runs = assistant.runs.list()
    assert runs.total == len(started)
    assert all(run.parameters["folds"] == 2 for run in runs.items)
    assert all(run.state is RunState.CANCELED for run in runs.items)
    assert assistant.audit.verify().unapproved_writes == 0


@pytest.mark.parametrize("name", CONVERSATIONS)
async def test_a_conversation_passes_with_the_built_in_model(tmp_path: Path, name: str) -> None:
    assistant = assemble(Settings(home=tmp_path, workers=1))
    session = assistant.session()

    check(assistant, CONVERSATIONS[name], await hold(session, CONVERSATIONS[name]))
    assert [turn.question for turn in session.history()] == [t.text for t in CONVERSATIONS[name]]


@pytest.mark.parametrize("name", CONVERSATIONS)
async def test_the_same_conversation_passes_with_a_model_at_a_server(
    tmp_path: Path, name: str
) -> None:
    turns = CONVERSATIONS[name]
    with connected(tmp_path, script_of(turns)) as here:
        check(here.assistant, turns, await hold(here.session, turns))

    assert [turn.question for turn in here.session.history()] == [t.text for t in turns]
    calls = sum(1 + 2 * len(turn.parts) for turn in turns)
    assert len(here.server.bodies) == calls
