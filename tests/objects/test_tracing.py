"""Which run made an object from what, and which runs read it: joins over recorded facts."""

import hashlib
import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from backends.runs_local import LocalRuns
from backends.runs_local.history import NewRun, RunHistory
from backends.store_folder import FolderStore
from core.errors import NotFoundError
from core.pipelines import PipelineSpec
from core.runs import Artifact, ArtifactKind, RunState
from objects.tracing import trace

PIPELINE = PipelineSpec(
    name="delay-prediction", description="", parameters=(), tasks=(), package="", version="v1"
)
LOOK_ALIKES = 200


@dataclass(frozen=True)
class Past:
    """A history that is told, on the real backends."""

    store: FolderStore
    runs: LocalRuns
    history: RunHistory

    def run(self, run_id: str, name: str) -> None:
        self.history.add(
            NewRun(
                id=run_id,
                pipeline=PIPELINE,
                parameters={},
                experiment="default",
                name=name,
                tasks=(),
                ended="",
            )
        )
        self.history.finish(run_id, RunState.SUCCEEDED)

    def says(self, run_id: str, task: str, place: str, content: bytes, *, read: bool) -> None:
        """Record that a run made or read a content under a name."""
        bucket, _, key = place.partition("/")
        self.history.record(
            [
                Artifact(
                    run_id=run_id,
                    task=task,
                    name=key.rpartition("/")[2],
                    kind=ArtifactKind.DATASET,
                    bucket=bucket,
                    key=key,
                    bytes=len(content),
                    content_hash=hashlib.sha256(content).hexdigest(),
                    is_input=read,
                )
            ],
            {},
            run_id,
        )

    def stores(self, place: str, content: bytes) -> None:
        bucket, _, key = place.partition("/")
        self.store.put(bucket, key, content)


@pytest.fixture
def past(tmp_path: Path) -> Past:
    store = FolderStore(tmp_path / "objects")
    runs = LocalRuns(home=tmp_path, store=store, workers=1)
    return Past(store, runs, RunHistory(tmp_path / "runs.db"))


def test_in_two_hundred_runs_with_look_alike_names_every_origin_and_every_use_is_right(
    past: Past,
) -> None:
    pick = random.Random(20260514)
    made: dict[str, tuple[str, str]] = {}
    readers: dict[str, set[str]] = {}
    for number in range(LOOK_ALIKES):
        # Ids, names and keys differ in one character only, and contents repeat.
        run_id = f"7f3a{number:04x}"
        past.run(run_id, f"nightly-05{number:03d}")
        read = pick.choice(sorted(made)) if made and pick.random() < 0.7 else "datasets/a.csv"
        content = f"{pick.randrange(40)}".encode()
        place = f"artifacts/delay-prediction/{run_id}/choose-model/model.skops"
        if read == "datasets/a.csv" and read not in made:
            past.stores(read, b"the table")
        past.says(run_id, "import-data", read, past.store.read(*read.split("/", 1)), read=True)
        past.says(run_id, "choose-model", place, content, read=False)
        past.stores(place, content)
        made[place] = (run_id, read)
        readers.setdefault(read, set()).add(run_id)

    for place, (run_id, read) in made.items():
        told = trace(past.runs, past.store, *place.split("/", 1))
        assert told.run is not None
        assert (told.run.id, told.made_as and told.made_as.task) == (run_id, "choose-model")
        assert [f"{one.bucket}/{one.key}" for one in told.inputs] == [read]
        assert {use.run.id for use in told.used_by} <= readers.get(place, set())
        assert len(told.used_by) == min(50, len(readers.get(place, set())))
        assert not told.changed


def test_a_copy_is_traced_to_the_run_that_made_its_content(past: Past) -> None:
    past.run("7f3a1c52", "nightly-0511")
    past.says("7f3a1c52", "choose-model", "artifacts/x/model.skops", b"a model", read=False)
    past.stores("models/delay/1/model.skops", b"a model")

    told = trace(past.runs, past.store, "models", "delay/1/model.skops", ["delay:1"])

    assert told.run is not None
    assert told.run.name == "nightly-0511"
    assert told.made_as is not None
    assert told.made_as.key == "x/model.skops"
    assert told.registered_as == ("delay:1",)


def test_an_object_that_was_written_over_says_that_it_changed(past: Past) -> None:
    past.run("7f3a1c52", "nightly-0511")
    past.says("7f3a1c52", "score", "datasets/out.csv", b"first", read=False)
    past.stores("datasets/out.csv", b"second")

    told = trace(past.runs, past.store, "datasets", "out.csv")

    assert (told.made_as, told.run, told.changed) == (None, None, True)


def test_a_run_that_read_another_content_under_the_name_is_told_apart(past: Past) -> None:
    past.run("7f3a1c52", "nightly-0511")
    past.run("91b0e6d4", "nightly-0512")
    past.says("7f3a1c52", "import-data", "datasets/a.csv", b"first", read=True)
    past.says("91b0e6d4", "import-data", "datasets/a.csv", b"second", read=True)
    past.stores("datasets/a.csv", b"second")

    told = trace(past.runs, past.store, "datasets", "a.csv")

    uses = {use.run.name: use.same_content for use in told.used_by}
    assert uses == {"nightly-0511": False, "nightly-0512": True}


def test_what_a_deleted_run_made_still_tells_its_id(past: Past) -> None:
    past.run("7f3a1c52", "nightly-0511")
    past.says("7f3a1c52", "score", "datasets/out.csv", b"first", read=False)
    past.stores("datasets/out.csv", b"first")
    past.runs.delete("7f3a1c52")

    told = trace(past.runs, past.store, "datasets", "out.csv")

    assert told.run is None
    assert told.made_as is not None
    assert told.made_as.run_id == "7f3a1c52"


def test_an_object_that_does_not_exist_is_named_with_the_closest(past: Past) -> None:
    past.stores("datasets/june_2026.csv", b"x")

    with pytest.raises(NotFoundError, match="june_2025") as error:
        trace(past.runs, past.store, "datasets", "june_2025.csv")
    assert "june_2026.csv" in error.value.hint
