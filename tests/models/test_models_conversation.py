"""What a person does with models in use, from the highest doors."""

import json
import sqlite3
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from made_models import register

from agents.approval import Caller
from agents.events import Answer, ApprovalCard, Decision, Event
from backends.chat_builtin.answers import write_answer
from core.deployments import Deployment, DeploymentState, ModelPackage
from core.drift import DriftReport
from core.errors import NotFoundError, RequestError
from core.models import ModelCard, ModelVersion, Prediction, PromotedModel, ScoredTable
from core.settings import read_settings
from surfaces.assembly import Assistant, assemble
from surfaces.evaluation.world_deployments import WorldLauncher

PHASE = {"borough": "Queens", "work_category": "roof_envelope"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def assistant(home: Path) -> Assistant:
    made = assemble(read_settings(home=home), launcher=WorldLauncher())
    register(made.registry, made.store, "aaaaaaaa", "LogisticRegression")
    register(made.registry, made.store, "bbbbbbbb", "DecisionTree")
    return made


async def call(assistant: Assistant, tool: str, **arguments: object) -> object:
    """Call a tool as a surface does, allowing everything; the last card is kept."""

    async def allow(card: ApprovalCard) -> Decision:
        CARDS.append(card)
        return Decision(answer=Answer.ALLOW)

    heard: list[Event] = []
    caller = Caller(agent="models", approve=allow, notify=heard.append)
    return await assistant.toolbox.call(tool, arguments, caller)


CARDS: list[ApprovalCard] = []


async def test_a_promotion_says_whether_it_is_a_gain_and_a_rollback_undoes_it(
    assistant: Assistant,
) -> None:
    promoted = await call(assistant, "promote_model", model="delay", version="challenger")
    assert isinstance(promoted, PromotedModel)
    assert (promoted.change.previous, promoted.change.version) == (1, 2)
    comparison = CARDS[-1].details["comparison"]
    assert "on the same 725 later phases version 2 is right in" in comparison
    assert comparison.startswith(("Within noise", "Better by more", "Worse by more"))
    back = await call(assistant, "rollback_model", model="delay")
    assert isinstance(back, PromotedModel)
    assert (back.change.action, back.version.version) == ("rolled back", 1)
    history = assistant.registry.model("delay").history
    assert [(c.alias, c.version, c.action) for c in history if c.alias == "champion"] == [
        ("champion", 1, "rolled back"),
        ("champion", 2, "promoted"),
        ("champion", 1, "registered"),
    ]
    assert all(change.by for change in history)
    with pytest.raises(RequestError, match="is the champion already"):
        await call(assistant, "promote_model", model="delay", version="1")


async def test_tags_of_training_and_of_people_are_on_the_card_and_in_the_list(
    assistant: Assistant,
) -> None:
    tagged = await call(
        assistant, "tag_model", model="delay:2", tags={"reviewed": "yes", "owner": "ops"}
    )
    assert isinstance(tagged, ModelVersion)
    assert tagged.tags == {"owner": "ops", "reviewed": "yes"}
    assert CARDS[-1].details["changes"] == "reviewed = yes, owner = ops"
    changed = await call(
        assistant, "tag_model", model="delay", version="2", tags={"reviewed": "no", "owner": ""}
    )
    assert CARDS[-1].details["changes"] == "reviewed yes → no, owner is taken away"
    card = await call(assistant, "describe_model", model="delay:2")
    assert isinstance(changed, ModelVersion)
    assert isinstance(card, ModelCard)
    assert card.version.tags == changed.tags == {"reviewed": "no"}
    assert "- Tags: reviewed=no" in write_answer(card, "describe_model", "")
    listed = await call(assistant, "list_models")
    assert "| reviewed=no |" in write_answer(listed, "list_models", "")
    assert write_answer(changed, "tag_model", "") == (
        "**delay:2** (DecisionTree) has the tags reviewed=no now."
    )
    with pytest.raises(RequestError, match="No tag was given"):
        await call(assistant, "tag_model", model="delay", tags={})
    with pytest.raises(RequestError, match="not one line of text"):
        await call(assistant, "tag_model", model="delay", tags={"a\nb": "x"})
    with pytest.raises(NotFoundError, match="closest: delay"):
        await call(assistant, "tag_model", model="dely", tags={"a": "b"})


async def test_a_card_tells_for_whom_it_works_and_when_to_believe_it(assistant: Assistant) -> None:
    card = await call(assistant, "describe_model", model="delay:1")
    assert isinstance(card, ModelCard)
    assert set(card.fairness["borough"]) == {
        "Bronx",
        "Brooklyn",
        "Manhattan",
        "Queens",
        "Staten Island",
    }
    assert set(card.fairness["school_level"]) >= {"PS", "IS", "HS"}
    assert sum(found.rows for found in card.calibration) == 725
    assert any(what.endswith("missing") for what in card.robustness)
    assert card.environment["scikit-learn"]
    assert card.lineage["run"] == "aaaaaaaa"


async def test_a_prediction_adds_up_and_what_would_change_it_was_tried(
    assistant: Assistant,
) -> None:
    found = await call(assistant, "predict_delay", phase=PHASE)
    assert isinstance(found, Prediction)
    effects = sum(reason.effect for reason in found.reasons)
    assert found.baseline + effects + found.rest == pytest.approx(found.probability)
    assert any(reason.feature == "work_category" for reason in found.reasons)
    assert {r.feature for r in found.reasons if r.imputed}.isdisjoint({"borough", "work_category"})
    assert found.tried > 20
    for flip in found.flips:
        again = await call(assistant, "predict_delay", phase={**PHASE, flip.what: flip.value})
        assert isinstance(again, Prediction)
        assert again.verdict == flip.verdict != found.verdict
        assert again.probability == pytest.approx(flip.probability)


async def test_a_typical_phase_has_reasons_too(assistant: Assistant) -> None:
    found = await call(assistant, "predict_delay", phase={})
    assert isinstance(found, Prediction)
    assert found.reasons
    assert all(reason.imputed for reason in found.reasons)


async def test_a_table_is_scored_beside_itself_and_checked_for_drift(assistant: Assistant) -> None:
    table = assistant.store.read("datasets", "schedule_management.csv")
    first = b"\n".join(table.split(b"\n")[:301])
    assistant.store.put("datasets", "planned/june.csv", first)
    found = await call(assistant, "score_dataset", bucket="datasets", key="planned/june.csv")
    assert isinstance(found, ScoredTable)
    assert (found.rows, found.bad, found.target) == (300, 0, "datasets/planned/june.scored.csv")
    assert assistant.store.stat("datasets", "planned/june.scored.csv").bytes > 1000
    assert CARDS[-1].details["writes"] == "datasets/planned/june.scored.csv"
    drift = await call(assistant, "check_drift", bucket="datasets", key="planned/june.csv")
    assert isinstance(drift, DriftReport)
    assert drift.rows == 300
    assert "portfolio_delay_rate_365d" in drift.drifted
    assert Path(drift.report).read_text("utf-8").startswith("<!doctype html>")


async def test_a_deployment_is_listed_replaced_checked_and_stopped(
    assistant: Assistant, home: Path
) -> None:
    first = await call(assistant, "deploy_model", model="delay", mode="real-time")
    assert isinstance(first, Deployment)
    assert (first.name, first.follows, first.state) == (
        "delay-api",
        "champion",
        DeploymentState.RUNNING,
    )
    key = Path(first.key_file)
    assert key.stat().st_mode & 0o777 == 0o600
    assert CARDS[-1].details["later"] == "it changes with the champion"
    again = await call(
        assistant, "deploy_model", model="delay:2", mode="real time", name="delay-api"
    )
    assert isinstance(again, Deployment)
    assert (again.version, again.follows, again.replaced) == (2, "", 1)
    assert CARDS[-1].details["replaces"].startswith("delay-api: delay:1")
    with pytest.raises(RequestError, match="has recorded no prediction yet"):
        await call(assistant, "check_drift", bucket="deployments", key="delay-api")
    assert assistant.world.deployments() == ["delay-api"]
    with pytest.raises(NotFoundError, match="closest: delay-api"):
        await call(assistant, "stop_deployment", deployment="delay-ap")
    await call(assistant, "stop_deployment", deployment="delay-api")
    assert assistant.deployments.all() == []
    assert not key.exists()
    del home


async def test_a_batch_deployment_is_a_schedule_that_follows_the_champion(
    assistant: Assistant,
) -> None:
    assistant.store.put("datasets", "planned/july.csv", b"phase\nScope\n")
    made = await call(assistant, "deploy_model", model="delay", mode="batch")
    assert isinstance(made, Deployment)
    schedule = next(one for one in assistant.runs.schedules() if one.name == made.schedule)
    assert schedule.pipeline == "delay-scoring"
    assert schedule.parameters["version"] == "champion"
    spec = assistant.catalog.find("delay-scoring")
    filled = assistant.runs.check(spec, schedule.parameters)
    assert (filled["data"], filled["model_file"]) == (
        "datasets/planned/july.csv",
        "models/delay/1/bundle.zip",
    )
    await call(assistant, "stop_deployment", deployment=made.name)
    assert assistant.runs.schedules() == []


@pytest.mark.parametrize("mode", ["streaming", "edge"])
async def test_what_is_not_there_yet_is_said_with_what_works(
    assistant: Assistant, mode: str
) -> None:
    with pytest.raises(RequestError, match=f"cannot be deployed for {mode} yet") as caught:
        await call(assistant, "deploy_model", model="delay", mode=mode)
    assert "works today" in caught.value.hint


@pytest.mark.slow
async def test_a_package_predicts_in_a_clean_process(assistant: Assistant, tmp_path: Path) -> None:
    path = str(tmp_path / "out") + "/"
    package = await call(assistant, "package_model", model="delay", path=path)
    assert isinstance(package, ModelPackage)
    with tarfile.open(package.path) as archive:
        archive.extractall(tmp_path, filter="data")
    folder = tmp_path / "delay-1"
    (folder / "example.json").write_text(json.dumps([PHASE]))
    done = subprocess.run(
        [sys.executable, "-I", str(folder / "predict.py"), str(folder / "example.json")],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    same = await call(assistant, "predict_delay", phase=PHASE)
    assert isinstance(same, Prediction)
    assert told[0]["probability"] == pytest.approx(same.probability)
    assert (folder / "requirements.txt").read_text().startswith("numpy==")
    again = await call(assistant, "package_model", model="delay", path=path)
    assert isinstance(again, ModelPackage)
    assert again.sha256 == package.sha256


def test_what_a_deployment_was_asked_is_kept_within_bounds(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from models.deployments.recording import Recorded, Recorder, as_table, summary

    path = tmp_path / "recorded.db"
    recorder = Recorder(path, kept=50)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    recorder.add(
        [
            Recorded(at=now, version=1, features={"a": n, "b": None}, probability=0.5)
            for n in range(80)
        ]
    )
    recorder.close()
    assert summary(path) == (50, now)
    table = as_table(path, tmp_path / "t.csv", "x").read_text().splitlines()
    assert (table[0], table[1], table[-1], len(table)) == ("a,b", "30,", "79,", 51)
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)
