"""A real MinIO server tells of what arrives; other servers are looked through all the same."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from minio_server import minio_path, minio_server, moto_server

from backends.store_s3 import S3Store
from core.errors import AssistantError
from core.services import S3Settings
from core.settings import Settings
from core.triggers import Announcing, Firing, Trigger
from surfaces.assembly import Assistant, assemble
from surfaces.evaluation.world_runs import WorldRuns
from surfaces.watching import Watcher

SECONDS = 30
TABLE = b"phase,planned_duration_days\nA,12\n"


@pytest.fixture(scope="module")
def minio() -> Iterator[S3Settings]:
    if minio_path() is None:
        pytest.skip("There is no MinIO program, and no Go to build one.")
    with minio_server() as settings:
        yield settings


@pytest.fixture(scope="module")
def moto() -> Iterator[S3Settings]:
    with moto_server() as settings:
        yield settings


class Seen:
    """What a watcher told, from its thread."""

    def __init__(self) -> None:
        self.firings: list[Firing] = []
        self.problems: list[AssistantError] = []
        self.arrived = threading.Event()

    def fired(self, firing: Firing) -> None:
        self.firings.append(firing)
        self.arrived.set()


def watched(settings: S3Settings, home: Path) -> tuple[Assistant, Seen, Watcher]:
    """Return an assistant with a trigger on `datasets/planned/`, and what watches it."""
    assistant = assemble(Settings(home=home, store=settings), run_backend=WorldRuns)
    assistant.store.put("datasets", "planned/may_2026.csv", TABLE)
    (tool,) = (one for one in assistant.toolbox if one.name == "create_trigger")
    trigger = tool.run(bucket="datasets", prefix="planned", pipeline="delay-prediction")
    assert isinstance(trigger, Trigger)
    seen = Seen()
    watcher = assistant.watcher(seen.fired, seen.problems.append)
    assert watcher is not None
    return assistant, seen, watcher


@pytest.mark.live
def test_an_object_that_arrives_at_minio_starts_a_run(minio: S3Settings, tmp_path: Path) -> None:
    assistant, seen, watcher = watched(minio, tmp_path)
    watcher.start()
    try:
        assistant.store.put("datasets", "elsewhere.csv", TABLE)
        assistant.store.put("datasets", "planned/june_2026.csv", TABLE)
        assert seen.arrived.wait(SECONDS)
    finally:
        watcher.stop()

    (firing,) = seen.firings
    assert firing.object.reference == "datasets/planned/june_2026.csv"
    run = assistant.runs.get(firing.run)
    assert run.parameters["data"] == "datasets/planned/june_2026.csv"
    assert seen.problems == []


@pytest.mark.live
def test_minio_speaks_up_for_what_arrives(minio: S3Settings, tmp_path: Path) -> None:
    store = S3Store(minio, tmp_path)
    store.create_bucket("incoming")
    heard = threading.Event()

    def listen() -> None:
        announced = store.announcements("incoming", "a/")
        next(announced)
        next(announced)
        heard.set()

    threading.Thread(target=listen, daemon=True).start()
    # Some releases keep what they have to say until a few events are there.
    for number in range(40):
        if heard.wait(0.2):
            break
        store.put("incoming", f"a/{number}.csv", TABLE)

    assert heard.wait(SECONDS)


def test_a_server_that_announces_nothing_is_looked_through(
    moto: S3Settings, tmp_path: Path
) -> None:
    assistant, seen, watcher = watched(moto, tmp_path)
    assert isinstance(assistant.store, Announcing)
    assert list(assistant.store.announcements("datasets", "planned/")) == []
    assistant.store.put("datasets", "planned/june_2026.csv", TABLE)
    watcher.fire()
    watcher.fire()

    assert [one.object.key for one in seen.firings] == ["planned/june_2026.csv"]
    assert seen.firings[0].run
