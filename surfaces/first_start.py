"""The home at the first start: that it can be written, and the first data in it."""

from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from core.errors import AssistantError, UnavailableError
from core.objects import ObjectStore
from core.services import S3Settings, StoreSettings

BUCKETS = ("datasets", "artifacts", "models")
FIRST_DATA = ("pipelines.delay", "data/schedule_management.csv")
"""Package and file of the table that is placed in the store at the first start."""


def check_home(home: Path) -> None:
    """Make sure that the home can be written.

    Raises:
        UnavailableError: It cannot.
    """
    probe = home / ".writable"
    try:
        home.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink(missing_ok=True)
    except OSError as error:
        raise UnavailableError(
            f"The assistant's home {home} cannot be written: {error.strerror or error}.",
            hint="Free some space or mend the permissions, or set MLOPS_SWARM_HOME to another"
            " folder.",
        ) from error


def place_first_data(settings: StoreSettings, store: ObjectStore) -> None:
    """Fill an empty store; what a person removed later is not put back."""
    buckets: Sequence[str] = BUCKETS
    if isinstance(settings, S3Settings):
        if not settings.allow_writes:
            return
        buckets = [name for name in BUCKETS if name in (settings.buckets or BUCKETS)]
    try:
        known = store.bucket_names()
        if "datasets" in buckets and "datasets" not in known:
            # The bucket comes with its object: an empty one would be taken for a person's wish.
            package, name = FIRST_DATA
            content = resources.files(package).joinpath(name).read_bytes()
            store.put("datasets", name.rpartition("/")[2], content)
        for bucket in buckets:
            if bucket not in known:
                store.create_bucket(bucket)
    except AssistantError:
        # A server that does not answer now says so when it is asked for something.
        if not isinstance(settings, S3Settings):
            raise
