"""Opens the object store that the settings describe, here or in a process of its own."""

from pathlib import Path

from backends.store_folder import FolderStore
from core.objects import ObjectStore
from core.services import FolderSettings, StoreSettings


def open_store(settings: StoreSettings, home: Path) -> ObjectStore:
    """Return where objects are kept.

    Args:
        settings: Which store, with its keys.
        home: The assistant's home; a folder store and unfinished transfers are below it.

    Raises:
        SettingsError: The endpoint cannot be understood.
    """
    if isinstance(settings, FolderSettings):
        return FolderStore(home / "objects")
    # The client takes a quarter of a second to import; most people never need it.
    from backends.store_s3 import S3Store

    return S3Store(settings, home / "transfers")
