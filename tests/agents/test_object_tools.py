"""What people do with objects, through the chat: cards, changes, refusals."""

from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import allow
from pydantic import TypeAdapter

from agents.approval import Caller
from agents.events import Answer, ApprovalCard, Decision, ToolFinished, TurnFinished
from agents.session import Session
from backends.runs_local.history import NewRun, RunHistory
from core.errors import AssistantError, NotFoundError, RequestError
from core.lineage import Downloaded, ObjectDetails, Removed
from core.models import ModelCard, ModelVersion
from core.objects import StoredObject
from core.runs import Artifact, ArtifactKind, Run, RunState
from surfaces.assembly import Assistant


@pytest.fixture
def registered(here: Assistant) -> Assistant:
    """An assistant with a registered model version."""
    place = {"bucket": "artifacts", "key": "delay-prediction/7f3a1c52/choose-model/model.skops"}
    stored = here.store.put(place["bucket"], place["key"], b"a model")
    run = Run(
        id="7f3a1c52",
        name="nightly-0511",
        pipeline="delay-prediction",
        state=RunState.SUCCEEDED,
        parameters={},
        created_at=datetime(2026, 5, 11, tzinfo=UTC),
    )
    version = ModelVersion(
        model="delay",
        version=0,
        run_id="",
        algorithm="RandomForest",
        registered_at=run.created_at,
    )
    card = ModelCard(
        version=version,
        purpose="Says which rows are late.",
        data={},
        split={},
        metrics={},
        baselines={},
        subgroups={},
        importances={},
        parameters={},
    )
    beside = place["key"].replace("model.skops", "card.json")
    here.store.put("artifacts", beside, TypeAdapter(ModelCard).dump_json(card))
    candidate = Artifact(
        run_id=run.id,
        task="choose-model",
        name="model",
        kind=ArtifactKind.MODEL,
        bytes=stored.bytes,
        content_hash=stored.etag,
        metadata={"registers_as": "delay", "gate_passed": True, "gate_reasons": ""},
        **place,
    )
    here.registry.register(run, [candidate])
    return here


class Person:
    """Allows every card and keeps what it showed."""

    def __init__(self, answer: Answer = Answer.ALLOW) -> None:
        self.cards: list[ApprovalCard] = []
        self.answer = answer

    async def approve(self, card: ApprovalCard) -> Decision:
        self.cards.append(card)
        return Decision(answer=self.answer)


@pytest.fixture
def here(assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Assistant:
    """An assistant in a folder with a file, and a bucket to play in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "june_late.csv").write_text("phase,days\nDesign,3\n")
    assistant.store.put("scratch", "old_export.csv", b"a,b\n1,2\n")
    assistant.store.put("datasets", "planned/june_2026.csv", b"a\n1\n", tags={"status": "draft"})
    return assistant


async def say(session: Session, text: str, person: Person) -> tuple[Sequence[ToolFinished], str]:
    async with aclosing(session.ask(text, person.approve)) as stream:
        events = [event async for event in stream]
    last = events[-1]
    assert isinstance(last, TurnFinished)
    return [event for event in events if isinstance(event, ToolFinished)], last.answer


async def call(assistant: Assistant, tool: str, **arguments: object) -> object:
    return await assistant.toolbox.call(tool, arguments, Caller("minio", allow, lambda _: None))


async def test_a_file_is_uploaded_described_tagged_copied_and_deleted_in_one_conversation(
    here: Assistant,
) -> None:
    person, session = Person(), here.session()

    finished, said = await say(session, "upload june_late.csv to datasets/planned", person)
    stored = finished[0].value
    assert isinstance(stored, StoredObject)
    assert stored.reference == "datasets/planned/june_late.csv"
    assert person.cards[-1].details["reads"].endswith("june_late.csv, 20 B")

    finished, said = await say(session, "tag it with status=final", person)
    assert "status = final" in said
    finished, said = await say(session, "describe that file", person)
    assert isinstance(finished[0].value, ObjectDetails)
    assert finished[0].value.object.tags == {"status": "final"}
    finished, said = await say(session, "copy it to scratch", person)
    assert here.store.stat("scratch", "planned/june_late.csv").tags == {"status": "final"}
    finished, said = await say(session, "delete the old export", person)
    assert isinstance(finished[0].value, Removed)
    assert person.cards[-1].details["deletes"].startswith("scratch/old_export.csv, 8 B, written ")
    assert "trash" in said
    assert [one.object.key for one in here.store.trash()] == ["old_export.csv"]


async def test_an_object_is_downloaded_to_this_folder_and_nothing_else_is_touched(
    here: Assistant, tmp_path: Path
) -> None:
    person = Person()
    finished, _ = await say(here.session(), "download the june_2026.csv file", person)

    value = finished[0].value
    assert isinstance(value, Downloaded)
    assert (tmp_path / "june_2026.csv").read_bytes() == b"a\n1\n"
    assert "replaces" not in person.cards[0].details
    await say(here.session(), "download june_2026.csv", person)
    assert person.cards[1].details["replaces"] == "the file of 4 B that is there"


async def test_a_rejected_delete_leaves_everything_as_it_was(here: Assistant) -> None:
    person = Person(Answer.REJECT)
    finished, _ = await say(here.session(), "delete scratch/old_export.csv", person)

    assert not finished[0].ok
    assert here.store.read("scratch", "old_export.csv") == b"a,b\n1,2\n"


async def test_two_objects_that_fit_are_asked_about(here: Assistant) -> None:
    here.store.put("datasets", "planned/june_2025.csv", b"a\n")
    finished, said = await say(here.session(), "delete the june file", Person())

    assert finished == []
    assert "datasets/planned/june_2025.csv" in said
    assert said.rstrip().endswith("?")


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("delete_bucket", {"bucket": "scratch"}, "holds 1 object"),
        ("delete_bucket", {"bucket": "scrach"}, "scratch"),
        ("create_bucket", {"bucket": "datasets"}, "exists already"),
        ("create_bucket", {"bucket": "No Bucket"}, "No Bucket"),
        ("upload_object", {"path": "none.csv", "bucket": "datasets"}, "There is no local file"),
        ("upload_object", {"path": ".", "bucket": "datasets"}, "is a folder"),
        (
            "copy_object",
            {"bucket": "scratch", "key": "old_export.csv", "to_bucket": "scratch"},
            "onto itself",
        ),
        ("tag_object", {"bucket": "scratch", "key": "old_export.csv", "tags": {}}, "No tag"),
        ("share_object", {"bucket": "scratch", "key": "old_export.csv"}, "by a link"),
        (
            "share_object",
            {"bucket": "scratch", "key": "old_export.csv", "expires_hours": 999},
            "up to 168 hours",
        ),
        ("download_object", {"bucket": "scratch", "key": "old.csv"}, "old_export.csv"),
        (
            "download_object",
            {"bucket": "scratch", "key": "old_export.csv", "path": "no/x.csv"},
            "There is no local folder",
        ),
        ("describe_object", {"bucket": "datasets", "key": "schedule.csv"}, "schedule_management"),
    ],
)
async def test_what_cannot_be_done_is_said_with_the_way_out(
    here: Assistant, tool: str, arguments: dict[str, object], words: str
) -> None:
    with pytest.raises(AssistantError) as error:
        await call(here, tool, **arguments)

    assert words in str(error.value)


async def test_a_bucket_goes_with_its_objects_only_when_that_was_asked_for(
    here: Assistant,
) -> None:
    person = Person()
    finished, said = await say(here.session(), "delete the bucket scratch", person)
    assert not finished[0].ok
    assert "holds 1 object" in said
    await say(here.session(), "delete the bucket scratch and everything in it", person)

    assert person.cards[-1].details["to the trash"] == "1 object, 8 B"
    assert "scratch" not in {bucket.name for bucket in here.store.buckets()}
    assert [one.object.key for one in here.store.trash()] == ["old_export.csv"]


async def test_the_file_of_a_model_version_is_neither_deleted_nor_written_over(
    registered: Assistant, tmp_path: Path
) -> None:
    version = registered.registry.find("delay")
    place = {"bucket": version.bucket, "key": version.key}
    (tmp_path / "model.skops").write_bytes(b"another")

    with pytest.raises(RequestError, match="delay:1 uses it"):
        await call(registered, "delete_object", **place)
    with pytest.raises(RequestError, match="delay:1 uses it"):
        await call(registered, "delete_bucket", bucket="models", with_objects=True)
    with pytest.raises(RequestError, match="model version delay:1"):
        await call(registered, "upload_object", path=str(tmp_path / "model.skops"), **place)
    with pytest.raises(RequestError, match="model version delay:1"):
        await call(
            registered,
            "copy_object",
            bucket="datasets",
            key="schedule_management.csv",
            to_bucket="models",
            to_key=version.key,
        )


async def test_the_card_of_a_deletion_says_which_runs_read_the_object(here: Assistant) -> None:
    history = RunHistory(here.settings.home / "runs.db")
    for run_id in ("0a0a0a0a", "0b0b0b0b"):
        read = Artifact(
            run_id=run_id,
            task="import-data",
            name="data",
            kind=ArtifactKind.DATASET,
            bucket="scratch",
            key="old_export.csv",
            bytes=8,
            content_hash="",
            is_input=True,
        )
        history.add(
            NewRun(
                id=run_id,
                pipeline=here.catalog.find("delay-prediction"),
                parameters={},
                experiment="default",
                name="",
                tasks=(),
                inputs=[read],
                ended="It never began.",
            )
        )
    person = Person(Answer.REJECT)
    await say(here.session(), "delete scratch/old_export.csv", person)

    assert person.cards[-1].details["read by"] == (
        "2 runs, the latest 0b0b0b0b; a repetition needs the object"
    )


async def test_a_name_that_leads_out_of_its_bucket_is_refused(here: Assistant) -> None:
    for key in ("../outside.csv", "a/../../outside.csv", "/etc/passwd"):
        with pytest.raises((RequestError, NotFoundError)):
            await call(here, "upload_object", path="june_late.csv", bucket="scratch", key=key)
