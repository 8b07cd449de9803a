"""What every object store does, run against each of them."""

from pathlib import Path

import pytest

from backends.store_folder import FolderStore
from core.errors import NotFoundError, RequestError
from core.objects import ObjectStore


@pytest.fixture(params=["folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    assert request.param == "folder"
    return FolderStore(tmp_path / "objects")


def test_a_stored_object_reads_back_unchanged(store: ObjectStore) -> None:
    content = bytes(range(256)) * 5000
    stored = store.put("models", "delay/v1.skops", content, tags={"stage": "trial"})
    assert store.read("models", "delay/v1.skops") == content
    assert store.stat("models", "delay/v1.skops") == stored
    assert (stored.bytes, stored.tags) == (len(content), {"stage": "trial"})
    assert stored.reference == "models/delay/v1.skops"
    with store.open("models", "delay/v1.skops") as reading:
        assert reading.read(4) == b"\x00\x01\x02\x03"


def test_a_local_file_is_stored_with_the_type_of_its_ending(
    store: ObjectStore, tmp_path: Path
) -> None:
    (tmp_path / "local").write_text("a,b\n")
    stored = store.put("datasets", "table.csv", tmp_path / "local")
    assert (stored.content_type, store.read("datasets", "table.csv")) == ("text/csv", b"a,b\n")
    given = store.put("datasets", "table.bin", b"", content_type="application/x-own")
    assert (given.content_type, given.bytes) == ("application/x-own", 0)


def test_the_etag_changes_exactly_when_the_content_does(store: ObjectStore) -> None:
    first = store.put("datasets", "a.txt", b"one").etag
    assert store.put("datasets", "a.txt", b"two").etag != first
    assert store.put("datasets", "a.txt", b"one").etag == first
    assert store.read("datasets", "a.txt") == b"one"


def test_objects_are_listed_by_key_in_pages(store: ObjectStore) -> None:
    keys = ["a.txt", "b/1.txt", "b/2.txt", "b/c/3.txt", "b0.txt", "ü.txt"]
    for key in reversed(keys):
        store.put("datasets", key, key.encode())
    assert [item.key for item in store.list("datasets")] == keys
    assert [item.key for item in store.list("datasets", "b/")] == keys[1:4]
    assert [item.key for item in store.list("datasets", "b")] == keys[1:5]
    first = store.list("datasets", "b", limit=3)
    assert (first.total, first.has_more) == (4, True)
    second = store.list("datasets", "b", limit=3, cursor=first.cursor)
    assert [item.key for item in second] == ["b0.txt"]
    assert (second.total, second.has_more, second.cursor) == (4, False, "")
    assert store.list("datasets", "nothing/").items == ()


def test_buckets_tell_what_is_in_them(store: ObjectStore) -> None:
    assert list(store.buckets()) == []
    assert store.create_bucket("empty").objects == 0
    store.put("datasets", "a/b.txt", b"12345")
    newest = store.put("datasets", "c.txt", b"678").modified_at
    assert store.create_bucket("datasets").objects == 2
    datasets, empty = store.buckets()
    assert (datasets.name, datasets.objects, datasets.bytes) == ("datasets", 2, 8)
    assert datasets.newest == newest
    assert (empty.name, empty.objects, empty.newest) == ("empty", 0, None)


def test_a_deleted_object_is_gone(store: ObjectStore) -> None:
    store.put("datasets", "a/b.txt", b"1", tags={"a": "b"})
    store.delete("datasets", "a/b.txt")
    assert store.list("datasets").items == ()
    with pytest.raises(NotFoundError):
        store.read("datasets", "a/b.txt")
    with pytest.raises(NotFoundError):
        store.delete("datasets", "a/b.txt")
    assert store.put("datasets", "a", b"2").tags == {}


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
