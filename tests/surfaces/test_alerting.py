from pathlib import Path

from kept_runs import KeptRuns, run_value
from listening_webhook import Listening, webhook
from pydantic import SecretStr

from core.runs import Run, RunState
from core.services import AlertSettings
from surfaces.alerting import DriftAlerts

__all__ = ["webhook"]

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
