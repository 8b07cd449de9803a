"""A script of what was done is really run, in an empty home, and leads to the same."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from command_line import typed

from agents.approval import Caller
from agents.events import Answer, ApprovalCard, Decision, Event
from core.settings import Settings
from surfaces.assembly import Assistant, assemble
from surfaces.scripting import wait_for

SECONDS = 200
FILES = {
    "python": "again.py",
    "bash": "again.sh",
    "notebook": "again.ipynb",
    "github-actions": "again.yml",
}
TRAINING = {"models": ["LogisticRegression"], "folds": 3}


async def allow(card: ApprovalCard) -> Decision:
    del card
    return Decision(answer=Answer.ALLOW)


def ignore(event: Event) -> None:
    del event


class Conversation:
    """Calls tools in one conversation of a home."""

    def __init__(self, home: Path) -> None:
        self.assistant = assemble(Settings(home=home, workers=2))
        self.session = self.assistant.session().id

    def call(self, tool: str, /, **arguments: object) -> object:
        caller = Caller("kfp", allow, ignore, self.session)
        return asyncio.run(self.assistant.toolbox.call(tool, arguments, caller))


@pytest.fixture
def first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Conversation:
    monkeypatch.chdir(tmp_path)
    Path("june it's.csv").write_text("phase,days\ndesign,30\n")
    return Conversation(tmp_path / "first")


def state(assistant: Assistant) -> Mapping[str, object]:
    """Return what a person would find: nothing that carries a time or an id."""
    store, runs = assistant.store, assistant.runs
    found = {bucket.name: store.list(bucket.name, "", 500).items for bucket in store.buckets()}
    ids = {run.id: f"run {run.pipeline}" for run in runs.list(limit=50)}

    def named(key: str) -> str:
        for run_id, name in ids.items():
            key = key.replace(run_id, name)
        return key

    return {
        "objects": sorted(
            (bucket, named(one.key), tuple(sorted(store.stat(bucket, one.key).tags.items())))
            for bucket, objects in found.items()
            for one in objects
        ),
        "experiments": sorted((one.name, one.description) for one in runs.experiments()),
        "schedules": [(s.name, s.cron, s.enabled, dict(s.parameters)) for s in runs.schedules()],
        "runs": [(run.pipeline, run.state, dict(run.parameters)) for run in runs.list(limit=50)],
        "models": [
            (model.name, model.aliases, [one.algorithm for one in model.versions])
            for model in assistant.registry.models()
        ],
    }


def carry_out(words: list[str], home: Path) -> str:
    """Run a script as a person does, with an empty home."""
    scripts = Path(sys.executable).parent
    environment = os.environ | {  # noqa: TID251  # handed on
        "MLOPS_SWARM_HOME": str(home),
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",  # noqa: TID251  # handed on
    }
    done = subprocess.run(
        words, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def cells_as_one(path: Path) -> str:
    read = json.loads(path.read_text())
    return "\n".join("".join(c["source"]) for c in read["cells"] if c["cell_type"] == "code")


def steps_as_one(path: Path) -> str:
    """Return a workflow's own steps as one shell would take them, variables handed on."""
    steps = yaml.safe_load(path.read_text())["jobs"]["again"]["steps"][3:]
    return "".join(
        f'set -eo pipefail\n{step["run"]}set -a; . "$GITHUB_ENV"; set +a\n' for step in steps
    )


def exported(conversation: Conversation) -> None:
    for name, path in FILES.items():
        conversation.call("export_session", path=path, format=name)


def test_a_script_leads_to_the_same_in_an_empty_home(first: Conversation, tmp_path: Path) -> None:
    first.call("create_bucket", bucket="reports")
    first.call("upload_object", path="june it's.csv", bucket="reports", key="a b/june's.csv")
    first.call("create_experiment", name="spring", description='$(touch here) `touch here` "x"')
    first.call("schedule_run", pipeline="delay-prediction", cron="0 6 * * *", parameters=TRAINING)
    exported(first)
    wanted = state(first.assistant)

    carry_out([sys.executable, FILES["python"]], tmp_path / "python")
    carry_out(["bash", FILES["bash"]], tmp_path / "bash")

    assert state(assemble(Settings(home=tmp_path / "python"))) == wanted
    assert state(assemble(Settings(home=tmp_path / "bash"))) == wanted
    assert not (tmp_path / "here").exists()


@pytest.mark.slow
def test_a_training_is_done_again_waited_for_and_promoted_again(
    first: Conversation, tmp_path: Path
) -> None:
    first.call("start_run", pipeline="delay-prediction", parameters=TRAINING)
    wait_for(first.assistant, "latest")
    first.call("read_metrics", run="latest")
    first.call("preview_object", bucket="artifacts", key=_report(first.assistant))
    first.call("promote_model", model="delay", version="latest", alias="challenger")
    first.call("schedule_run", pipeline="delay-prediction", cron="0 6 * * *", parameters=TRAINING)
    first.call("pause_schedule", schedule="delay-prediction-schedule-1")
    # One that takes its time: it is to be at work still when a script comes to stop it.
    first.call("start_run", pipeline="delay-prediction", parameters={"folds": 7})
    first.call("cancel_run", run="latest")
    exported(first)
    wanted = state(first.assistant)

    (tmp_path / "cells.py").write_text(cells_as_one(tmp_path / FILES["notebook"]))
    handed_on = tmp_path / "handed-on"
    handed_on.touch()
    steps = f"export GITHUB_ENV={handed_on}\n{steps_as_one(tmp_path / FILES['github-actions'])}"
    (tmp_path / "steps.sh").write_text(steps)
    for number, words in enumerate(
        (
            # The cells are the statements of the script, the steps the lines of the Bash file.
            [sys.executable, "cells.py"],
            ["bash", "steps.sh"],
        )
    ):
        said = carry_out(words, tmp_path / f"home-{number}")
        again = assemble(Settings(home=tmp_path / f"home-{number}"))
        assert state(again)["models"] == wanted["models"]
        assert state(again)["runs"] == wanted["runs"]
        assert state(again)["schedules"] == wanted["schedules"]
        assert "LogisticRegression" in said


def _report(assistant: Assistant) -> str:
    left = assistant.store.list("artifacts", "delay-prediction/", 500).items
    return next(one.key for one in left if one.key.endswith("/comparison.json"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLOPS_SWARM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def test_a_conversation_is_exported_by_the_command_line(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = typed(capsys, "export", "x.sh")
    assert (refused.code, refused.err.splitlines()[0]) == (1, "There is no conversation yet.")
    assert typed(capsys, "ask", "--yes", "create a bucket called more").code == 0
    declined = typed(capsys, "export", "x.sh")
    assert declined.code == 1
    assert "nobody is at a terminal to approve it" in declined.err

    done = typed(capsys, "export", "x.sh", "--yes", "--json")

    (value,) = done.lines
    assert (value["format"], value["tools"], value["replaced"]) == (
        "bash",
        ["create_bucket"],
        False,
    )
    assert "bucket=more" in (home.parent / "x.sh").read_text()
    unknown = typed(capsys, "export", "x.sh", "--session", "nobody")
    assert unknown.err.splitlines()[0] == "No session is called 'nobody'."


@pytest.mark.usefixtures("home")
def test_one_field_of_a_value_is_printed_for_a_script(capsys: pytest.CaptureFixture[str]) -> None:
    one = typed(capsys, "tool", "describe_pipeline", "pipeline=delay-scoring", "--only", "name")
    none = typed(capsys, "tool", "list_buckets", "--only", "size")
    lost = typed(capsys, "wait", "12345e78")

    assert (one.code, one.out) == (0, "delay-scoring\n")
    assert (none.code, none.err.splitlines()[0]) == (1, "The value has no field 'size'.")
    assert (lost.code, lost.err.splitlines()[0]) == (1, "There is no run yet.")


@pytest.mark.usefixtures("home")
def test_a_text_that_looks_like_a_number_stays_a_text(capsys: pytest.CaptureFixture[str]) -> None:
    # As a number it would be 12345 followed by 78 zeros.
    told = typed(capsys, "tool", "describe_pipeline", "pipeline=12345e78")

    assert told.err.splitlines()[0] == "No pipeline is called '12345e78'."
