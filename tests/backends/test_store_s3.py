"""The S3 store as a guest: what it may do, what it may see, and what refusals mean."""

import pickle
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from canned_server import answering, certificate, refusal
from minio_server import free_port, moto_server, settings_of, wipe
from pydantic import SecretStr

from backends.store_s3 import S3Store
from backends.store_s3_client import connect, endpoint_of
from core.errors import (
    AssistantError,
    NotFoundError,
    RequestError,
    SettingsError,
    UnavailableError,
)
from core.services import S3Settings

HOUR = timedelta(hours=1)
CHANGES: list[Callable[[S3Store], object]] = [
    lambda store: store.put("datasets", "b.txt", b"new"),
    lambda store: store.put("datasets", "a.txt", b"new"),
    lambda store: store.create_bucket("archive"),
    lambda store: store.copy("datasets", "a.txt", "datasets", "b.txt"),
    lambda store: store.tag("datasets", "a.txt", {"year": "2024"}),
    lambda store: store.restore("datasets/old.txt"),
]
DELETIONS: list[Callable[[S3Store], object]] = [
    lambda store: store.delete("datasets", "a.txt"),
    lambda store: store.delete_bucket("datasets", with_objects=True),
    lambda store: store.empty_trash(),
]


@pytest.fixture(scope="module")
def served() -> Iterator[S3Settings]:
    with moto_server() as settings:
        yield settings


@pytest.fixture
def settings(served: S3Settings) -> S3Settings:
    wipe(served)
    return served


@pytest.fixture
def store(settings: S3Settings, tmp_path: Path) -> S3Store:
    store = S3Store(settings, tmp_path / "transfers")
    store.put("datasets", "old.txt", b"old")
    store.delete("datasets", "old.txt")
    store.put("datasets", "a.txt", b"one")
    return store


def like(store: S3Store, tmp_path: Path, **changes: object) -> S3Store:
    return S3Store(store.settings.model_copy(update=changes), tmp_path / "transfers")


@pytest.mark.parametrize(
    ("address", "host", "secure"),
    [
        ("127.0.0.1:9000", "127.0.0.1:9000", False),
        ("localhost:9000", "localhost:9000", False),
        ("http://minio.example.org:9000", "minio.example.org:9000", False),
        ("https://minio.example.org/", "minio.example.org", True),
        ("minio.example.org", "minio.example.org", True),
        ("https://[::1]:9000", "[::1]:9000", True),
    ],
)
def test_an_endpoint_is_read_with_and_without_a_scheme(
    address: str, host: str, secure: bool
) -> None:
    assert endpoint_of(address) == (host, secure)


@pytest.mark.parametrize(
    "address",
    ["", "http://", "ftp://host", "http://host/path", "host:port", "http://me:secret-key@host"],
)
def test_what_is_no_endpoint_is_said_without_its_secrets(address: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="endpoint") as problem:
        S3Store(S3Settings(kind="s3", endpoint=address), tmp_path)
    assert "secret-key" not in str(problem.value)


def test_half_a_pair_of_keys_is_no_pair(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="secret_key"):
        S3Store(settings_of(9000, secret_key=""), tmp_path)


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_is_written_unless_the_settings_allow_it(
    store: S3Store, tmp_path: Path, change: Callable[[S3Store], object]
) -> None:
    guest = like(store, tmp_path, allow_writes=False)
    with pytest.raises(RequestError) as refused:
        change(guest)
    assert "store.allow_writes" in refused.value.hint
    assert [item.key for item in store.list("datasets")] == ["a.txt"]
    assert (store.read("datasets", "a.txt"), list(store.bucket_names())) == (b"one", ["datasets"])
    assert guest.read("datasets", "a.txt") == b"one"


@pytest.mark.parametrize("deletion", DELETIONS)
def test_nothing_is_deleted_unless_the_settings_allow_it(
    store: S3Store, tmp_path: Path, deletion: Callable[[S3Store], object]
) -> None:
    guest = like(store, tmp_path, allow_deletes=False)
    with pytest.raises(RequestError) as refused:
        deletion(guest)
    assert "store.allow_deletes" in refused.value.hint
    assert store.read("datasets", "a.txt") == b"one"
    assert len(store.trash()) == 1


def test_a_remote_store_is_read_only_by_default() -> None:
    settings = S3Settings(kind="s3", endpoint="minio.example.org")
    assert (settings.allow_writes, settings.allow_deletes) == (False, False)


def test_buckets_that_the_settings_do_not_name_are_not_there(
    store: S3Store, tmp_path: Path
) -> None:
    store.put("team", "secret.txt", b"ours")
    store.put("team", "old.txt", b"ours")
    store.delete("team", "old.txt")
    guest = like(store, tmp_path, buckets=("datasets", "reports"))
    assert list(guest.bucket_names()) == ["datasets"]
    assert [bucket.name for bucket in guest.buckets()] == ["datasets"]
    for look in (guest.list, lambda name: guest.read(name, "secret.txt"), guest.delete_bucket):
        with pytest.raises(NotFoundError) as missing:
            look("team")
        assert "team" not in missing.value.hint
    for change in (
        guest.create_bucket,
        lambda name: guest.put(name, "a.txt", b"1"),
        lambda name: guest.copy("datasets", "a.txt", name, "a.txt"),
    ):
        with pytest.raises(RequestError, match="not among") as refused:
            change("team")
        assert "store.buckets" in refused.value.hint
    assert guest.create_bucket("reports").objects == 0
    assert [one.object.bucket for one in guest.trash()] == ["datasets"]
    assert guest.empty_trash() == 1
    assert [one.object.bucket for one in store.trash()] == ["team"]


def test_the_bucket_of_the_trash_cannot_be_used(store: S3Store) -> None:
    assert list(store.bucket_names()) == ["datasets"]
    for look in (store.list, store.delete_bucket):
        with pytest.raises(NotFoundError):
            look("mlops-swarm-trash")
    with pytest.raises(RequestError):
        store.put("mlops-swarm-trash", "a.json", b"{}")


def test_where_no_versions_are_kept_the_trash_has_a_copy(store: S3Store) -> None:
    connect(store.settings).make_bucket("plain")
    store.put("plain", "a.txt", b"one", tags={"year": "2024"})
    assert [one.version for one in store.versions("plain", "a.txt")] == [""]
    store.delete("plain", "a.txt")
    assert store.list("plain").items == ()
    restored = store.restore("plain/a.txt")
    assert (restored.tags, store.read("plain", "a.txt")) == ({"year": "2024"}, b"one")
    store.delete("plain", "a.txt")
    assert store.empty_trash() == 2
    assert list(connect(store.settings).list_objects("mlops-swarm-trash")) == []


def test_what_others_deleted_is_theirs(store: S3Store) -> None:
    client = connect(store.settings)
    first = store.put("datasets", "theirs.txt", b"one").version
    client.remove_object("datasets", "theirs.txt")
    assert [one.object.key for one in store.trash()] == ["old.txt"]
    assert store.empty_trash() == 1
    assert client.stat_object("datasets", "theirs.txt", version_id=first).size == 3


def test_what_others_brought_back_outlives_the_trash(store: S3Store) -> None:
    client = connect(store.settings)
    store.delete("datasets", "a.txt")
    for one in list(client.list_objects("datasets", prefix="a.txt", include_version=True)):
        if one.is_delete_marker:
            client.remove_object("datasets", "a.txt", version_id=one.version_id)
    assert store.empty_trash() == 2
    assert store.read("datasets", "a.txt") == b"one"


def test_an_open_object_is_read_to_its_end_while_others_replace_it(store: S3Store) -> None:
    store.put("datasets", "large.bin", b"1" * 3_000_000)
    with store.open("datasets", "large.bin") as reading:
        assert reading.read(10) == b"1" * 10
        store.put("datasets", "large.bin", b"2" * 3_000_000)
        reading.seek(1_500_000)
        assert reading.read() == b"1" * 1_500_000


def test_a_file_that_changes_under_the_upload_is_not_stored(store: S3Store, tmp_path: Path) -> None:
    growing = tmp_path / "growing"
    growing.write_bytes(bytes(17 << 20))

    def grow(done: int, of: int) -> None:
        assert done <= of
        with growing.open("ab") as file:
            file.write(b"more")

    with pytest.raises(RequestError, match="changed while"):
        store.put("datasets", "growing.bin", growing, progress=grow)
    assert [item.key for item in store.list("datasets")] == ["a.txt"]


def test_folders_that_other_programs_made_are_no_objects(store: S3Store) -> None:
    client = connect(store.settings)
    client._put_object("datasets", "folder/", b"")
    assert [item.key for item in store.list("datasets")] == ["a.txt"]


@pytest.mark.slow
def test_a_long_listing_says_that_it_did_not_count_on(store: S3Store) -> None:
    client = connect(store.settings)
    for number in range(1_005):
        client._put_object("datasets", f"many/{number:04}", b"")
    page = store.list("datasets", "many/", limit=3)
    assert (page.total, page.at_least, page.counted) == (1_000, True, "at least 1000")
    again = store.list("datasets", "many/", limit=1_003, cursor=page.cursor)
    assert [again.items[0].key, again.items[-1].key] == ["many/0003", "many/1004"]
    assert (len(again), again.has_more) == (1_002, False)
    assert store.list("datasets", "many/000").total == 10


def test_the_store_can_be_handed_to_a_worker(store: S3Store) -> None:
    again = pickle.loads(pickle.dumps(store))
    assert again.read("datasets", "a.txt") == b"one"
    assert again.place == store.place == f"at {store.settings.endpoint}"


def test_without_keys_there_are_no_links(store: S3Store, tmp_path: Path) -> None:
    guest = like(store, tmp_path, access_key=SecretStr(""), secret_key=SecretStr(""))
    with pytest.raises(AssistantError, match=r"keys|do that"):
        guest.share("datasets", "a.txt", HOUR)


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        ("InvalidAccessKeyId", SettingsError, "access_key"),
        ("SignatureDoesNotMatch", SettingsError, "secret_key"),
        ("RequestTimeTooSkewed", UnavailableError, "clock"),
        ("AuthorizationHeaderMalformed", SettingsError, "region"),
        ("ExpiredToken", SettingsError, "expired"),
        ("AccessDenied", RequestError, "do that"),
        ("XMinioStorageFull", UnavailableError, "full disk"),
        ("NeverHeardOf", UnavailableError, "NeverHeardOf"),
    ],
)
def test_a_refusal_says_what_to_mend(
    tmp_path: Path, code: str, kind: type[AssistantError], said: str
) -> None:
    with answering(403, refusal(code)) as port:
        store = S3Store(settings_of(port, region="us-east-1"), tmp_path)
        for ask in (lambda: store.list("datasets"), store.buckets, store.trash):
            with pytest.raises(kind) as refused:
                ask()
            assert said in str(refused.value)
        # What is asked for the head of something gets no body, so no more than a status.
        with pytest.raises(AssistantError):
            store.put("datasets", "a.txt", b"1")


def test_a_server_in_trouble_is_asked_again_and_then_named(tmp_path: Path) -> None:
    with answering(503, refusal("SlowDown")) as port:
        store = S3Store(settings_of(port, region="us-east-1"), tmp_path)
        with pytest.raises(UnavailableError, match="in trouble"):
            store.list("datasets")


def test_a_server_that_is_no_store_is_told_apart(tmp_path: Path) -> None:
    with answering(404, "<html>hello</html>", "text/html") as port:
        store = S3Store(settings_of(port, region="us-east-1"), tmp_path)
        with pytest.raises(UnavailableError, match="no S3 endpoint"):
            store.list("datasets")


def test_a_server_that_is_not_there_is_named_with_its_place(tmp_path: Path) -> None:
    port = free_port()
    store = S3Store(settings_of(port), tmp_path)
    with pytest.raises(UnavailableError, match=f"at 127.0.0.1:{port} does not take") as problem:
        store.list("datasets")
    assert "store.endpoint" in problem.value.hint
    assert list(tmp_path.iterdir()) == []


def test_tls_where_there_is_none_is_explained(tmp_path: Path) -> None:
    with answering(200, "") as port:
        settings = settings_of(port).model_copy(update={"endpoint": f"https://127.0.0.1:{port}"})
        with pytest.raises(UnavailableError, match="does not speak TLS") as problem:
            S3Store(settings, tmp_path).list("datasets")
    assert "http://" in problem.value.hint


def test_a_certificate_is_trusted_when_its_authority_is_given(tmp_path: Path) -> None:
    own = certificate(tmp_path / "own.pem")
    with answering(403, refusal("AccessDenied"), tls=own) as port:
        settings = settings_of(port, region="us-east-1").model_copy(
            update={"endpoint": f"https://127.0.0.1:{port}"}
        )
        with pytest.raises(UnavailableError, match="cannot be trusted") as problem:
            S3Store(settings, tmp_path).list("datasets")
        assert "store.ca_file" in problem.value.hint
        for trusting in ({"ca_file": own}, {"verify_tls": False}):
            with pytest.raises(RequestError, match="do that"):
                S3Store(settings.model_copy(update=trusting), tmp_path).list("datasets")
    with pytest.raises(SettingsError, match="ca_file"):
        S3Store(settings.model_copy(update={"ca_file": tmp_path / "none.pem"}), tmp_path)
