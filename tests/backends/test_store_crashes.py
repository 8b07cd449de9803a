"""Uploads that are killed leave the object before or the object after."""

from collections import Counter
from pathlib import Path
from random import Random

import pytest
from minio_server import any_server

from bench.store_crashes import crash
from core.services import FolderSettings

pytestmark = pytest.mark.slow


def test_a_killed_upload_into_a_folder_leaves_a_whole_object(tmp_path: Path) -> None:
    assert crash(FolderSettings(), tmp_path, 8, Random(1)) == Counter({"whole": 8})


def test_a_killed_upload_to_a_server_leaves_a_whole_object(tmp_path: Path) -> None:
    with any_server() as settings:
        assert crash(settings, tmp_path, 8, Random(2)) == Counter({"whole": 8})
