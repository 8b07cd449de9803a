"""Credentials that programs keep in files, so that they can be masked."""

import configparser
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.secrets import is_credential

LARGEST_BYTES = 1 << 20
"""A credentials file is small; what is larger is something else."""


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
    try:
        document: object = json.loads(text or "null")
    except ValueError:
        return
    aliases = document.get("aliases") if isinstance(document, dict) else None
    for alias in aliases.values() if isinstance(aliases, dict) else ():
        if isinstance(alias, dict):
            yield from (str(value) for name, value in alias.items() if is_credential(name, value))
