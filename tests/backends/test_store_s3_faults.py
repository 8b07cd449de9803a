"""The S3 store over connections that break, disks that fill and keys that are wrong."""

import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from fault_proxy import FaultProxy, proxied
from minio_server import any_server, free_port, minio_path, wipe
from pydantic import SecretStr

from backends.store_s3 import S3Store
from core.errors import SettingsError, UnavailableError
from core.services import S3Settings
from models.registry import Registry

pytestmark = pytest.mark.live
MEBIBYTE = 1 << 20
SIZE = 48 * MEBIBYTE


@pytest.fixture(scope="module")
def served() -> Iterator[S3Settings]:
    with any_server() as settings:
        yield settings


@pytest.fixture
def settings(served: S3Settings) -> S3Settings:
    wipe(served)
    return served


@pytest.fixture
def store(settings: S3Settings, tmp_path: Path) -> S3Store:
    return S3Store(settings, tmp_path / "transfers")


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large"
    path.write_bytes(os.urandom(SIZE))
    return path


def through(settings: S3Settings, proxy: FaultProxy, tmp_path: Path) -> S3Store:
    moved = settings.model_copy(update={"endpoint": f"127.0.0.1:{proxy.port}"})
    return S3Store(moved, tmp_path / "transfers")


def port_of(settings: S3Settings) -> int:
    return int(settings.endpoint.rpartition(":")[2])


def test_a_wrong_key_and_a_wrong_secret_are_told_apart(store: S3Store, tmp_path: Path) -> None:
    if minio_path() is None:
        pytest.skip("moto takes any key")
    store.put("datasets", "a.txt", b"1")
    for wrong in ("access_key", "secret_key"):
        changed = store.settings.model_copy(update={wrong: SecretStr("something-else")})
        stranger = S3Store(changed, tmp_path / "transfers")
        for ask in (stranger.buckets, lambda who=stranger: who.list("datasets")):
            with pytest.raises(SettingsError) as refused:
                ask()
            assert f"store.{wrong}" in refused.value.hint
            assert "something-else" not in str(refused.value)


def test_a_download_survives_resets_at_every_tenth_chunk(
    store: S3Store, tmp_path: Path, large: Path
) -> None:
    store.put("datasets", "large.bin", large)
    with proxied(port_of(store.settings), reset_at=10) as proxy:
        shaky = through(store.settings, proxy, tmp_path)
        path = shaky.download("datasets", "large.bin", tmp_path / "again")
        assert path.read_bytes() == large.read_bytes()
        assert shaky.read("datasets", "large.bin") == large.read_bytes()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["again", "large", "transfers"]


def test_an_upload_through_resets_at_every_tenth_chunk_stores_nothing_or_all(
    store: S3Store, tmp_path: Path, large: Path
) -> None:
    before = store.put("datasets", "large.bin", b"before")
    with (
        proxied(port_of(store.settings), reset_at=10) as proxy,
        pytest.raises(UnavailableError, match="broke the connection off"),
    ):
        through(store.settings, proxy, tmp_path).put("datasets", "large.bin", large)
    assert store.stat("datasets", "large.bin") == before
    assert [item.key for item in store.list("datasets")] == ["large.bin"]


def test_a_download_goes_on_where_it_was_broken_off(
    store: S3Store, tmp_path: Path, large: Path
) -> None:
    store.put("datasets", "large.bin", large)
    target = tmp_path / "target" / "large.bin"
    with proxied(port_of(store.settings)) as proxy:

        def leave(done: int, of: int) -> None:
            if done > of // 2:
                proxy.close()

        with pytest.raises(UnavailableError):
            through(store.settings, proxy, tmp_path).download(
                "datasets", "large.bin", target, leave
            )
    assert not target.exists()
    (part,) = target.parent.iterdir()
    kept = part.stat().st_size
    assert kept > SIZE // 2
    with proxied(port_of(store.settings)) as proxy:
        through(store.settings, proxy, tmp_path).download("datasets", "large.bin", target)
        assert proxy.received < SIZE - kept + MEBIBYTE
    assert target.read_bytes() == large.read_bytes()
    assert list(target.parent.iterdir()) == [target]


def test_a_part_of_other_content_is_not_gone_on_with(
    store: S3Store, tmp_path: Path, large: Path
) -> None:
    store.put("datasets", "large.bin", large)
    target = tmp_path / "target" / "large.bin"
    with proxied(port_of(store.settings)) as proxy, pytest.raises(UnavailableError):
        through(store.settings, proxy, tmp_path).download(
            "datasets", "large.bin", target, lambda *_: proxy.close()
        )
    store.put("datasets", "large.bin", b"other")
    assert store.download("datasets", "large.bin", target).read_bytes() == b"other"


def test_an_upload_goes_on_where_it_was_broken_off(
    store: S3Store, tmp_path: Path, large: Path
) -> None:
    with proxied(port_of(store.settings)) as proxy:
        shaky = through(store.settings, proxy, tmp_path)
        with pytest.raises(UnavailableError):
            shaky.put("datasets", "large.bin", large, progress=lambda *_: proxy.break_off())
        assert store.list("datasets").items == ()
        proxy.mend()
        before = proxy.sent
        shaky.put("datasets", "large.bin", large)
        # One part of the three had arrived.
        assert proxy.sent - before < SIZE - 15 * MEBIBYTE
    assert store.read("datasets", "large.bin") == large.read_bytes()
    assert list((tmp_path / "transfers").iterdir()) == []


def test_an_upload_of_other_content_takes_nothing_from_a_broken_one(
    store: S3Store, tmp_path: Path, large: Path
) -> None:
    with proxied(port_of(store.settings)) as proxy:
        shaky = through(store.settings, proxy, tmp_path)
        with pytest.raises(UnavailableError):
            shaky.put("datasets", "large.bin", large, progress=lambda *_: proxy.break_off())
        proxy.mend()
        other = os.urandom(SIZE)
        shaky.put("datasets", "large.bin", other, tags={"kind": "other"})
    assert store.read("datasets", "large.bin") == other
    assert store.stat("datasets", "large.bin").tags == {"kind": "other"}


def test_a_disk_that_fills_during_a_download_keeps_nothing(
    store: S3Store, tmp_path: Path, large: Path
) -> None:
    store.put("datasets", "large.bin", large)
    target = tmp_path / "target" / "large.bin"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10 * MEBIBYTE, limits[1]))
    try:
        with pytest.raises(UnavailableError, match=r"large\.bin"):
            store.download("datasets", "large.bin", target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert list(target.parent.iterdir()) == []


def test_a_store_that_stops_is_named(settings: S3Settings, tmp_path: Path) -> None:
    gone = settings.model_copy(update={"endpoint": f"127.0.0.1:{free_port()}"})
    began = time.monotonic()
    with pytest.raises(UnavailableError, match="does not take the connection"):
        S3Store(gone, tmp_path).download("datasets", "a.txt", tmp_path / "a.txt")
    assert time.monotonic() - began < 20


def test_the_model_registry_stands_on_it(store: S3Store) -> None:
    assert list(Registry(store).models()) == []


_UPLOADER = """
import sys
from pathlib import Path
from backends.stores import open_store
from core.services import S3Settings

settings = S3Settings.model_validate_json(sys.argv[1])
store = open_store(settings, Path(sys.argv[2]))
store.put("datasets", "large.bin", Path(sys.argv[3]), progress=lambda *now: print(now, flush=True))
"""


def test_an_upload_whose_process_was_killed_can_be_finished(
    store: S3Store, tmp_path: Path, large: Path
) -> None:
    before = store.put("datasets", "large.bin", b"before")
    described = {
        **store.settings.model_dump(mode="json"),
        "access_key": store.settings.access_key.get_secret_value(),
        "secret_key": store.settings.secret_key.get_secret_value(),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", _UPLOADER, json.dumps(described), str(tmp_path), str(large)],
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.kill()
    process.wait()
    assert store.stat("datasets", "large.bin") == before
    told: list[int] = []
    store.put("datasets", "large.bin", large, progress=lambda done, _: told.append(done))
    assert store.read("datasets", "large.bin") == large.read_bytes()
    assert list((tmp_path / "transfers").iterdir()) == []


@pytest.mark.parametrize("minutes", [-40, 40])
def test_clocks_that_differ_are_named_whatever_is_asked(
    settings: S3Settings, tmp_path: Path, minutes: int
) -> None:
    server = minio_path(build=False)
    if server is None:
        pytest.skip("moto does not look at the time of a request")
    real = S3Store(settings, tmp_path / "transfers")
    real.put("datasets", "a.txt", b"one")
    with proxied(port_of(settings), rewritten=clock_off_by(minutes)) as proxy:
        store = through(settings, proxy, tmp_path)
        for ask in (
            lambda: store.stat("datasets", "a.txt"),
            lambda: store.download("datasets", "a.txt", tmp_path / "a.txt"),
            lambda: store.put("datasets", "b.txt", b"two"),
            lambda: store.list("datasets"),
            store.bucket_names,
        ):
            with pytest.raises(UnavailableError, match="has another time than this machine") as no:
                ask()
            assert no.value.hint == "Set the clock of this machine, or that of the store."
    assert not (tmp_path / "a.txt").exists()
    assert [item.key for item in real.list("datasets")] == ["a.txt"]


def clock_off_by(minutes: int) -> Callable[[bytes], bytes]:
    """Return what makes two machines of one: the time of requests and of answers is another."""
    off = timedelta(minutes=minutes)

    def rewritten(block: bytes) -> bytes:
        signed = f"{datetime.now(UTC) + off:%Y%m%dT%H%M%SZ}".encode()
        answered = format_datetime(datetime.now(UTC) - off, usegmt=True).encode()
        asked = re.sub(rb"(?i)(?<=x-amz-date: )\d{8}T\d{6}Z", signed, block)
        return re.sub(rb"(?<=\r\nDate: )[^\r]{29}", answered, asked)

    return rewritten
