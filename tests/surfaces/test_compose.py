"""What the compose file says of the assistant is what its settings understand."""

import re
from pathlib import Path

import pytest
import yaml

from core.services import ChromaServer, S3Settings
from core.settings import read_settings

DEPLOY = Path(__file__).parents[2] / "deploy"


def test_the_assistant_of_the_compose_file_finds_its_services(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    services = compose["services"]
    for name, value in services["assistant"]["environment"].items():
        given = re.sub(r"\$\{(\w+)(?::-([^}]*))?(?::\?[^}]*)?\}", r"\2", value)
        monkeypatch.setenv(name, given or "a-password")
    settings = read_settings()
    assert isinstance(settings.store, S3Settings)
    assert settings.store.endpoint == "http://minio:9000"
    assert isinstance(settings.index, ChromaServer)
    assert (settings.index.host, settings.index.port) == ("chroma", 8000)
    assert {"minio", "chroma"} <= set(services)


def test_what_the_compose_file_opens_is_open_to_this_machine_only() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    ports = [port for service in compose["services"].values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)
