"""Changes at an S3 endpoint that only happen where nobody else has changed anything meanwhile."""

import contextlib
from pathlib import Path

from minio.error import S3Error
from minio.helpers import DictType

from backends.store_s3_upload import Target, upload

_GONE = frozenset({"NoSuchKey", "NoSuchObject"})
_CHANGED = _GONE | {"PreconditionFailed", "ConditionalRequestConflict"}
"""How servers say that a condition does not hold; AWS finds no key where `If-Match` has none."""
_NO_CONDITIONS = frozenset({"NotImplemented"})
"""How a server says that it knows no conditions."""


def replaced(target: Target, data: bytes, etag: str, notes: Path) -> str | None:
    """Store bytes only over the content with an etag; return the version's id.

    Args:
        target: Where they go.
        data: The content.
        etag: What is there now; empty where there is nothing.
        notes: Folder in which unfinished uploads of this machine are noted.

    Returns:
        None where something else is there by now.
    """
    if _present(target) != etag:
        return None
    condition = {"If-Match": f'"{etag}"'} if etag else {"If-None-Match": "*"}
    headers: DictType = {**target.headers, **condition}
    try:
        done = target.client._put_object(target.bucket, target.key, data, headers)
        return done.version_id or ""
    except S3Error as error:
        if error.code in _NO_CONDITIONS:
            return upload(target, data, notes)
        if error.code not in _CHANGED:
            raise
    return _ours_after_all(target, data)


def _present(target: Target) -> str:
    """Return the etag of what is there; empty where nothing is."""
    try:
        return str(target.client.stat_object(target.bucket, target.key).etag)
    except S3Error as error:
        if error.code in _GONE:
            return ""
        raise


def _ours_after_all(target: Target, data: bytes) -> str | None:
    """Return the version of what is there if it is what we sent.

    A request whose answer was lost is sent again, and then meets its own content.
    """
    try:
        answer = target.client.get_object(target.bucket, target.key)
    except S3Error as error:
        if error.code in _GONE:
            return None
        raise
    with contextlib.closing(answer):
        same = answer.read() == data
        version = str(answer.headers.get("x-amz-version-id") or "")
    answer.release_conn()
    return version if same else None
