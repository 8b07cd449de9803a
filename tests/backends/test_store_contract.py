"""What every object store does, run against each of them."""

import urllib.request
from datetime import timedelta
from pathlib import Path

import pytest
from contract_stores import settings, store

from core.errors import NotFoundError, RequestError
from core.objects import ObjectStore
from core.services import FolderSettings, StoreSettings

__all__ = ["settings", "store"]
MEBIBYTE = 1 << 20


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
