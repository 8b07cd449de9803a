from pathlib import Path

import pytest

from backends.index_chroma import ChromaIndex
from knowledge.library import Library


def library_in(folder: Path) -> Library:
    return Library(ChromaIndex(folder), folder)


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return library_in(tmp_path_factory.mktemp("library"))
