"""Which names every object store takes, run against each of them."""

import pytest
from contract_stores import settings, store

from core.errors import NotFoundError, RequestError
from core.objects import ObjectStore

__all__ = ["settings", "store"]


def test_a_key_cannot_be_an_object_and_a_folder_at_once(store: ObjectStore) -> None:
    store.put("datasets", "a/b.txt", b"1")
    with pytest.raises(RequestError, match="objects below"):
        store.put("datasets", "a", b"2")
    with pytest.raises(RequestError, match="an object itself"):
        store.put("datasets", "a/b.txt/c", b"3")
    with pytest.raises(RequestError, match="objects below"):
        store.copy("datasets", "a/b.txt", "datasets", "a")
    assert [item.key for item in store.list("datasets")] == ["a/b.txt"]


@pytest.mark.parametrize("key", ["ü/日本.txt", "a b+c&d=e?.txt", "/".join(["k" * 204] * 5)])
def test_unusual_names_stay_as_they_are(store: ObjectStore, key: str) -> None:
    stored = store.put("datasets", key, b"1")
    assert stored.key == key
    assert [item.key for item in store.list("datasets")] == [key]
    assert store.read("datasets", key) == b"1"
    store.delete("datasets", key)
    assert store.restore(f"datasets/{key}").key == key


def test_names_that_do_not_exist_get_the_closest(store: ObjectStore) -> None:
    store.put("datasets", "schedule.csv", b"1")
    for look in (store.stat, store.open, store.read, store.delete):
        with pytest.raises(NotFoundError) as missing:
            look("datasets", "shedule.csv")
        assert "datasets/schedule.csv" in missing.value.hint
    for look_up in (store.list, lambda name: store.stat(name, "schedule.csv")):
        with pytest.raises(NotFoundError) as unknown:
            look_up("dataset")
        assert "datasets" in unknown.value.hint


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "../other/a.txt",
        "a/../../other/a.txt",
        "a/./b",
        "a//b",
        "a/",
        "%2e%2e/other/a.txt",
        "a%2Fb",
        "..\\other",
        "a\0b",
        "a\nb",
        "a" * 1025,
        "/".join(["ü" * 100] * 6),
    ],
)
def test_no_key_leaves_its_bucket(store: ObjectStore, key: str) -> None:
    store.put("other", "a.txt", b"1")
    with pytest.raises(RequestError):
        store.put("datasets", key, b"1")
    store.create_bucket("datasets")
    with pytest.raises(RequestError):
        store.read("datasets", key)
    with pytest.raises(RequestError):
        store.delete("datasets", key)


@pytest.mark.parametrize(
    "bucket",
    ["ab", "a" * 64, "Data", "data_sets", "-data", "data-", "a..b", "10.0.0.1", "../x", ""],
)
def test_a_name_that_no_bucket_could_have_is_refused(store: ObjectStore, bucket: str) -> None:
    with pytest.raises(RequestError):
        store.create_bucket(bucket)
    with pytest.raises(RequestError):
        store.put(bucket, "a.txt", b"1")
    with pytest.raises(RequestError):
        store.list(bucket)
