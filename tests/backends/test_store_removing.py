"""What every object store does with what is deleted, run against each of them."""

import pytest
from contract_stores import settings, store

from core.errors import NotFoundError, RequestError
from core.objects import ObjectStore

__all__ = ["settings", "store"]


def test_what_was_deleted_can_be_brought_back(store: ObjectStore) -> None:
    stored = store.put("datasets", "a/b.txt", b"lost?", tags={"a": "b"})
    store.put("datasets", "c.txt", b"stays")
    store.delete("datasets", "a/b.txt")
    (trashed,) = store.trash()
    assert (trashed.object.reference, trashed.object.bytes) == ("datasets/a/b.txt", 5)
    assert trashed.object.tags == {"a": "b"}
    assert [bucket.objects for bucket in store.buckets()] == [1]
    restored = store.restore(trashed.place)
    assert (restored.etag, restored.tags) == (stored.etag, {"a": "b"})
    assert store.read("datasets", "a/b.txt") == b"lost?"
    assert list(store.trash()) == []
    with pytest.raises(NotFoundError):
        store.restore(trashed.place)


def test_a_newer_object_is_not_replaced_by_one_from_the_trash(store: ObjectStore) -> None:
    store.put("datasets", "a.txt", b"old")
    store.delete("datasets", "a.txt")
    store.put("datasets", "a.txt", b"new")
    with pytest.raises(RequestError, match="another object"):
        store.restore("datasets/a.txt")
    assert store.read("datasets", "a.txt") == b"new"
    assert store.empty_trash() == 1
    assert store.read("datasets", "a.txt") == b"new"


def test_the_latest_deleted_is_the_first_in_the_trash(store: ObjectStore) -> None:
    for content in (b"one", b"three"):
        store.put("datasets", "a.txt", content)
        store.delete("datasets", "a.txt")
    assert [one.object.bytes for one in store.trash()] == [5, 3]
    assert store.restore("datasets/a.txt").bytes == 5


def test_an_emptied_trash_holds_nothing(store: ObjectStore) -> None:
    for key in ("a.txt", "b.txt"):
        store.put("datasets", key, b"1")
        store.delete("datasets", key)
    store.put("datasets", "c.txt", b"stays")
    assert (store.empty_trash(), store.empty_trash()) == (2, 0)
    assert list(store.trash()) == []
    with pytest.raises(NotFoundError):
        store.restore("datasets/a.txt")
    assert [item.key for item in store.list("datasets")] == ["c.txt"]
    assert store.read("datasets", "c.txt") == b"stays"


def test_a_bucket_goes_only_empty_or_with_its_objects(store: ObjectStore) -> None:
    store.create_bucket("empty")
    store.delete_bucket("empty")
    store.put("datasets", "a/b.txt", b"one")
    store.put("datasets", "c.txt", b"two")
    with pytest.raises(RequestError, match="2 objects"):
        store.delete_bucket("datasets")
    assert store.list("datasets").total == 2
    store.delete_bucket("datasets", with_objects=True)
    assert list(store.bucket_names()) == []
    assert len(store.trash()) == 2
    assert store.restore("datasets/a/b.txt").bytes == 3
    assert store.read("datasets", "a/b.txt") == b"one"
    with pytest.raises(NotFoundError):
        store.delete_bucket("nothing")


def test_the_trash_outlives_the_bucket(store: ObjectStore) -> None:
    store.put("datasets", "a.txt", b"one")
    store.delete("datasets", "a.txt")
    store.delete_bucket("datasets")
    assert store.restore("datasets/a.txt").bytes == 3
    assert store.read("datasets", "a.txt") == b"one"


def test_a_deleted_object_is_gone(store: ObjectStore) -> None:
    store.put("datasets", "a/b.txt", b"1", tags={"a": "b"})
    store.delete("datasets", "a/b.txt")
    assert store.list("datasets").items == ()
    with pytest.raises(NotFoundError):
        store.read("datasets", "a/b.txt")
    with pytest.raises(NotFoundError):
        store.delete("datasets", "a/b.txt")
    assert store.put("datasets", "a", b"2").tags == {}
