import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from kept_runs import KeptRuns, run_value
from pydantic import SecretStr

from core.runs import Run, RunState
from core.services import AlertSettings
from surfaces.alerting import DriftAlerts

TEXT = (
    "Drift: 2 features have moved in datasets/may.csv, the largest PSI is 0.61 (run bbbbbbbb,"
    " run-bb). Its report says what to do."
)


def check(run_id: str, drifted: float) -> Run:
    return run_value(
        run_id,
        RunState.SUCCEEDED,
        pipeline="drift-check",
        parameters={"data": "datasets/may.csv"},
        metrics={"drifted_features": drifted, "largest_psi": 0.61},
    )


class Listening(BaseHTTPRequestHandler):
    heard: list[dict[str, object]]
    status = 200

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.heard.append(json.loads(self.rfile.read(length)))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        del args


@pytest.fixture(params=[200, 500])
def webhook(request: pytest.FixtureRequest) -> Iterator[tuple[str, type[Listening]]]:
    handler = type("Handler", (Listening,), {"heard": [], "status": request.param})
    server = HTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", handler
    server.shutdown()
    server.server_close()


def test_what_drifted_is_told_once_and_only_what_ended_since_the_first_look(tmp_path: Path) -> None:
    runs = KeptRuns({"aaaaaaaa": check("aaaaaaaa", 3)})
    alerts = DriftAlerts(runs, tmp_path, AlertSettings())  # type: ignore[arg-type]  # what is listed is enough
    assert alerts.look() == []
    runs.runs["bbbbbbbb"] = check("bbbbbbbb", 2)
    runs.runs["cccccccc"] = check("cccccccc", 0)
    assert alerts.look() == [TEXT]
    assert alerts.look() == []


def test_an_alert_is_sent_and_a_refusal_is_said(
    webhook: tuple[str, type[Listening]], tmp_path: Path
) -> None:
    address, handler = webhook
    runs = KeptRuns()
    alerts = DriftAlerts(runs, tmp_path, AlertSettings(webhook=SecretStr(address)))  # type: ignore[arg-type]  # as above
    alerts.look()
    runs.runs["bbbbbbbb"] = check("bbbbbbbb", 2)
    lines = alerts.look()
    assert lines[0] == TEXT
    assert handler.heard[0]["text"] == TEXT
    refused = "The alert of run bbbbbbbb was refused with status 500."
    assert any(refused in line for line in lines) == (handler.status == 500)
    assert not any(address in line for line in lines)


def test_an_address_that_nobody_answers_is_said(tmp_path: Path) -> None:
    runs = KeptRuns()
    settings = AlertSettings(webhook=SecretStr("http://127.0.0.1:9/hook"), timeout_seconds=2)
    alerts = DriftAlerts(runs, tmp_path, settings)  # type: ignore[arg-type]  # as above
    alerts.look()
    runs.runs["bbbbbbbb"] = check("bbbbbbbb", 2)
    assert "could not be sent" in alerts.look()[1]
