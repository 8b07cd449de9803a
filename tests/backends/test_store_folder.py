"""The folder store as a folder: files put there by hand, links, several processes."""

import pickle
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from backends.store_folder import FolderStore
from core.errors import NotFoundError, RequestError, UnavailableError

_WRITER = """
import sys
from pathlib import Path
from backends.store_folder import FolderStore

store = FolderStore(Path(sys.argv[1]))
for turn in range(30):
    letter = sys.argv[2]
    store.put("datasets", "folder/shared.txt", letter.encode() * 50_000, tags={"by": letter})
    store.put("datasets", f"{letter}/{turn}.txt", b"own")
"""


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "objects")


def test_a_file_put_there_by_hand_is_an_object(store: FolderStore) -> None:
    store.put("datasets", "a.csv", b"one", tags={"year": "2024"})
    (store.root / "datasets" / "b.csv").write_bytes(b"by hand")
    (store.root / "datasets" / "a.csv").write_bytes(b"changed by hand")
    assert [(item.key, item.bytes) for item in store.list("datasets")] == [
        ("a.csv", 15),
        ("b.csv", 7),
    ]
    changed = store.stat("datasets", "a.csv")
    assert changed.etag == store.put("datasets", "same.csv", b"changed by hand").etag
    assert changed.tags == {"year": "2024"}


def test_two_processes_write_without_mixing_their_content(store: FolderStore) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, str(store.root), letter])
        for letter in "ab"
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    content = store.read("datasets", "folder/shared.txt").decode()
    stored = store.stat("datasets", "folder/shared.txt")
    assert content in {"a" * 50_000, "b" * 50_000}
    assert stored.tags == {"by": content[0]}
    assert stored.etag == store.put("datasets", "copy.txt", content.encode()).etag
    assert store.list("datasets").total == 62
    assert list((store.root / ".store" / "drafts").iterdir()) == []


def test_links_lead_nowhere(store: FolderStore, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key.txt").write_text("secret")
    store.create_bucket("datasets")
    (store.root / "datasets" / "link").symlink_to(tmp_path / "secret")
    (store.root / "datasets" / "file").symlink_to(tmp_path / "secret" / "key.txt")
    (store.root / "linked").symlink_to(tmp_path / "secret")
    for key in ("link/key.txt", "file"):
        with pytest.raises(RequestError, match="link"):
            store.read("datasets", key)
        with pytest.raises(RequestError, match="link"):
            store.put("datasets", key, b"overwritten")
    with pytest.raises(RequestError, match="link"):
        store.put("linked", "key.txt", b"overwritten")
    with pytest.raises(NotFoundError):
        store.read("linked", "key.txt")
    assert store.list("datasets").items == ()
    for prefix in ("link/", "../", f"{tmp_path}/secret/", "x/../../"):
        assert store.list("datasets", prefix).items == ()
    assert [bucket.name for bucket in store.buckets()] == ["datasets"]
    assert (tmp_path / "secret" / "key.txt").read_text() == "secret"


def test_a_key_cannot_be_an_object_and_a_folder_at_once(store: FolderStore) -> None:
    store.put("datasets", "a/b.txt", b"1")
    with pytest.raises(RequestError, match="objects below"):
        store.put("datasets", "a", b"2")
    with pytest.raises(RequestError, match="an object itself"):
        store.put("datasets", "a/b.txt/c", b"3")
    assert [item.key for item in store.list("datasets")] == ["a/b.txt"]


def test_what_was_deleted_waits_in_the_trash(store: FolderStore) -> None:
    store.put("datasets", "a/b.txt", b"lost?")
    store.delete("datasets", "a/b.txt")
    (trashed,) = (store.root / ".store" / "trash").iterdir()
    assert trashed.read_bytes() == b"lost?"
    assert list((store.root / "datasets").iterdir()) == []


def test_a_full_disk_leaves_the_object_as_it_was(store: FolderStore) -> None:
    store.put("datasets", "a.txt", b"before")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))
    try:
        with pytest.raises(UnavailableError, match=r"datasets/a\.txt"):
            store.put("datasets", "a.txt", b"x" * 2_000_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert store.read("datasets", "a.txt") == b"before"
    assert list((store.root / ".store" / "drafts").iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = FolderStore(tmp_path / "file")
    assert list(store.buckets()) == []
    with pytest.raises(UnavailableError, match="datasets"):
        store.put("datasets", "a.txt", b"1")


def test_the_store_can_be_handed_to_a_worker(store: FolderStore) -> None:
    store.put("datasets", "a.txt", b"1")
    assert pickle.loads(pickle.dumps(store)).read("datasets", "a.txt") == b"1"
