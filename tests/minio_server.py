"""S3 servers for tests: a real MinIO where its program is or can be built, moto everywhere."""

import contextlib
import functools
import http.client
import logging
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock
from pydantic import SecretStr

from core.services import S3Settings

CACHE = Path("~/.cache/mlops-swarm-tests").expanduser()
MODULE = "github.com/minio/minio@latest"
BUILD_SECONDS = 900
START_SECONDS = 30
ACCESS, SECRET = "swarm-tests", "kept-in-this-test-only"


def minio_path(*, build: bool = True) -> Path | None:
    """Return the MinIO program: on the path, built before, or built now with Go."""
    found = shutil.which("minio")
    if found:
        return Path(found)
    built = CACHE / "bin" / "minio"
    if built.exists() or not build or not shutil.which("go"):
        return built if built.exists() else None
    CACHE.mkdir(parents=True, exist_ok=True)
    with FileLock(CACHE / "build.lock"):
        return _build(built)


@functools.cache
def _build(built: Path) -> Path | None:
    if not built.exists():
        variables = {**os.environ, "GOBIN": str(built.parent), "GOFLAGS": "-p=2"}  # noqa: TID251 - Go needs its own
        with contextlib.suppress(subprocess.SubprocessError):
            subprocess.run(
                ["go", "install", MODULE],
                env=variables,
                check=True,
                capture_output=True,
                timeout=BUILD_SECONDS,
            )
    return built if built.exists() else None


def server_in_words() -> str:
    """Say which server stands for S3 in the live tests."""
    found = minio_path(build=False)
    if found:
        return f"S3 in live tests: MinIO ({found})"
    if shutil.which("go"):
        return "S3 in live tests: MinIO, built with Go at its first use"
    return "S3 in live tests: moto, since there is no minio program and no Go to build it"


@contextlib.contextmanager
def minio_server(folder: Path | None = None) -> Iterator[S3Settings]:
    """Run a MinIO server on this machine, with an empty or a given folder."""
    program = minio_path()
    assert program is not None
    with contextlib.ExitStack() as stack:
        kept = folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port, console = free_port(), free_port()
        process = subprocess.Popen(
            [
                str(program), "server", str(kept), "--quiet",
                "--address", f"127.0.0.1:{port}", "--console-address", f"127.0.0.1:{console}",
            ],
            env={"MINIO_ROOT_USER": ACCESS, "MINIO_ROOT_PASSWORD": SECRET, "HOME": str(kept),
                 "MINIO_UPDATE": "off", "MINIO_BROWSER": "off", "PATH": os.defpath},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            _wait_for(port, process)
            yield settings_of(port)
        finally:
            process.kill()
            process.wait()


@contextlib.contextmanager
def moto_server() -> Iterator[S3Settings]:
    """Run moto's server in a thread."""
    from moto.server import ThreadedMotoServer

    # One line for every request would bury what a failing test says.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        yield settings_of(server.get_host_and_port()[1])
    finally:
        server.stop()


@contextlib.contextmanager
def any_server() -> Iterator[S3Settings]:
    """Run MinIO, or moto where it cannot be had."""
    with minio_server() if minio_path() else moto_server() as settings:
        yield settings


def wipe(settings: S3Settings) -> None:
    """Remove every bucket with all that is in it."""
    from minio.deleteobjects import DeleteObject

    from backends.store_s3_client import connect

    client = connect(settings)
    for bucket in client.list_buckets():
        # MinIO lists nothing below an object that is named like a folder, until that is gone.
        for _ in range(2):
            there = client.list_objects(bucket.name, recursive=True, include_version=True)
            doomed = (DeleteObject(str(one.object_name), one.version_id) for one in there)
            assert list(client.remove_objects(bucket.name, doomed)) == []
        client.remove_bucket(bucket.name)


def settings_of(port: int, **others: object) -> S3Settings:
    """Return settings for a server on this machine that may do everything."""
    given = {
        "access_key": SecretStr(ACCESS),
        "secret_key": SecretStr(SECRET),
        "allow_writes": True,
        "allow_deletes": True,
        **others,
    }
    return S3Settings.model_validate({"kind": "s3", "endpoint": f"127.0.0.1:{port}", **given})


def main() -> None:
    """Build the server before the tests, whose time is limited, and say which one it is."""
    minio_path()
    sys.stdout.write(f"{server_in_words()}\n")


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(START_SECONDS * 20):
        assert process.poll() is None, "the MinIO server ended"
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        try:
            # Its health is said to be fine before it answers requests: the first may hang. A
            # stranger's question is refused as soon as it does.
            connection.request("GET", "/")
            if connection.getresponse().status == 403:
                return
        except OSError:
            pass
        finally:
            connection.close()
        # Nothing tells when the server is up but its own answer.
        time.sleep(0.05)
    raise AssertionError("the MinIO server did not start")


if __name__ == "__main__":
    main()
