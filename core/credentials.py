"""Credentials that programs keep in files: to be masked, and used where none are set."""

import configparser
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from core.secrets import is_credential

LARGEST_BYTES = 1 << 20
"""A credentials file is small; what is larger is something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What an S3 endpoint asks for."""

    access: str
    secret: str
    token: str = ""


def keys_in_variables(variables: Mapping[str, str], endpoint: str) -> Keys | None:
    """Return the keys in the usual variables: those of MinIO first, except for AWS itself."""
    minio = [("MINIO_ACCESS_KEY", "MINIO_SECRET_KEY"), ("MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD")]
    aws = [("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")]
    for access, secret in (*aws, *minio) if _is_aws(endpoint) else (*minio, *aws):
        if variables.get(access) and variables.get(secret):
            token = variables.get("AWS_SESSION_TOKEN", "") if access.startswith("AWS") else ""
            return Keys(access=variables[access], secret=variables[secret], token=token)
    return None


def keys_in_files(
    endpoint: str, home: Path, aws_file: Path | None = None, profile: str = ""
) -> Keys | None:
    """Return the keys that the MinIO client keeps for an endpoint, or those of an AWS profile.

    Args:
        endpoint: Whose keys.
        home: The person's home folder.
        aws_file: Where AWS keeps its credentials, if it is not the usual place.
        profile: The AWS profile; `default` if empty.
    """
    for alias in _aliases(_read(home / ".mc" / "config.json")):
        access, secret = alias.get("accessKey"), alias.get("secretKey")
        if access and secret and _host(str(alias.get("url", ""))) == _host(endpoint):
            return Keys(access=str(access), secret=str(secret))
    named = _profile(_read(aws_file or home / ".aws" / "credentials"), profile or "default")
    access, secret = named.get("aws_access_key_id"), named.get("aws_secret_access_key")
    if not access or not secret:
        return None
    return Keys(access=access, secret=secret, token=named.get("aws_session_token", ""))


def _is_aws(endpoint: str) -> bool:
    return _host(endpoint).partition(":")[0].endswith("amazonaws.com")


def _host(address: str) -> str:
    return urlsplit(address if "://" in address else f"//{address}").netloc.casefold()


def _profile(text: str, name: str) -> Mapping[str, str]:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return {}
    return dict(parser.items(name)) if parser.has_section(name) else {}


def _aliases(text: str) -> Sequence[Mapping[str, object]]:
    try:
        document: object = json.loads(text or "null")
    except ValueError:
        return []
    aliases = document.get("aliases") if isinstance(document, dict) else None
    known = aliases.values() if isinstance(aliases, dict) else ()
    return [alias for alias in known if isinstance(alias, dict)]


def credentials_in_files(home: Path, aws_file: Path | None = None) -> Sequence[str]:
    """Return the secrets in the credentials files of AWS and of the MinIO client, where they are.

    Args:
        home: The person's home folder.
        aws_file: Where AWS keeps its credentials, if it is not the usual place.
    """
    return [
        *_aws(_read(aws_file or home / ".aws" / "credentials")),
        *_minio(_read(home / ".mc" / "config.json")),
    ]


def _read(path: Path) -> str:
    try:
        if not path.is_file() or path.stat().st_size > LARGEST_BYTES:
            return ""
        return path.read_text("utf-8", errors="replace")
    except OSError:
        # What cannot be read here cannot be read by a tool either.
        return ""


def _aws(text: str) -> Iterator[str]:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return
    for section in parser.sections():
        for name, value in parser.items(section):
            if is_credential(name, value) or name == "aws_access_key_id":
                yield value


def _minio(text: str) -> Iterator[str]:
    for alias in _aliases(text):
        yield from (str(value) for name, value in alias.items() if is_credential(name, value))
