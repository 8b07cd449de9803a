"""Every object store there is, for tests of what all of them do."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from minio_server import any_server, moto_server, wipe

from backends.stores import open_store
from core.objects import ObjectStore
from core.services import FolderSettings, S3Settings, StoreSettings


@pytest.fixture(
    scope="module", params=["folder", "moto", pytest.param("minio", marks=pytest.mark.live)]
)
def settings(request: pytest.FixtureRequest) -> Iterator[StoreSettings]:
    if request.param == "folder":
        yield FolderSettings()
        return
    with moto_server() if request.param == "moto" else any_server() as served:
        yield served


@pytest.fixture
def store(settings: StoreSettings, tmp_path: Path) -> ObjectStore:
    if isinstance(settings, S3Settings):
        wipe(settings)
    return open_store(settings, tmp_path / "home")
