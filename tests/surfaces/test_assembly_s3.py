"""The assistant on an S3 store: its first start, and a link that opens."""

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from minio_server import free_port, moto_server, settings_of, wipe

from agents.approval import Caller
from agents.events import Answer, ApprovalCard, Decision
from core.lineage import SharedLink
from core.services import S3Settings
from core.settings import Settings
from surfaces.assembly import Assistant, assemble


@pytest.fixture(scope="module")
def served() -> Iterator[S3Settings]:
    with moto_server() as settings:
        yield settings


@pytest.fixture
def store(served: S3Settings) -> S3Settings:
    wipe(served)
    return served


def on(store: S3Settings, home: Path, **changes: object) -> Assistant:
    return assemble(Settings(home=home, store=store.model_copy(update=changes)))


async def approve(card: ApprovalCard) -> Decision:
    assert card.tool == "share_object"
    return Decision(answer=Answer.ALLOW)


def test_the_first_start_fills_a_store_that_may_be_written(
    store: S3Settings, tmp_path: Path
) -> None:
    here = on(store, tmp_path)
    assert list(here.store.bucket_names()) == ["artifacts", "datasets", "models"]
    assert [item.key for item in here.store.list("datasets")] == ["schedule_management.csv"]


def test_a_read_only_store_stays_as_it_is(store: S3Settings, tmp_path: Path) -> None:
    here = on(store, tmp_path, allow_writes=False)
    assert list(here.store.bucket_names()) == []
    assert list(here.world.buckets()) == []


def test_only_buckets_that_the_settings_name_are_made(store: S3Settings, tmp_path: Path) -> None:
    here = on(store, tmp_path, buckets=("artifacts", "team"))
    assert list(here.store.bucket_names()) == ["artifacts"]
    assert list(on(store, tmp_path / "other").store.bucket_names())[:2] == ["artifacts", "datasets"]


def test_a_store_that_does_not_answer_does_not_keep_the_assistant_from_starting(
    tmp_path: Path,
) -> None:
    here = on(settings_of(free_port()), tmp_path)
    assert list(here.world.buckets()) == []


async def test_a_shared_link_opens_and_holds_no_mask(store: S3Settings, tmp_path: Path) -> None:
    here = on(store, tmp_path)
    here.store.put("datasets", "note.txt", b"for others")
    shared = await here.toolbox.call(
        "share_object",
        {"bucket": "datasets", "key": "note.txt"},
        Caller("minio", approve, lambda _: None),
    )
    assert isinstance(shared, SharedLink)
    said = here.masker.text(f"Here it is: {shared.url}")
    with urllib.request.urlopen(said.removeprefix("Here it is: "), timeout=10) as answer:
        assert answer.read() == b"for others"
