"""The service of a real-time deployment as a process of its own."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from made_models import register

from core.deployments import Deployment, DeploymentState
from core.settings import read_settings
from models.serving.app import KEY_HEADER
from surfaces.assembly import Assistant, assemble

pytestmark = pytest.mark.live
PHASE = {"phase": "Scope", "borough": "Queens", "work_category": "roof_envelope"}
SOON_SECONDS = 30


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    made = assemble(read_settings(home=tmp_path_factory.mktemp("home")))
    register(made.registry, made.store, "aaaaaaaa", "LogisticRegression")
    register(made.registry, made.store, "bbbbbbbb", "DecisionTree")
    yield made
    for name in made.deployments.names():
        made.deployments.stop(name)


@pytest.fixture(scope="module")
def deployed(assistant: Assistant) -> Deployment:
    version = assistant.registry.find("delay")
    return assistant.deployments.serve("delay-api", version, "champion")


def client_of(deployed: Deployment) -> httpx.Client:
    key = Path(deployed.key_file).read_text("ascii")
    return httpx.Client(base_url=deployed.address, headers={KEY_HEADER: key}, timeout=30)


def test_no_request_is_lost_while_another_version_takes_over(
    assistant: Assistant, deployed: Deployment
) -> None:
    ended = threading.Event()

    def ask() -> list[tuple[int, int]]:
        seen = []
        with client_of(deployed) as client:
            while not ended.is_set():
                answer = client.post("/predict", json={"phases": [PHASE]})
                version = answer.json()["version"] if answer.status_code == 200 else 0
                seen.append((answer.status_code, version))
        return seen

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask) for _ in range(4)]
        assistant.registry.promote("delay", "2")
        changed = _within(lambda: _version(deployed) == 2)
        ended.set()
        seen = [answer for one in asking for answer in one.result()]
    assert changed
    assert {status for status, _ in seen} == {200}
    assert {version for _, version in seen} <= {1, 2}
    assistant.registry.rollback("delay")
    assert _within(lambda: _version(deployed) == 1)


def test_another_assistant_finds_the_service_and_replaces_it_in_place(
    assistant: Assistant, deployed: Deployment
) -> None:
    other = assemble(read_settings(home=assistant.settings.home))
    found = other.deployments.find("delay-api")
    assert (found.state, found.address) == (DeploymentState.RUNNING, deployed.address)
    fixed = other.deployments.serve("delay-api", other.registry.find("delay:2"), "")
    assert fixed.address == deployed.address
    assert _within(lambda: _version(deployed) == 2)
    other.deployments.serve("delay-api", other.registry.find("delay"), "champion")
    assert _within(lambda: _version(deployed) == 1)


def test_what_it_was_asked_can_be_checked_for_drift(
    assistant: Assistant, deployed: Deployment
) -> None:
    with client_of(deployed) as client:
        client.post("/predict", json={"phases": [PHASE] * 200})
    assert _within(lambda: assistant.deployments.find("delay-api").predictions >= 200)
    table = assistant.deployments.recorded_table("delay-api", assistant.settings.home)
    assert table.read_text().startswith("planned_duration_days,")


def test_a_stopped_service_answers_no_more(assistant: Assistant, deployed: Deployment) -> None:
    stopped = assistant.deployments.stop("delay-api")
    assert Path(stopped.kept).exists()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{deployed.address}/health", timeout=5)
    assert assistant.deployments.all() == []


def _version(deployed: Deployment) -> int:
    return int(httpx.get(f"{deployed.address}/health", timeout=10).json()["version"])


def _within(holds: "object", seconds: float = SOON_SECONDS) -> bool:
    assert callable(holds)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        # The service looks for another version once a second.
        threading.Event().wait(0.1)
    return False
