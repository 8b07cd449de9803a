"""Reaching a cluster: its address, who is asking, whom to trust, whose runs."""

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import tiny_pipelines
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from kubeflow_server import KubeflowServer, kubeflow_server
from tiny_pipelines import compiled

from backends.runs_kubeflow import KubeflowRuns
from backends.runs_kubeflow.connection import base_address
from backends.store_folder import FolderStore
from core.errors import AssistantError, SettingsError, UnavailableError
from core.services import KubeflowSettings

SECRET = "kf-token-1234567890"


@pytest.fixture
def server() -> Iterator[KubeflowServer]:
    with kubeflow_server() as server:
        yield server


@pytest.fixture
def connect(server: KubeflowServer, tmp_path: Path) -> Callable[..., KubeflowRuns]:
    def connected(**settings: Any) -> KubeflowRuns:
        given = {"host": server.url, "allow_changes": True, "timeout_seconds": 5, **settings}
        chosen = KubeflowSettings(kind="kubeflow", **given)
        return KubeflowRuns(chosen, FolderStore(tmp_path / "objects"))

    return connected


def failing(call: Callable[[], object]) -> AssistantError:
    """Return the error of a call that must fail; it holds no secret."""
    with pytest.raises(AssistantError) as failed:
        call()
    assert SECRET not in str(failed.value)
    return failed.value


def test_a_token_is_sent_and_a_wrong_one_is_said_to_be_wrong(
    server: KubeflowServer, connect: Callable[..., KubeflowRuns]
) -> None:
    server.state.token = SECRET
    assert connect(token=SECRET).list().total == 0
    for runs in (connect(token=f"{SECRET}-old"), connect()):
        error = failing(runs.list)
        assert isinstance(error, SettingsError)
        assert "401" in error.message
        assert "runs.token" in error.hint


def test_cookies_are_sent(server: KubeflowServer, connect: Callable[..., KubeflowRuns]) -> None:
    connect(cookies="authservice_session=abc").list()
    assert server.requests[-1].headers["cookie"] == "authservice_session=abc"
    assert "authorization" not in server.requests[-1].headers


def test_a_cluster_that_is_not_there_is_told_by_its_address(
    connect: Callable[..., KubeflowRuns],
) -> None:
    for host, word in (("127.0.0.1:1", "nothing answers"), ("kubeflow.invalid", "no such host")):
        runs = connect(host=host)
        error = failing(runs.list)
        assert isinstance(error, UnavailableError)
        assert host in error.message
        assert word in error.message
    assert runs.place == "on Kubeflow at kubeflow.invalid"


def test_a_certificate_is_checked_against_the_own_authority(
    tmp_path: Path, connect: Callable[..., KubeflowRuns]
) -> None:
    authority = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority)
    with kubeflow_server(tls=context) as server:
        error = failing(connect(host=server.url).list)
        assert isinstance(error, SettingsError)
        assert "certificate" in error.message
        assert "runs.ca_file" in error.hint
        assert connect(host=server.url, ca_file=authority).list().total == 0
        assert connect(host=server.url, verify_tls=False).list().total == 0
    missing = failing(lambda: connect(ca_file=tmp_path / "nothing.pem"))
    assert isinstance(missing, SettingsError)


def _certificate(folder: Path) -> Path:
    """Write a certificate that signs itself, with its key, and return the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "authority.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("localhost:8080/", "http://localhost:8080"),
        ("kubeflow.example.org/pipeline", "https://kubeflow.example.org/pipeline"),
        ("https://example.org/pipeline/#/runs", "https://example.org/pipeline"),
    ],
)
def test_an_address_may_be_written_as_people_write_it(host: str, address: str) -> None:
    assert base_address(host) == address


@pytest.mark.parametrize("host", ["ftp://example.org", "https://", "https://me:secret@example.org"])
def test_what_is_no_address_is_refused(host: str) -> None:
    with pytest.raises(SettingsError) as refused:
        base_address(host)
    assert "secret" not in str(refused.value)


def test_a_namespace_is_asked_for_where_it_is_set(
    connect: Callable[..., KubeflowRuns], server: KubeflowServer, tmp_path: Path
) -> None:
    runs = connect(namespace="team-a")
    run = runs.start(compiled(tiny_pipelines.breaking, tmp_path), {})
    assert server.state.runs[run.id].experiment_id in server.state.experiments
    created = [r for r in server.requests if r.method == "POST" and r.path.endswith("/runs")]
    assert b"experiment_id" in created[0].body
    runs.list()
    runs.experiments()
    runs.schedules()
    asked = [r.query.get("namespace") for r in server.requests if r.path.endswith("s")]
    assert asked.count("team-a") >= 3


def test_a_cluster_describes_itself(connect: Callable[..., KubeflowRuns]) -> None:
    told = connect().describe()
    assert "Kubeflow Pipelines 2.17.0 answers" in told
    assert "may be changed, after approval" in told
    assert "may only be looked at" in connect(allow_changes=False).describe()
