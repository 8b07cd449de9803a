"""What every object store does, run against each of them."""

import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from minio_server import any_server, moto_server, wipe

from backends.stores import open_store
from core.errors import NotFoundError, RequestError
from core.objects import ObjectStore
from core.services import FolderSettings, S3Settings, StoreSettings

MEBIBYTE = 1 << 20


@pytest.fixture(
    scope="module", params=["folder", "moto", pytest.param("minio", marks=pytest.mark.live)]
)
def settings(request: pytest.FixtureRequest) -> Iterator[StoreSettings]:
    if request.param == "folder":
        yield FolderSettings()
        return
    with moto_server() if request.param == "moto" else any_server() as served:
        yield served


@pytest.fixture
def store(settings: StoreSettings, tmp_path: Path) -> ObjectStore:
    if isinstance(settings, S3Settings):
        wipe(settings)
    return open_store(settings, tmp_path / "home")


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


def test_the_names_of_buckets_are_told_without_counting(store: ObjectStore) -> None:
    store.put("models", "a.txt", b"1")
    store.create_bucket("datasets")
    assert list(store.bucket_names()) == ["datasets", "models"]


def test_an_object_keeps_its_versions(store: ObjectStore) -> None:
    first = store.put("datasets", "a.txt", b"one", tags={"year": "2023"})
    second = store.put("datasets", "a.txt", b"three")
    assert first.version != second.version
    assert [one.version for one in store.versions("datasets", "a.txt")] == [
        second.version,
        first.version,
    ]
    assert store.stat("datasets", "a.txt", first.version) == first
    with store.open("datasets", "a.txt", first.version) as content:
        assert content.read() == b"one"
    with store.open("datasets", "a.txt", second.version) as content:
        assert content.read() == b"three"
    with pytest.raises(NotFoundError, match="nonsense"):
        store.stat("datasets", "a.txt", "nonsense")
    with pytest.raises(NotFoundError):
        store.versions("datasets", "b.txt")


def test_an_open_object_can_be_sought_in(store: ObjectStore) -> None:
    content = bytes(range(256)) * 8192
    store.put("datasets", "a.bin", content)
    with store.open("datasets", "a.bin") as reading:
        assert reading.seek(-7, 2) == len(content) - 7
        assert reading.read() == content[-7:]
        assert reading.seek(300) == 300
        assert reading.read(5) == content[300:305]
        assert (reading.tell(), reading.read(0)) == (305, b"")


def test_a_download_is_whole_and_tells_how_far_it_is(store: ObjectStore, tmp_path: Path) -> None:
    content = bytes(range(256)) * 10_000
    store.put("datasets", "a.bin", content)
    told: list[tuple[int, int]] = []
    path = tmp_path / "new" / "a.bin"
    assert store.download("datasets", "a.bin", path, lambda *now: told.append(now)) == path
    assert path.read_bytes() == content
    assert told[-1] == (len(content), len(content))
    assert told == sorted(told)
    assert list(path.parent.iterdir()) == [path]
    store.put("datasets", "empty", b"")
    assert store.download("datasets", "empty", path).read_bytes() == b""
    with pytest.raises(NotFoundError):
        store.download("datasets", "b.bin", path)
    with pytest.raises(RequestError, match="folder"):
        store.download("datasets", "a.bin", tmp_path)


class _StoppedError(Exception):
    """Somebody pressed the key that stops."""


def _stop(done: int, of: int) -> None:
    raise _StoppedError(f"{done} of {of}")


def test_a_download_that_is_stopped_leaves_what_was_there(
    store: ObjectStore, tmp_path: Path
) -> None:
    store.put("datasets", "a.bin", bytes(3 * MEBIBYTE))
    path = tmp_path / "target" / "a.bin"
    path.parent.mkdir()
    path.write_bytes(b"before")
    with pytest.raises(_StoppedError):
        store.download("datasets", "a.bin", path, _stop)
    assert path.read_bytes() == b"before"
    assert list(path.parent.iterdir()) == [path]


def test_an_upload_that_is_stopped_leaves_what_was_there(
    store: ObjectStore, tmp_path: Path
) -> None:
    store.put("datasets", "a.bin", b"before")
    (tmp_path / "large").write_bytes(bytes(17 * MEBIBYTE))
    with pytest.raises(_StoppedError):
        store.put("datasets", "a.bin", tmp_path / "large", progress=_stop)
    with pytest.raises(_StoppedError):
        store.put("datasets", "b.bin", tmp_path / "large", progress=_stop)
    assert store.read("datasets", "a.bin") == b"before"
    assert [item.key for item in store.list("datasets")] == ["a.bin"]


def test_a_large_file_arrives_whole(store: ObjectStore, tmp_path: Path) -> None:
    content = bytes(range(256)) * 4096 * 17 + b"end"
    (tmp_path / "large").write_bytes(content)
    told: list[tuple[int, int]] = []
    stored = store.put(
        "datasets",
        "large.bin",
        tmp_path / "large",
        tags={"size": "large"},
        progress=lambda *now: told.append(now),
    )
    assert (stored.bytes, stored.tags) == (len(content), {"size": "large"})
    assert told[-1] == (len(content), len(content))
    path = store.download("datasets", "large.bin", tmp_path / "again")
    assert path.read_bytes() == content
    assert store.put("datasets", "large.bin", content[:-1]).etag != stored.etag


def test_a_file_that_is_none_is_refused(store: ObjectStore, tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(RequestError, match="not a file"):
            store.put("datasets", "a.bin", path)
    assert "datasets" not in store.bucket_names() or store.list("datasets").items == ()


def test_a_copy_has_the_content_the_type_and_the_tags(store: ObjectStore) -> None:
    store.put("datasets", "a b/ü.bin", b"1", content_type="text/x-own", tags={"year": "2024"})
    copied = store.copy("datasets", "a b/ü.bin", "archive", "c d/ü.bin")
    assert copied == store.stat("archive", "c d/ü.bin")
    assert (copied.content_type, copied.tags) == ("text/x-own", {"year": "2024"})
    assert store.read("archive", "c d/ü.bin") == b"1"
    with pytest.raises(NotFoundError):
        store.copy("datasets", "b.bin", "archive", "b.bin")
    with pytest.raises(RequestError):
        store.copy("datasets", "a b/ü.bin", "archive", "../b.bin")


def test_tags_are_set_beside_those_that_are_there(store: ObjectStore) -> None:
    stored = store.put("datasets", "a.csv", b"1", tags={"year": "2024", "stage": "raw"})
    tagged = store.tag("datasets", "a.csv", {"stage": "", "owner team": "a+b - c=d._:/@"})
    assert tagged.tags == {"year": "2024", "owner team": "a+b - c=d._:/@"}
    assert (tagged.etag, tagged.version) == (stored.etag, stored.version)
    assert store.stat("datasets", "a.csv") == tagged
    assert store.tag("datasets", "a.csv", {"year": "", "owner team": ""}).tags == {}
    with pytest.raises(NotFoundError):
        store.tag("datasets", "b.csv", {"a": "b"})


@pytest.mark.parametrize(
    "tags",
    [
        {"": "x"},
        {"a" * 129: "x"},
        {"a": "x" * 257},
        {"a&b": "x"},
        {"a": "x\ny"},
        {"a": "<x>"},
        {"aws:a": "x"},
        {str(number): "x" for number in range(11)},
    ],
)
def test_tags_that_no_store_would_keep_are_refused(
    store: ObjectStore, tags: dict[str, str]
) -> None:
    store.put("datasets", "a.csv", b"1")
    with pytest.raises(RequestError):
        store.tag("datasets", "a.csv", tags)
    with pytest.raises(RequestError):
        store.put("datasets", "a.csv", b"2", tags=tags)
    assert store.stat("datasets", "a.csv").tags == {}


def test_a_link_opens_the_object_where_there_are_links(
    store: ObjectStore, settings: StoreSettings
) -> None:
    store.put("datasets", "a ü.csv", b"shared")
    if isinstance(settings, FolderSettings):
        with pytest.raises(RequestError, match="folder of this machine") as refused:
            store.share("datasets", "a ü.csv", timedelta(hours=1))
        assert "a ü.csv" in refused.value.hint
        return
    link = store.share("datasets", "a ü.csv", timedelta(hours=1))
    with urllib.request.urlopen(link, timeout=10) as answer:
        assert answer.read() == b"shared"
    with pytest.raises(RequestError, match="seven days"):
        store.share("datasets", "a ü.csv", timedelta(days=8))
    with pytest.raises(NotFoundError):
        store.share("datasets", "b.csv", timedelta(hours=1))


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
