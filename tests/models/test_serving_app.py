"""The service of a real-time deployment, without a process."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from made_models import made

from core.errors import UnavailableError
from models.candidates import read_card, read_reference
from models.deployments.recording import Recorder, summary
from models.loading import read_model
from models.serving.app import KEY_HEADER, create_app
from models.serving.served import Served, ServedModel
from pipelines.delay.request import PhaseRequest
from surfaces.serving import served_of

KEY = "a-key-for-tests"
PHASE = {"phase": "Scope", "borough": "Queens", "work_category": "roof_envelope"}


def served(algorithm: str = "LogisticRegression", version: int = 1) -> Served:
    from dataclasses import replace

    content = made(algorithm)
    found = served_of(
        read_card(content.card, "card"),
        read_model(content.model, "model"),
        read_reference(content.reference, "reference"),
    )
    return replace(found, version=version)


class Follows:
    """A model that a test exchanges."""

    def __init__(self) -> None:
        self.now = served()
        self.mark = 1
        self.broken = ""

    def load(self) -> Served:
        if self.broken:
            raise UnavailableError(self.broken)
        return self.now


@pytest.fixture
def follows() -> Follows:
    return Follows()


@pytest.fixture
def model(follows: Follows, tmp_path: Path) -> ServedModel:
    return ServedModel(follows.load, lambda: follows.mark, Recorder(tmp_path / "recorded.db"))


@pytest.fixture
def client(model: ServedModel) -> Iterator[TestClient]:
    with TestClient(create_app(model, PhaseRequest, KEY), headers={KEY_HEADER: KEY}) as client:
        yield client


def test_several_phases_are_answered_as_one_after_the_other(client: TestClient) -> None:
    two = client.post("/predict", json={"phases": [PHASE, {"phase": "Design"}]}).json()
    one = client.post("/predict", json={"phases": [PHASE]}).json()
    assert (two["model"], two["version"]) == ("delay", 1)
    assert two["predictions"][0] == one["predictions"][0]
    assert "planned_duration_days" in two["predictions"][0]["imputed"]
    assert "borough" not in two["predictions"][0]["imputed"]
    chance = two["predictions"][0]["probability"]
    assert two["predictions"][0]["verdict"] == ("Delayed" if chance >= 0.5 else "On Time")


@pytest.mark.parametrize(
    ("phases", "field"),
    [
        ([{"borough": "Atlantis"}], "phases.0.borough"),
        ([PHASE, {"planned_duration_days": -4}], "phases.1.planned_duration_days"),
        ([{"start_date": "yesterday"}], "phases.0.start_date"),
        ([{"delay_days": 4}], "phases.0.delay_days"),
        ([{"phase": "Scope", "prev_phase_delay_days": 4}], "phases.0"),
        ([], "phases"),
        ("all", "phases"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(
    client: TestClient, phases: object, field: str
) -> None:
    answer = client.post("/predict", json={"phases": phases})
    assert answer.status_code == 422
    assert answer.json()["fields"][0]["field"] == field
    assert field in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"phases": [{"planned_duration_days": NaN}]}', 422),
        (b'{"phases": [{"planned_duration_days": 1e999}]}', 422),
        (b'{"phases": [{"\\ud800": "\\udfff"}]}', 422),
        (b'{"phases": [{"description": "\\ud800"}]}', 200),
        (b"\xff\xfe", 422),
        (b"[" * 10_000, 422),
        (b"", 422),
        (b" " * (3 << 20), 413),
    ],
)
def test_no_request_breaks_the_service(client: TestClient, body: bytes, status: int) -> None:
    headers = {"content-type": "application/json"}
    answer = client.post("/predict", content=body, headers=headers)
    assert answer.status_code in {status, 400, 422}
    assert "detail" in answer.json() or status == 200
    assert client.get("/health").json()["status"] == "ok"


def test_without_the_key_nothing_is_predicted(model: ServedModel) -> None:
    with TestClient(create_app(model, PhaseRequest, KEY)) as stranger:
        answers = [
            stranger.post("/predict", json={"phases": [PHASE]}, headers=headers)
            for headers in ({}, {KEY_HEADER: "wrong"}, {KEY_HEADER: ""})
        ]
        assert [answer.status_code for answer in answers] == [401, 401, 401]
        assert stranger.get("/health").status_code == 200


def test_another_version_answers_from_the_next_request_on(
    client: TestClient, model: ServedModel, follows: Follows
) -> None:
    assert client.get("/health").json()["version"] == 1
    follows.now, follows.mark = served("DecisionTree", 2), 2
    model.look()
    answer = client.post("/predict", json={"phases": [PHASE]}).json()
    assert answer["version"] == 2
    assert client.get("/health").json()["algorithm"] == "DecisionTree"


def test_a_version_that_cannot_be_loaded_leaves_the_old_one_and_is_told(
    client: TestClient, model: ServedModel, follows: Follows
) -> None:
    follows.broken, follows.mark = "The model is damaged.", 2
    model.look()
    health = client.get("/health").json()
    assert (health["version"], health["problem"]) == (1, "The model is damaged.")
    assert client.post("/predict", json={"phases": [PHASE]}).status_code == 200


def test_predictions_are_counted_and_recorded(client: TestClient, tmp_path: Path) -> None:
    client.post("/predict", json={"phases": [PHASE] * 3})
    client.post("/predict", json={})
    counts = client.get("/metrics").text
    assert 'requests_total{path="/predict",status="200"} 1.0' in counts
    assert 'requests_total{path="/predict",status="422"} 1.0' in counts
    assert 'model_version{model="delay"} 1.0' in counts
    client.__exit__(None, None, None)
    assert summary(tmp_path / "recorded.db")[0] == 3


def test_the_page_describes_every_field_and_loads_nothing(client: TestClient) -> None:
    page = client.get("/docs").text
    assert "planned_duration_days" in page
    assert "roof_envelope" in page
    assert "src=" not in page
    assert "https:" not in page
    openapi = client.get("/openapi.json").json()
    assert set(openapi["paths"]) == {"/predict", "/health", "/metrics"}
