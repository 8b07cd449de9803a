from importlib import metadata

import pytest

from backends.index_chroma import ChromaIndex
from knowledge.library import Library
from knowledge.reference import PACKAGES, Package, scan_package


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    folder = tmp_path_factory.mktemp("reference")
    (folder / "pages").mkdir()
    return Library(ChromaIndex(folder), folder, folder / "pages", packages=PACKAGES)


@pytest.mark.parametrize("name", ["kfp", "minio", "scikit-learn", "mlops-swarm"])
def test_installed_packages_are_sources_by_name_and_version(library: Library, name: str) -> None:
    source = next(it for it in library.sources() if it.name.startswith(f"{name} "))
    assert source.name == f"{name} {metadata.version(name)}"
    assert source.passages > 20


@pytest.mark.parametrize(
    ("question", "citation"),
    [
        ("set_memory_limit", "kfp.dsl § PipelineTask.set_memory_limit"),
        ("presigned_get_object expires", "minio.Minio § Minio.presigned_get_object"),
        ("TimeSeriesSplit", "sklearn.model_selection § TimeSeriesSplit"),
        ("remove_source", "Tools of the assistant § remove_source"),
    ],
)
def test_a_name_finds_its_docstring(library: Library, question: str, citation: str) -> None:
    assert library.search(question).items[0].passage.citation == citation


def test_one_package_can_be_searched_by_its_name(library: Library) -> None:
    found = library.search("delete an object", 5, "minio").items
    assert {it.passage.source for it in found} == {f"minio {metadata.version('minio')}"}


def test_settings_are_told_with_their_fields(library: Library) -> None:
    (passage,) = library.cited("Settings of the assistant § ChromaServer")
    assert "- `port`: Port of the server." in passage.text


def test_passages_stay_short_and_begin_with_the_signature(library: Library) -> None:
    (passage,) = library.cited("sklearn.ensemble § RandomForestClassifier")
    assert passage.text.startswith("`RandomForestClassifier(")
    assert len(passage.text.split()) < 200


def test_a_package_that_is_not_installed_is_passed_over() -> None:
    missing = Package(distribution="no-such-package", root="nothing", modules=())
    assert scan_package(missing) is None


def test_a_second_start_reads_no_file_again() -> None:
    package = PACKAGES[1]
    first = scan_package(package)
    assert first is not None
    again = scan_package(package, first.record)
    assert again is not None
    assert (again.record, len(first.fresh) > 20, len(again.fresh)) == (first.record, True, 0)
