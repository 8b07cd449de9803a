"""What is masked, wherever it comes from, and what is left alone."""

import base64
import json
import random
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.credentials import credentials_in_files
from core.errors import RequestError
from core.runs import RunLogs
from core.secrets import MASK, Masker
from core.services import OpenAIChat
from core.settings import Settings, known_secrets
from objects.preview import preview
from surfaces.assembly import assemble

KEY_LINES = (
    "reading the deployment key",
    "-----BEGIN RSA PRIVATE KEY-----",
    "MIIEowIBAAKCAQEAtZz0canarycanarycanary0001",
    "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=",
    "-----END RSA PRIVATE KEY-----",
    "done",
)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("ghp_0123456789abcdefghijABCDEFGHIJ012345", MASK),
        ("xoxb-12345678-abcdefghij", MASK),
        ("AIzaSyA0123456789abcdefghijklmnopqrstuv", MASK),
        ('{"password": "correct horse battery"}', f'{{"password": "{MASK}"}}'),
        ('"{\\"api_key\\": \\"abc-1234\\"}"', f'"{{\\"api_key\\": \\"{MASK}\\"}}"'),
        ("clientSecret: 'a b c d'", f"clientSecret: '{MASK}'"),
        ("AWS_SECRET_ACCESS_KEY=abcd/efgh+ijkl", f"AWS_SECRET_ACCESS_KEY={MASK}"),
        ("curl --password hunter22x -v", f"curl --password {MASK} -v"),
        ("Authorization: Basic bWU6aHVudGVyMjI=", f"Authorization: Basic {MASK}"),
        ("https://0123456789abcdef0123@git.example/x", f"https://{MASK}@git.example/x"),
        ("redis://:hunter22@cache/0", f"redis://{MASK}@cache/0"),
        ("AK\x1b[31mIAABCDEFGHIJKL\x1b[0mMNOP", MASK),
        ("AKIA\u200bABCDEFGHIJKLMNOP", MASK),
        ("ops/canary-known%2Fsecret", f"ops/{MASK}"),
        (base64.b64encode(b"canary-known/secret").decode(), f"{MASK}=="),
    ],
)
def test_a_secret_is_masked_in_every_form_it_is_written_in(text: str, masked: str) -> None:
    assert Masker(["canary-known/secret"]).text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "run 7f3a1c52 of delay-prediction took 38 s",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "7f3a1c52-9d7e-4b1c-8f2a-6f1e2d3c4b5a",
        "artifacts/delay-prediction/7f3a1c52/evaluate-models/report.html",
        "s3://datasets/schedule_management.csv?versionId=3",
        "token count: 512, max_tokens=4096, tokens per second 31.5",
        "next token: classification",
        "the tokenizer splits a password field into words",
        "accuracy=0.712, key=schedule_management.csv, seed=42",
        "risk-averse task-runner desk-organizer disk_usage_by_partition",
        "pk_phase_id_and_building_code",
        "https://www.kubeflow.org/docs/components/pipelines/",
        "me@example.org wrote it at 2026-05-14T09:30:00+00:00",
        "basic classification_algorithms for bearers of bad news",
        "secretary: Eleanor, monkey: Abu",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert Masker(["canary-known/secret"]).text(text) == text


def test_the_picture_of_a_plot_in_base64_is_left_alone() -> None:
    picture = base64.b64encode(random.Random(7).randbytes(60_000)).decode()
    page = f'<img src="data:image/png;base64,{picture}">'

    assert Masker(["canary-known/secret"]).text(page) == page


def test_a_private_key_over_several_lines_of_a_log_is_masked_as_a_whole() -> None:
    logs = RunLogs(run_id="7f3a1c52", task="", lines=KEY_LINES, total_lines=6)

    assert Masker().value(logs).lines == (KEY_LINES[0], *[MASK] * 4, "done")


def test_a_private_key_whose_beginning_was_cut_off_is_masked_too() -> None:
    lines = Masker().value(KEY_LINES[2:])

    assert lines == (MASK, MASK, MASK, "done")


def test_an_entry_that_is_named_like_a_credential_is_masked_whatever_it_holds() -> None:
    given = {"db-password": "simple", "secretKey": "simple-words", "token_count": "512"}

    assert Masker().value(given) == {
        "db-password": MASK,
        "secretKey": MASK,
        "token_count": "512",
    }


def test_a_secret_in_the_name_of_an_entry_is_masked() -> None:
    assert Masker().value({"AKIAABCDEFGHIJKLMNOP": 1}) == {MASK: 1}


def test_the_column_of_a_table_that_holds_credentials_is_masked(tmp_path: Path) -> None:
    assistant = assemble(Settings(home=tmp_path / "home"))
    table = b"user,api_key\nann,moonlight\nbob,sunshine\n"
    assistant.store.put("datasets", "users.csv", table)

    shown = assistant.masker.value(preview(assistant.store, "datasets", "users.csv"))

    written = str(shown)
    assert "ann" in written
    assert "moonlight" not in written
    assert "sunshine" not in written


def test_a_value_without_end_is_refused_in_words() -> None:
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]

    with pytest.raises(RequestError, match="nested"):
        Masker().value(deep)


def test_secrets_of_settings_environment_and_files_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("WAREHOUSE_API_KEY", "canary-from-environment-1")
    monkeypatch.setenv("DB_PASSWORD", "postgres")
    monkeypatch.setenv("APPLICATION_CREDENTIALS", str(tmp_path))
    monkeypatch.delenv("AWS_SHARED_CREDENTIALS_FILE", raising=False)
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(
        "[default]\naws_access_key_id = TEAMKEY000001\n"
        "aws_secret_access_key = canary-from-aws-2\nregion = eu-central-1\n"
    )
    (tmp_path / ".mc").mkdir()
    (tmp_path / ".mc" / "config.json").write_text(
        json.dumps({"aliases": {"lab": {"url": "http://lab", "secretKey": "canary-from-minio-3"}}})
    )
    chat = OpenAIChat(kind="openai", model="m", api_key=SecretStr("canary-from-settings-4"))
    masker = Masker(known_secrets(Settings(home=tmp_path, chat=chat)))

    for canary in ("environment-1", "aws-2", "minio-3", "settings-4"):
        assert masker.text(f"it is canary-from-{canary}.") == f"it is {MASK}."
    ordinary = f"postgres runs in eu-central-1, see {tmp_path} and http://lab"
    assert masker.text(ordinary) == ordinary


@pytest.mark.parametrize(
    "content", ["", "no section = 1", "[a\n", "\x00\xff", "[]", '{"aliases": 3}']
)
def test_a_credentials_file_that_is_none_holds_no_secrets(tmp_path: Path, content: str) -> None:
    for folder, name in ((".aws", "credentials"), (".mc", "config.json")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(content)

    assert credentials_in_files(tmp_path) == []
