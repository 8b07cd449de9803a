"""The connection to an S3 endpoint, and what its refusals mean in words."""

import contextlib
import itertools
import ssl
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NoReturn
from urllib.parse import urlsplit

import certifi
import urllib3
from minio import Minio
from minio.commonconfig import ComposeSource, CopySource, Tags
from minio.datatypes import Object
from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    InsecureRequestWarning,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    ResponseError,
    SSLError,
)

from core.errors import AssistantError, RequestError, SettingsError, UnavailableError
from core.objects import StoredObject
from core.services import S3Settings

CONNECT_SECONDS = 3
CONNECT_RETRIES = 2
READ_SECONDS = 60
RETRIES = 3
CONNECTIONS = 8
LISTED = 1_000
"""What a server lists at once."""
SKEW_SECONDS = 15 * 60
"""By how much clocks may differ before a server refuses what was signed."""
LARGEST_COPY_BYTES = 5 << 30
"""What S3 copies in one piece."""
_HERE = frozenset({"localhost", "::1"})


def connect(settings: S3Settings) -> Minio:
    """Return a client with time limits and bounded retries; nothing is sent yet.

    Raises:
        SettingsError: The endpoint or the certificate file cannot be used.
    """
    host, secure = endpoint_of(settings.endpoint)
    if bool(settings.access_key.get_secret_value()) != bool(settings.secret_key.get_secret_value()):
        raise SettingsError(
            "`store.access_key` and `store.secret_key` belong together; one of them is missing.",
            hint="Set both, or neither where the buckets are open to everybody.",
        )
    pool = urllib3.PoolManager(
        maxsize=CONNECTIONS,
        ssl_context=_tls(settings) if secure else None,
        timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        retries=urllib3.Retry(
            total=RETRIES,
            connect=CONNECT_RETRIES,
            backoff_factor=0.2,
            status_forcelist=[500, 502, 503, 504],
        ),
    )
    if secure and not settings.verify_tls:
        # Said once, in the settings, by a person: not again with every request.
        urllib3.disable_warnings(InsecureRequestWarning)
    try:
        return Minio(
            host,
            access_key=settings.access_key.get_secret_value() or None,
            secret_key=settings.secret_key.get_secret_value(),
            session_token=settings.session_token.get_secret_value() or None,
            secure=secure,
            region=settings.region or None,
            http_client=pool,
        )
    except ValueError as error:
        raise _bad_endpoint(settings.endpoint, str(error)) from error


def endpoint_of(address: str) -> tuple[str, bool]:
    """Return host and port of an endpoint, and whether it speaks TLS.

    Without a scheme TLS is spoken, except with this machine.

    Raises:
        SettingsError: It is no address of a server.
    """
    text = address.strip()
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise _bad_endpoint(text, str(error)) from error
    if parts.scheme not in {"", "http", "https"} or not host:
        raise _bad_endpoint(text, "it names no server")
    if parts.username or parts.password:
        raise SettingsError(
            "`store.endpoint` must not hold keys.",
            hint="Put them into `store.access_key` and `store.secret_key`.",
        )
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise _bad_endpoint(text, "it goes on behind the port")
    here = host in _HERE or host.startswith("127.")
    return parts.netloc, parts.scheme == "https" or (parts.scheme == "" and not here)


def _bad_endpoint(address: str, problem: str) -> SettingsError:
    return SettingsError(
        f"`store.endpoint` cannot be {address!r}: {problem}.",
        hint="Write it as `127.0.0.1:9000` or `https://minio.example.org`.",
    )


def _tls(settings: S3Settings) -> ssl.SSLContext:
    own = settings.ca_file
    try:
        context = ssl.create_default_context(cafile=str(own.expanduser()) if own else None)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"`store.ca_file` {own} cannot be used: {error.strerror or error}.",
            hint="Give the certificate authority as a PEM file.",
        ) from error
    if own is None:
        context.load_verify_locations(certifi.where())
    if not settings.verify_tls:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def versions(client: Minio, bucket: str, key: str) -> Sequence[Object]:
    """Return the versions and delete markers of one key, newest first, up to a thousand.

    Below a page of the listing, the client sorts all markers behind all versions.
    """
    listing = client.list_objects(bucket, prefix=key, recursive=True, include_version=True)
    there = [one for one in itertools.islice(listing, LISTED) if one.object_name == key]
    return sorted(there, key=_age, reverse=True)


def _age(one: Object) -> tuple[bool, datetime]:
    # Two that came in the same millisecond are told apart by who is the latest.
    return one.is_latest == "true", one.last_modified or datetime.fromtimestamp(0, UTC)


def copy(client: Minio, found: StoredObject, bucket: str, key: str) -> str:
    """Copy an object with its type and tags inside the store; return the version it became."""
    source = CopySource(
        found.bucket,
        found.key,
        version_id=found.version or None,
        match_etag=found.etag or None,
    )
    if found.bytes <= LARGEST_COPY_BYTES:
        done = client.copy_object(bucket, key, source)
    else:
        done = client.compose_object(
            bucket,
            key,
            [ComposeSource.of(source)],
            metadata={"Content-Type": found.content_type},
            tags=tags_of(found.tags),
        )
    return done.version_id or ""


def tags_of(tags: Mapping[str, str]) -> Tags | None:
    """Return tags as the client wants them; nothing for none."""
    wanted = Tags.new_object_tags()
    wanted.update(tags)
    return wanted if tags else None


@contextlib.contextmanager
def explained(place: str, what: str) -> Iterator[None]:
    """Turn what the client raises into words.

    Args:
        place: Where the store is: `at 127.0.0.1:9000`.
        what: What was touched: `the bucket datasets`.
    """
    try:
        yield
    except S3Error as error:
        raise _refusal(error, place, what) from error
    except (InvalidResponseError, ServerError) as error:
        raise UnavailableError(
            f"What answers {place} is no S3 endpoint, or one in trouble.",
            hint="Check `store.endpoint`; the console of MinIO has another port than its API.",
        ) from error
    except MinioException as error:
        raise UnavailableError(
            f"The object store {place} gave an answer that makes no sense for {what}.",
            hint="Check `store.endpoint`.",
        ) from error
    except HTTPError as error:
        _unreachable(error, place, what)


_SETTINGS = {
    "InvalidAccessKeyId": (
        "does not know the access key",
        "Check `store.access_key`, or the variables and files that it comes from.",
    ),
    "SignatureDoesNotMatch": (
        "says that the secret key does not belong to the access key",
        "Check `store.secret_key`, or the variables and files that it comes from.",
    ),
    "InvalidToken": ("does not accept the session token", "Check `store.session_token`."),
    "ExpiredToken": ("says that the session token has expired", "Get new keys."),
    "AuthorizationHeaderMalformed": ("is in another region", "Set `store.region` to its region."),
    "InvalidRegion": ("is in another region", "Set `store.region` to its region."),
    "PermanentRedirect": ("is in another region", "Set `store.region` to its region."),
}
_REQUESTS = {
    "AccessDenied": (
        "does not let these keys do that",
        "Ask whoever runs the store for the right, or set other keys.",
    ),
    "BucketNotEmpty": ("says that the bucket is not empty", "Look at what is in it."),
    "BucketAlreadyExists": ("has a bucket of that name of somebody else", "Choose another name."),
    "InvalidTag": ("does not take these tags", "Use letters, digits and any of `+ - = . _ : / @`."),
    "XMinioParentIsObject": ("has an object where that key has a folder", "Choose another key."),
    "XMinioObjectExistsAsDirectory": ("has objects below that key", "Choose another key."),
    "PreconditionFailed": ("has another content there by now", "Try again."),
    "EntityTooLarge": ("does not take an object of that size", "Split it."),
    "QuotaExceeded": ("has no room for it: a quota is used up", "Make room there."),
    "XMinioAdminBucketQuotaExceeded": (
        "has no room for it: the quota of the bucket is used up",
        "Make room there.",
    ),
}
_SKEWED = "RequestTimeTooSkewed"
_TROUBLES = {
    _SKEWED: (
        "has another time than this machine",
        "Set the clock of this machine, or that of the store.",
    ),
    "XMinioStorageFull": ("has a full disk", "Make room there."),
    "SlowDown": ("is asked too much at once", "Try again in a moment."),
    "ServiceUnavailable": ("is busy", "Try again in a moment."),
    "XMinioServerNotInitialized": ("is still starting", "Try again in a moment."),
}


def _code_of(error: S3Error) -> str:
    """Return why a request was refused, also where the answer had no body to say it.

    The answer about the head of something is only a status; but every answer has the server's time.
    """
    try:
        theirs = parsedate_to_datetime(error.response.headers.get("date") or "")
    except ValueError:
        return str(error.code)
    apart = abs((datetime.now(UTC) - theirs.astimezone(UTC)).total_seconds())
    return _SKEWED if error.code == "AccessDenied" and apart > SKEW_SECONDS else str(error.code)


def _refusal(error: S3Error, place: str, what: str) -> AssistantError:
    code = _code_of(error)
    kinds: tuple[tuple[type[AssistantError], dict[str, tuple[str, str]]], ...] = (
        (SettingsError, _SETTINGS),
        (RequestError, _REQUESTS),
        (UnavailableError, _TROUBLES),
    )
    for kind, known in kinds:
        if code in known:
            problem, hint = known[code]
            return kind(f"The object store {place} {problem}: {what}.", hint=hint)
    return UnavailableError(
        f"The object store {place} refused {what}: {code}.", hint="Its own log says more."
    )


def _unreachable(error: HTTPError, place: str, what: str) -> NoReturn:
    cause = error.reason if isinstance(error, MaxRetryError) and error.reason else error
    problem, hint = _problem_of(cause)
    raise UnavailableError(
        f"The object store {place} {problem}, when asked for {what}.", hint=hint
    ) from error


def _problem_of(cause: BaseException) -> tuple[str, str]:
    check = "Check `store.endpoint`, and that the store is running."
    if isinstance(cause, SSLError):
        if "WRONG_VERSION_NUMBER" in str(cause) or "record layer" in str(cause).lower():
            return "does not speak TLS", "Begin `store.endpoint` with `http://`."
        return (
            "has a certificate that cannot be trusted",
            "Set `store.ca_file` to its certificate authority.",
        )
    if isinstance(cause, NameResolutionError):
        return "has a name that nobody knows", check
    if isinstance(cause, NewConnectionError):
        return "does not take the connection", check
    if isinstance(cause, ConnectTimeoutError | ReadTimeoutError):
        return "does not answer in time", check
    if isinstance(cause, ResponseError):
        return "is in trouble (it says so with every answer)", "Try again in a moment."
    return "broke the connection off", "Try again: a transfer goes on where it was broken off."
