"""The folder store as a folder: files put there by hand, links, several processes."""

import os
import pickle
import resource
import signal
import sqlite3
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


def test_ten_earlier_versions_are_kept(store: FolderStore) -> None:
    for number in range(14):
        store.put("datasets", "a.txt", str(number).encode())
    versions = store.versions("datasets", "a.txt")
    contents = []
    for version in versions:
        with store.open("datasets", "a.txt", version.version) as content:
            contents.append(int(content.read()))
    assert contents == list(range(13, 2, -1))
    assert len(list((store.root / ".store" / "versions").iterdir())) == 10
    assert {len(version.version) for version in versions} == {8}


def test_versions_go_to_the_trash_and_back_with_their_object(store: FolderStore) -> None:
    first = store.put("datasets", "a.txt", b"one").version
    store.put("datasets", "a.txt", b"two")
    store.delete("datasets", "a.txt")
    store.put("datasets", "a.txt", b"another")
    assert len(store.versions("datasets", "a.txt")) == 1
    store.delete("datasets", "a.txt")
    (later, earlier) = store.trash()
    assert (later.object.bytes, earlier.object.bytes) == (7, 3)
    store.restore(earlier.place)
    assert [one.version for one in store.versions("datasets", "a.txt")][1:] == [first]
    assert store.empty_trash() == 1
    with store.open("datasets", "a.txt", first) as content:
        assert content.read() == b"one"


def test_emptying_the_trash_frees_what_it_held(store: FolderStore) -> None:
    for content in (b"one", b"two"):
        store.put("datasets", "a.txt", content)
    store.put("datasets", "b.txt", b"stays")
    store.delete("datasets", "a.txt")
    (store.root / ".store" / "versions" / "left-by-a-crash").write_bytes(b"orphan")
    assert store.empty_trash() == 1
    for folder in ("trash", "versions", "drafts"):
        assert list((store.root / ".store" / folder).iterdir()) == []
    assert store.read("datasets", "b.txt") == b"stays"


def test_tags_of_an_interrupted_upload_arrive_with_its_content(store: FolderStore) -> None:
    store.put("datasets", "a.txt", b"old", tags={"year": "2023"})
    process = subprocess.run(
        [sys.executable, "-c", _KILLED_BEFORE_THE_INDEX, str(store.root)], check=False, timeout=60
    )
    assert process.returncode == -signal.SIGKILL
    assert store.read("datasets", "a.txt") == b"new"
    assert store.stat("datasets", "a.txt").tags == {"year": "2024"}
    (store.root / "datasets" / "a.txt").write_bytes(b"by hand")
    assert store.stat("datasets", "a.txt").tags == {"year": "2024"}


_KILLED_BEFORE_THE_INDEX = """
import os, signal, sys
from pathlib import Path
from backends.store_folder_drafts import Drafts
from backends.store_folder_index import Entry

root = Path(sys.argv[1])
drafts = Drafts(root / ".store" / "drafts")
with drafts.written(b"new") as (draft, etag):
    entry = Entry.of_file(os.stat(draft), etag, "text/plain", {"year": "2024"})
    drafts.announce(draft, "datasets", "a.txt", entry)
    os.replace(draft, root / "datasets" / "a.txt")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_home_of_an_earlier_edition_is_brought_up_to_date(store: FolderStore) -> None:
    (store.root / ".store" / "trash").mkdir(parents=True)
    (store.root / ".store" / "trash" / "0123456789abcdef").write_bytes(b"deleted long ago")
    with sqlite3.connect(store.root / ".store" / "index.db") as connection:
        connection.executescript(_EARLIER_EDITION)
    connection.close()
    (trashed,) = store.trash()
    assert (trashed.object.reference, trashed.object.bytes) == ("datasets/a.txt", 16)
    assert store.restore("datasets/a.txt").key == "a.txt"
    assert store.read("datasets", "a.txt") == b"deleted long ago"
    store.delete("datasets", "a.txt")
    assert store.empty_trash() == 1


_EARLIER_EDITION = """
CREATE TABLE objects (
    bucket TEXT NOT NULL, key TEXT NOT NULL, etag TEXT NOT NULL, bytes INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL, inode INTEGER NOT NULL, content_type TEXT NOT NULL,
    tags TEXT NOT NULL, PRIMARY KEY (bucket, key));
CREATE TABLE trash (
    place TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, deleted_at TEXT NOT NULL);
INSERT INTO trash VALUES
    ('0123456789abcdef', 'datasets', 'a.txt', '2024-05-01T00:00:00+00:00');
"""


def test_names_that_are_no_keys_are_not_listed(store: FolderStore) -> None:
    store.put("datasets", "a.txt", b"1")
    for name in (b"line\nbreak.txt", b"\xff\xfe.txt"):
        with open(os.path.join(os.fsencode(store.root / "datasets"), name), "wb") as file:
            file.write(b"by hand")
    assert [item.key for item in store.list("datasets")] == ["a.txt"]
    assert [bucket.objects for bucket in store.buckets()] == [1]


def test_pages_follow_the_order_of_keys_across_folders(store: FolderStore) -> None:
    names = ["a", "a-b", "a.b", "a0", "b/a", "b/b/c", "b-", "b0/x", "z/z/z"]
    keys = sorted(f"{name}{number}.txt" for name in names for number in range(7))
    for key in keys:
        path = store.root / "datasets" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    (store.root / "datasets" / "empty" / "folder").mkdir(parents=True)
    seen: list[str] = []
    cursor = ""
    while True:
        page = store.list("datasets", limit=5, cursor=cursor)
        seen += [item.key for item in page]
        assert page.total == len(keys)
        if not page.has_more:
            break
        cursor = page.cursor
    assert seen == keys
    assert [item.key for item in store.list("datasets", "b/b/c3")] == ["b/b/c3.txt"]


def test_a_bucket_that_holds_a_link_can_be_deleted_without_touching_its_goal(
    store: FolderStore, tmp_path: Path
) -> None:
    (tmp_path / "goal").mkdir()
    (tmp_path / "goal" / "kept.txt").write_text("kept")
    store.create_bucket("datasets")
    (store.root / "datasets" / "link").symlink_to(tmp_path / "goal")
    store.delete_bucket("datasets")
    assert list(store.bucket_names()) == []
    assert (tmp_path / "goal" / "kept.txt").read_text() == "kept"


def test_a_download_goes_on_where_it_was_broken_off(store: FolderStore, tmp_path: Path) -> None:
    content = bytes(range(256)) * 10_000
    etag = store.put("datasets", "a.bin", content).etag
    (tmp_path / f".a.bin.{etag[:12]}.part").write_bytes(content[:2_000_000])
    told: list[int] = []
    store.download("datasets", "a.bin", tmp_path / "a.bin", lambda done, _: told.append(done))
    assert (tmp_path / "a.bin").read_bytes() == content
    assert told == [len(content)]
    assert not (tmp_path / f".a.bin.{etag[:12]}.part").exists()
