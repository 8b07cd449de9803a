"""Changing an object only where nobody else has meanwhile, in every store."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from contract_stores import settings
from fault_proxy import proxied
from minio_server import wipe

from backends.stores import open_store
from core.objects import ObjectStore
from core.services import S3Settings, StoreSettings

__all__ = ["settings"]
WRITERS = 6


@pytest.fixture
def stores(settings: StoreSettings, tmp_path: Path) -> list[ObjectStore]:
    """Return the same store as several processes or machines have it."""
    if isinstance(settings, S3Settings):
        wipe(settings)
    return [open_store(settings, tmp_path / "home") for _ in range(WRITERS)]


@contextmanager
def losing(settings: StoreSettings, answer: int) -> Iterator[StoreSettings]:
    """Let an answer of a server be lost; a folder loses none."""
    if not isinstance(settings, S3Settings):
        yield settings
        return
    port = int(settings.endpoint.rpartition(":")[2])
    with proxied(port, reset_at=answer, resets=1, answers_only=True) as proxy:
        yield settings.model_copy(update={"endpoint": f"127.0.0.1:{proxy.port}"})


def test_a_first_content_is_stored_only_where_there_is_none(stores: list[ObjectStore]) -> None:
    store = stores[0]
    first = store.put_if("models", "delay/registry.json", b"one", "")
    assert first == store.stat("models", "delay/registry.json")
    assert store.put_if("models", "delay/registry.json", b"two", "") is None
    assert store.read("models", "delay/registry.json") == b"one"


def test_a_content_is_replaced_only_by_who_has_seen_it(stores: list[ObjectStore]) -> None:
    mine, theirs = stores[:2]
    seen = mine.put("models", "registry.json", b"one")
    changed = theirs.put_if("models", "registry.json", b"two", seen.etag)
    assert changed is not None
    assert changed.etag != seen.etag
    assert mine.put_if("models", "registry.json", b"three", seen.etag) is None
    assert mine.read("models", "registry.json") == b"two"
    assert mine.put_if("models", "registry.json", b"three", changed.etag) is not None
    assert [theirs.read("models", "registry.json")] == [b"three"]


def test_what_was_deleted_is_not_replaced(stores: list[ObjectStore]) -> None:
    store = stores[0]
    seen = store.put("models", "registry.json", b"one")
    store.delete("models", "registry.json")
    assert store.put_if("models", "registry.json", b"two", seen.etag) is None
    assert store.put_if("models", "registry.json", b"two", "") is not None


def test_of_several_at_once_one_succeeds(stores: list[ObjectStore]) -> None:
    etag = ""
    for round_ in range(4):

        def write(number: int, seen: str = etag, round_: int = round_) -> bool:
            content = f"{round_}: {number}".encode()
            return stores[number].put_if("models", "registry.json", content, seen) is not None

        with ThreadPoolExecutor(WRITERS) as threads:
            done = list(threads.map(write, range(WRITERS)))
        assert done.count(True) == 1
        assert stores[0].read("models", "registry.json") == f"{round_}: {done.index(True)}".encode()
        etag = stores[0].stat("models", "registry.json").etag


@pytest.mark.parametrize("answer", range(1, 7))
def test_a_change_whose_answer_was_lost_counts_once(
    settings: StoreSettings, stores: list[ObjectStore], tmp_path: Path, answer: int
) -> None:
    seen = stores[0].put("models", "registry.json", b"one")
    with losing(settings, answer) as far_settings:
        far = open_store(far_settings, tmp_path / "home")
        changed = far.put_if("models", "registry.json", b"two", seen.etag)
    assert changed == stores[0].stat("models", "registry.json")
    assert [kept.etag for kept in stores[0].versions("models", "registry.json")][-1] == seen.etag
