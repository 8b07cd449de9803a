"""A cluster's runs in a conversation and in doctor, with the built-in model, through real HTTP."""

import json
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import pytest
from command_line import typed
from kubeflow_nodes import Progress
from kubeflow_server import Fault, KubeflowServer, kubeflow_server

from agents.events import Answer, ApprovalCard, Decision, Event, ToolStarted, TurnFinished
from core.runs import Run
from core.services import KubeflowSettings
from core.settings import Settings
from pipelines.catalog import Catalog
from surfaces.assembly import Assistant, assemble

REASON = "The table has no column 'borough'."


@dataclass(frozen=True)
class Cluster:
    """An assistant on a cluster where one run failed and another is at work."""

    assistant: Assistant
    server: KubeflowServer
    failed: Run
    running: Run


@pytest.fixture
def server() -> Iterator[KubeflowServer]:
    with kubeflow_server() as server:
        yield server


@pytest.fixture
def cluster(server: KubeflowServer, tmp_path: Path) -> Cluster:
    settings = KubeflowSettings(kind="kubeflow", host=server.url, allow_changes=True)
    assistant = assemble(Settings(home=tmp_path / "home", runs=settings))
    # What runs there was started by somebody whose store the cluster reaches.
    from backends.runs_kubeflow import KubeflowRuns

    starter = KubeflowRuns(settings, assistant.store)
    delay = Catalog().find("delay-prediction")
    failed = starter.start(delay, {"models": ["SVC"]}, name="nightly-0513")
    server.state.end(
        failed.id,
        "FAILED",
        Progress(
            states={"validate-data": "FAILED"},
            reasons={"validate-data": REASON},
            not_reached=[
                "prepare-data",
                "split-data",
                "for-loop-1",
                "compare-models",
                "evaluate-models",
                "choose-model",
            ],
        ),
    )
    for node in server.state.runs[failed.id].run_details.task_details:
        if node.pod_name:
            server.state.logs[failed.id, node.pod_name] = "KeyError: 'borough'\n"
    running = starter.start(delay, {}, name="nightly-0514")
    server.state.begin(running.id)
    return Cluster(assistant, server, failed, running)


async def allow(card: ApprovalCard) -> Decision:
    del card
    return Decision(answer=Answer.ALLOW)


async def heard(events: AsyncGenerator[Event]) -> Sequence[Event]:
    async with aclosing(events):
        return [event async for event in events]


async def test_runs_of_a_cluster_are_listed_explained_and_stopped(cluster: Cluster) -> None:
    session = cluster.assistant.session()

    async def ask(text: str) -> tuple[list[str], str]:
        events = await heard(session.ask(text, allow))
        finished = events[-1]
        assert isinstance(finished, TurnFinished)
        return [event.tool for event in events if isinstance(event, ToolStarted)], finished.answer

    tools, answer = await ask("list the runs")
    assert tools == ["list_runs"]
    assert "nightly-0513" in answer
    assert "nightly-0514" in answer
    tools, answer = await ask("why did nightly-0513 fail?")
    assert tools == ["diagnose_run"]
    assert "validate-data" in answer
    assert REASON in answer
    tools, answer = await ask("how is nightly-0514 going")
    assert tools == ["describe_run"]
    tools, answer = await ask("stop it")
    assert tools == ["cancel_run"]
    assert cluster.server.state.runs[cluster.running.id].state == "CANCELED"
    assert "CANCELED" in answer


async def test_an_outage_is_told_in_words_and_the_conversation_goes_on(cluster: Cluster) -> None:
    session = cluster.assistant.session()
    cluster.server.faults += [Fault(status=503, body="<html>overloaded</html>")] * 30
    events = await heard(session.ask("list the runs", allow))
    assert isinstance(events[-1], TurnFinished)
    assert "could not list the runs (503)" in events[-1].answer
    assert "html" not in events[-1].answer
    cluster.server.faults.clear()
    events = await heard(session.ask("list the runs", allow))
    assert isinstance(events[-1], TurnFinished)
    assert "nightly-0514" in events[-1].answer


def _doctor(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    home: Path,
    **variables: str,
) -> tuple[bool, str]:
    monkeypatch.setenv("MLOPS_SWARM_HOME", str(home))
    monkeypatch.setenv("MLOPS_SWARM_RUNS__KIND", "kubeflow")
    for name, value in variables.items():
        monkeypatch.setenv(f"MLOPS_SWARM_RUNS__{name.upper()}", value)
    lines = [json.loads(line) for line in typed(capsys, "doctor", "--json").out.splitlines()]
    finding = next(line for line in lines if line["check"] == "runs")
    return finding["ok"], finding["found"]


@pytest.mark.slow
def test_doctor_says_whether_the_cluster_answers_and_what_may_be_done_there(
    server: KubeflowServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ok, found = _doctor(monkeypatch, capsys, tmp_path / "home", host=server.url)
    assert ok
    assert "Kubeflow Pipelines 2.17.0 answers; 0 runs, which may only be looked at" in found
    server.state.token = "kf-token-1234567890"
    ok, found = _doctor(
        monkeypatch, capsys, tmp_path / "home", host=server.url, token="kf-token-0000000000"
    )
    assert not ok
    assert "401" in found
    assert "kf-token" not in found
