"""The documentation is read before somebody asks, where that costs nobody anything."""

from pathlib import Path

import pytest

from backends.index_chroma import ChromaIndex
from core.services import ChromaServer, OpenAIEmbedding
from core.settings import Settings
from knowledge.library import Library
from surfaces.indexing import read_ahead
from surfaces.services import library_of


def small_library(folder: Path) -> tuple[Library, Path]:
    pages = folder / "pages"
    pages.mkdir()
    for number in range(10):
        (pages / f"page{number}.md").write_text(f"# Page {number}\n\nAbout subject{number}.\n")
    return Library(ChromaIndex(folder / "chroma"), folder / "index", pages), pages


def test_a_library_is_behind_until_its_pages_were_read(tmp_path: Path) -> None:
    library, pages = small_library(tmp_path)
    assert library.is_behind()
    library.refresh()
    assert not library.is_behind()
    (pages / "page1.md").write_text("# Page 1\n\nAbout whales.\n")
    assert not library.is_behind()
    for page in pages.glob("*.md"):
        page.write_text(page.read_text() + "\nAnd more of it.\n")
    assert library.is_behind()


def test_a_library_that_lost_what_it_learned_is_behind(tmp_path: Path) -> None:
    library, _ = small_library(tmp_path)
    library.refresh()
    (learned,) = (tmp_path / "index").glob("encoder-*.npz")
    learned.unlink()
    assert library.is_behind()


@pytest.mark.parametrize(
    "others",
    [
        {"index": ChromaServer(kind="server", host="127.0.0.1", port=9)},
        {"embedding": OpenAIEmbedding(kind="openai", base_url="http://127.0.0.1:9/v1", model="m")},
    ],
    ids=["shared-index", "embedding-service"],
)
def test_services_are_not_asked_before_a_person_asks(
    tmp_path: Path, others: dict[str, object]
) -> None:
    library, _ = small_library(tmp_path)
    settings = Settings(home=tmp_path).model_copy(update=others)
    assert read_ahead(settings, library) is None


def test_what_was_read_is_not_read_again(tmp_path: Path) -> None:
    library, _ = small_library(tmp_path)
    library.refresh()
    assert read_ahead(Settings(home=tmp_path), library) is None


@pytest.mark.slow
def test_a_process_of_low_priority_reads_the_shipped_pages(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    reading = read_ahead(settings, library_of(settings))
    assert reading is not None
    assert reading.wait(120) == 0
    assert not reading.under_way
    library = library_of(settings)
    assert not library.is_behind()
    assert library.search("why split by time").answerable
