from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from minio_server import any_server, wipe
from pydantic import TypeAdapter
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer

from backends.store_folder import FolderStore
from backends.store_s3 import S3Store
from core.errors import NotFoundError, RequestError, UnavailableError
from core.models import ModelCard, ModelVersion
from core.objects import ObjectStore
from core.paging import Page, page_of
from core.pipelines import ParameterValue
from core.runs import Artifact, ArtifactKind, Run, RunQuery, RunState
from core.services import S3Settings
from models.prediction import predict
from models.registry import Registry

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass
class RecordedRuns:
    """Runs that have all happened."""

    recorded: list[tuple[Run, Sequence[Artifact]]] = field(default_factory=list)

    def list(self, query: RunQuery, limit: int) -> Page[Run]:
        fitting = [run for run, _ in reversed(self.recorded) if run.state is query.state]
        return page_of(fitting, limit)

    def artifacts(self, run_id: str) -> Sequence[Artifact]:
        return next(artifacts for run, artifacts in self.recorded if run.id == run_id)


@pytest.fixture(scope="module")
def served() -> Iterator[S3Settings]:
    with any_server() as settings:
        yield settings


@pytest.fixture(params=["folder", pytest.param("minio", marks=pytest.mark.live)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "folder":
        return FolderStore(tmp_path / "objects")
    settings: S3Settings = request.getfixturevalue("served")
    wipe(settings)
    return S3Store(settings, tmp_path / "transfers")


@pytest.fixture
def registry(store: ObjectStore, tmp_path: Path) -> Registry:
    return Registry(store, tmp_path / "registry.lock")


def a_run(
    store: ObjectStore,
    run_id: str,
    *,
    passed: bool = True,
    state: RunState = RunState.SUCCEEDED,
    minutes: int = 0,
) -> tuple[Run, Sequence[Artifact]]:
    """Record a run that left a small model with its card."""
    rows = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0] * 5, "b": [5.0, 5.0, 6.0, 6.0] * 5})
    model = LogisticRegression().fit(rows, [0, 0, 1, 1] * 5)
    folder = f"delay-prediction/{run_id}/choose-model"
    card = ModelCard(
        version=ModelVersion(
            model="delay",
            version=0,
            run_id="",
            algorithm="LogisticRegression",
            registered_at=NOON,
        ),
        purpose="Says which rows are late.",
        data={"rows": 20},
        split={"kind": "random"},
        metrics={"accuracy": 0.7},
        baselines={"majority": 0.5},
        subgroups={},
        importances={"a": 0.2},
        parameters={"C": 1},
        base_rate=0.5,
        typical={"": {"a": 1.0, "b": 5.5}},
    )
    store.put("artifacts", f"{folder}/model.skops", skops.io.dumps(model))
    store.put("artifacts", f"{folder}/card.json", TypeAdapter(ModelCard).dump_json(card))
    run = Run(
        id=run_id,
        name=f"run {run_id}",
        pipeline="delay-prediction",
        state=state,
        parameters={"data": "datasets/phases.csv", "split": "time"},
        created_at=NOON,
        finished_at=NOON + timedelta(minutes=minutes),
    )
    artifact = Artifact(
        run_id=run_id,
        task="choose-model",
        name="model",
        kind=ArtifactKind.MODEL,
        bucket="artifacts",
        key=f"{folder}/model.skops",
        bytes=1,
        content_hash="",
        metadata={
            "registers_as": "delay",
            "gate_passed": passed,
            "gate_reasons": "Test accuracy 0.5 is below the minimum of 0.6.",
        },
    )
    return run, (artifact,)


def numbers(registry: Registry) -> list[tuple[int, tuple[str, ...]]]:
    return [(kept.version, kept.aliases) for kept in registry.models()[0].versions]


def test_the_first_version_leads_and_a_later_one_challenges(
    registry: Registry, store: ObjectStore
) -> None:
    first = registry.register(*a_run(store, "aaaaaaaa"))
    second = registry.register(*a_run(store, "bbbbbbbb", minutes=5))
    assert first == ModelVersion(
        model="delay",
        version=1,
        run_id="aaaaaaaa",
        algorithm="LogisticRegression",
        registered_at=NOON,
        aliases=("champion",),
        metrics={"accuracy": 0.7},
        tags={"split": "time"},
        bucket="models",
        key="delay/1/model.skops",
    )
    assert (second.version, second.aliases) == (2, ("challenger",))
    assert numbers(registry) == [(2, ("challenger",)), (1, ("champion",))]
    registry.register(*a_run(store, "cccccccc"))
    assert numbers(registry) == [(3, ("challenger",)), (2, ()), (1, ("champion",))]


def test_a_run_registers_once(registry: Registry, store: ObjectStore) -> None:
    run, artifacts = a_run(store, "aaaaaaaa")
    assert registry.register(run, artifacts) == registry.register(run, artifacts)
    assert numbers(registry) == [(1, ("champion",))]


def test_a_refused_model_is_not_registered_and_the_reason_is_told(
    registry: Registry, store: ObjectStore
) -> None:
    with pytest.raises(RequestError) as caught:
        registry.register(*a_run(store, "aaaaaaaa", passed=False))
    assert str(caught.value) == (
        "Run aaaaaaaa accepted no model. Test accuracy 0.5 is below the minimum of 0.6."
    )
    assert registry.models() == []


def test_only_a_succeeded_run_registers(registry: Registry, store: ObjectStore) -> None:
    with pytest.raises(RequestError, match="aaaaaaaa is FAILED"):
        registry.register(*a_run(store, "aaaaaaaa", state=RunState.FAILED))


def test_syncing_takes_in_what_succeeded_runs_accepted_oldest_first(
    registry: Registry, store: ObjectStore
) -> None:
    runs = RecordedRuns(
        [
            a_run(store, "aaaaaaaa"),
            a_run(store, "bbbbbbbb", passed=False),
            a_run(store, "cccccccc", state=RunState.FAILED),
            a_run(store, "dddddddd"),
        ]
    )
    assert [(kept.version, kept.run_id) for kept in registry.sync(runs)] == [
        (1, "aaaaaaaa"),
        (2, "dddddddd"),
    ]
    assert registry.sync(runs) == []
    runs.recorded.append(a_run(store, "eeeeeeee"))
    assert [kept.version for kept in registry.sync(runs)] == [3]


@pytest.mark.parametrize(
    ("reference", "version", "expected"),
    [
        ("delay", "", 1),
        ("delay", "champion", 1),
        ("delay@challenger", "", 3),
        ("delay:2", "", 2),
        ("delay", "v2", 2),
        ("delay", "2", 2),
        ("delay", "latest", 3),
        ("delay@latest", "latest", 3),
    ],
)
def test_a_version_is_found_by_number_alias_or_as_the_latest(
    registry: Registry, store: ObjectStore, reference: str, version: str, expected: int
) -> None:
    for run_id in ("aaaaaaaa", "bbbbbbbb", "cccccccc"):
        registry.register(*a_run(store, run_id))
    assert registry.find(reference, version).version == expected


def test_what_does_not_exist_is_answered_with_what_does(
    registry: Registry, store: ObjectStore
) -> None:
    with pytest.raises(
        NotFoundError, match=r"There is no model yet\. Start a delay-prediction run"
    ):
        registry.find("delay")
    registry.register(*a_run(store, "aaaaaaaa"))
    with pytest.raises(NotFoundError, match=r"No model is called 'delays'. The closest: delay\."):
        registry.find("delays")
    with pytest.raises(NotFoundError, match="No version of the model 'delay' is called '7'"):
        registry.find("delay:7")
    with pytest.raises(NotFoundError, match="is called 'challenger'"):
        registry.find("delay@challenger")
    with pytest.raises(RequestError, match="name two versions"):
        registry.find("delay:1", "2")


def test_a_promoted_challenger_leads_and_a_rollback_undoes_it(
    registry: Registry, store: ObjectStore
) -> None:
    registry.register(*a_run(store, "aaaaaaaa"))
    registry.register(*a_run(store, "bbbbbbbb"))
    assert registry.promote("delay", "challenger").aliases == ("champion",)
    assert numbers(registry) == [(2, ("champion",)), (1, ())]
    assert registry.rollback("delay").version == 1
    assert numbers(registry) == [(2, ()), (1, ("champion",))]
    with pytest.raises(RequestError, match="never had another holder"):
        registry.rollback("delay")
    with pytest.raises(RequestError, match="The aliases are champion, challenger"):
        registry.promote("delay", "2", "winner")


def test_a_card_tells_its_version_run_and_data(registry: Registry, store: ObjectStore) -> None:
    version = registry.register(*a_run(store, "aaaaaaaa"))
    card = registry.card(version)
    assert card.version == version
    assert card.data == {"object": "datasets/phases.csv", "rows": 20}


def test_two_registries_at_once_lose_nothing(store: ObjectStore, tmp_path: Path) -> None:
    lock = tmp_path / "registry.lock"
    runs = [a_run(store, f"{number:08x}") for number in range(8)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda recorded: Registry(store, lock).register(*recorded), runs))
    kept = Registry(store, lock).models()[0].versions
    assert sorted(version.version for version in kept) == list(range(1, 9))
    assert {version.run_id for version in kept} == {run.id for run, _ in runs}


def test_machines_that_share_a_store_lose_nothing(store: ObjectStore, tmp_path: Path) -> None:
    runs = [a_run(store, f"{number:08x}") for number in range(6)]
    # Each machine has a lock of its own, which says nothing to the others; two see the same run.
    work = [*enumerate(runs), (6, runs[0])]

    def register(machine: tuple[int, tuple[Run, Sequence[Artifact]]]) -> ModelVersion:
        number, recorded = machine
        return Registry(store, tmp_path / f"{number}.lock").register(*recorded)

    with ThreadPoolExecutor(len(work)) as pool:
        registered = list(pool.map(register, work))
    registry = Registry(store, tmp_path / "registry.lock")
    kept = registry.models()[0].versions
    assert len(kept) == len({version.version for version in kept}) == len(runs)
    assert registered[0].version == registered[6].version
    for version in kept:
        assert registry.card(version).lineage["run"] == version.run_id
    assert len(registry.model("delay").aliases) == 2


def test_a_loaded_model_is_kept_until_its_content_changes(
    registry: Registry, store: ObjectStore
) -> None:
    version = registry.register(*a_run(store, "aaaaaaaa"))
    loaded = registry.load(version)
    assert registry.load(version) is loaded
    assert loaded.columns == ("a", "b")
    other = LogisticRegression().fit(pd.DataFrame({"c": [0.0, 1.0]}), [0, 1])
    store.put("models", version.key, skops.io.dumps(other))
    assert registry.load(version).columns == ("c",)


def test_a_model_with_code_inside_is_refused(registry: Registry, store: ObjectStore) -> None:
    version = registry.register(*a_run(store, "aaaaaaaa"))
    store.put("models", version.key, skops.io.dumps(FunctionTransformer(Path.unlink)))
    with pytest.raises(RequestError, match="which is not trusted"):
        registry.load(version)
    store.put("models", version.key, b"nothing like a model")
    with pytest.raises(UnavailableError, match="is damaged"):
        registry.load(version)


@dataclass(frozen=True, kw_only=True)
class Known:
    given: Mapping[str, ParameterValue]
    values: Mapping[str, ParameterValue]


def test_a_prediction_says_what_moved_it_and_what_was_guessed(
    registry: Registry, store: ObjectStore
) -> None:
    version = registry.register(*a_run(store, "aaaaaaaa"))
    prediction = predict(registry, version, Known(given={"a": 3}, values={"a": 3}))
    model = registry.load(version)
    expected, typical = model.probabilities(
        pd.DataFrame({"a": [3.0, 1.0], "b": [5.5, 5.5]}, dtype=np.float64)
    )
    assert prediction.probability == pytest.approx(expected)
    assert prediction.verdict == "Delayed"
    assert [reason.feature for reason in prediction.reasons] == ["a"]
    assert prediction.reasons[0].value == "3"
    assert prediction.reasons[0].effect == pytest.approx(expected - typical)
    assert prediction.imputed == ("b",)
    assert (prediction.accuracy, prediction.base_rate) == (0.7, 0.5)
    assert prediction.notes == ("1 of 2 features were not given and hold typical values.",)


def test_a_typical_phase_has_no_reasons(registry: Registry, store: ObjectStore) -> None:
    version = registry.register(*a_run(store, "aaaaaaaa"))
    prediction = predict(registry, version, Known(given={}, values={}))
    assert prediction.reasons == ()
    assert prediction.imputed == ("a", "b")


def test_a_damaged_registry_file_is_named(registry: Registry, store: ObjectStore) -> None:
    registry.register(*a_run(store, "aaaaaaaa"))
    store.put("models", "delay/registry.json", b"{}")
    with pytest.raises(UnavailableError, match=r"delay/registry\.json is damaged"):
        registry.models()


def test_a_candidate_that_the_run_only_read_is_not_its_own(
    registry: Registry, store: ObjectStore
) -> None:
    run, (artifact,) = a_run(store, "aaaaaaaa")
    with pytest.raises(RequestError, match="accepted no model"):
        registry.register(run, (replace(artifact, is_input=True),))
