"""Where the keys of an object store come from when the settings hold none."""

import json
from pathlib import Path

import pytest

from core.services import S3Settings
from core.settings import known_secrets, read_settings

VARIABLES = (
    "AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_PROFILE"
    " AWS_SHARED_CREDENTIALS_FILE MINIO_ACCESS_KEY MINIO_SECRET_KEY MINIO_ROOT_USER"
    " MINIO_ROOT_PASSWORD"
).split()


@pytest.fixture(autouse=True)
def _clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def keys_for(endpoint: str, **given: str) -> tuple[str, str, str]:
    store = read_settings(store={"kind": "s3", "endpoint": endpoint, **given}).store
    assert isinstance(store, S3Settings)
    return (
        store.access_key.get_secret_value(),
        store.secret_key.get_secret_value(),
        store.session_token.get_secret_value(),
    )


def write_files(home: Path) -> None:
    (home / ".aws").mkdir()
    (home / ".aws" / "credentials").write_text(
        "[default]\naws_access_key_id = from-file\naws_secret_access_key = file-secret\n"
        "[team]\naws_access_key_id = from-team\naws_secret_access_key = team-secret\n"
        "aws_session_token = team-token\n"
    )
    (home / ".mc").mkdir()
    lab = {"url": "http://lab:9000", "accessKey": "from-mc", "secretKey": "mc-secret"}
    (home / ".mc" / "config.json").write_text(json.dumps({"aliases": {"lab": lab, "odd": 1}}))


def test_keys_of_the_settings_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "from-aws")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "aws-secret")
    assert keys_for("lab:9000", access_key="own", secret_key="own-secret") == (
        "own",
        "own-secret",
        "",
    )


def test_variables_of_minio_come_before_those_of_aws_except_for_aws(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "from-aws")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "aws-secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "aws-token")
    assert keys_for("lab:9000") == ("from-aws", "aws-secret", "aws-token")
    monkeypatch.setenv("MINIO_ROOT_USER", "from-minio")
    monkeypatch.setenv("MINIO_ROOT_PASSWORD", "minio-secret")
    assert keys_for("lab:9000") == ("from-minio", "minio-secret", "")
    assert keys_for("https://s3.eu-central-1.amazonaws.com")[0] == "from-aws"


def test_files_are_looked_at_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path)
    assert keys_for("http://LAB:9000") == ("from-mc", "mc-secret", "")
    assert keys_for("elsewhere:9000") == ("from-file", "file-secret", "")
    monkeypatch.setenv("AWS_PROFILE", "team")
    assert keys_for("elsewhere:9000") == ("from-team", "team-secret", "team-token")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert keys_for("elsewhere:9000") == ("", "", "")
    monkeypatch.setenv("MINIO_ACCESS_KEY", "from-minio")
    monkeypatch.setenv("MINIO_SECRET_KEY", "minio-secret")
    assert keys_for("lab:9000")[0] == "from-minio"


def test_files_that_make_no_sense_give_no_keys(tmp_path: Path) -> None:
    write_files(tmp_path)
    (tmp_path / ".aws" / "credentials").write_text("no section\n")
    (tmp_path / ".mc" / "config.json").write_text("{")
    assert keys_for("lab:9000") == ("", "", "")


def test_keys_that_were_found_are_masked_and_not_shown(tmp_path: Path) -> None:
    write_files(tmp_path)
    settings = read_settings(store={"kind": "s3", "endpoint": "lab:9000"})
    assert {"from-mc", "mc-secret"} <= set(known_secrets(settings))
    assert "mc-secret" not in settings.model_dump_json()
