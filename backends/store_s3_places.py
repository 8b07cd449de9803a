"""Buckets and keys at an S3 endpoint before something comes there, and when a bucket goes."""

import contextlib

from minio import Minio
from minio.commonconfig import ENABLED
from minio.deleteobjects import DeleteObject
from minio.error import InvalidResponseError, S3Error, ServerError
from minio.versioningconfig import VersioningConfig

from backends.store_s3_access import GONE
from core.errors import RequestError

_UNSEEN = "AccessDenied"
"""Keys that may write an object may still not look around: then the server has the last word."""


def need_place(client: Minio, bucket: str, key: str, region: str = "") -> None:
    """Make a bucket that is not there, and keep a key from being object and folder at once.

    S3 would take both. MinIO then hides what is below from its listings, and no folder of a machine
    could hold a copy.

    Raises:
        RequestError: There are objects below the key, or a part of its path is one.
    """
    need_bucket(client, bucket, region)
    if _has_objects(client, bucket, f"{key}/"):
        raise RequestError(
            f"{bucket}/{key} cannot be stored: there are objects below that key.",
            hint="Choose another key.",
        )
    parts = key.split("/")
    for depth in range(1, len(parts)):
        if _is_object(client, bucket, "/".join(parts[:depth])):
            raise RequestError(
                f"{bucket}/{key} cannot be stored: a part of its path is an object itself.",
                hint="Choose another key.",
            )


def need_bucket(client: Minio, bucket: str, region: str = "") -> None:
    """Make a bucket that is not there, and let it keep versions where the server can."""
    try:
        if client.bucket_exists(bucket):
            return
    except S3Error as error:
        if error.code != _UNSEEN:
            raise
        return
    try:
        client.make_bucket(bucket, location=region or None)
    except S3Error as error:
        if error.code != "BucketAlreadyOwnedByYou":
            raise
    # A server that cannot keep versions says so in many ways; the trash then keeps copies.
    with contextlib.suppress(S3Error, ServerError, InvalidResponseError):
        client.set_bucket_versioning(bucket, VersioningConfig(ENABLED))


def remove_old_versions(client: Minio, bucket: str) -> None:
    """Remove all versions and delete markers of a bucket.

    Raises:
        RequestError: One of them is locked.
    """
    there = client.list_objects(bucket, recursive=True, include_version=True)
    doomed = (DeleteObject(str(one.object_name), one.version_id) for one in there)
    for refused in client.remove_objects(bucket, doomed):
        raise RequestError(
            f"The old version {refused.name} of the bucket {bucket} cannot be removed:"
            f" {refused.code}.",
            hint="It may be locked for a time.",
        )


def _has_objects(client: Minio, bucket: str, prefix: str) -> bool:
    try:
        return next(client.list_objects(bucket, prefix=prefix), None) is not None
    except S3Error as error:
        if error.code != _UNSEEN:
            raise
        return False


def _is_object(client: Minio, bucket: str, key: str) -> bool:
    try:
        client.stat_object(bucket, key)
    except S3Error as error:
        if error.code in {_UNSEEN, *GONE}:
            return False
        raise
    return True
