import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from chroma_server import chroma_running

from backends.index_chroma import ChromaIndex
from backends.index_chroma_server import ChromaServerIndex
from core.errors import UnavailableError
from core.passages import Passage, PassageIndex
from core.services import ChromaServer


@pytest.fixture(scope="session")
def chroma_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with chroma_running(tmp_path_factory.mktemp("chroma")) as port:
        yield port


@pytest.fixture(params=["embedded", pytest.param("server", marks=pytest.mark.live)])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> PassageIndex:
    if request.param == "embedded":
        return ChromaIndex(tmp_path / "index")
    port = request.getfixturevalue("chroma_server")
    # Each test has a collection of its own.
    name = f"test-{uuid.uuid4().hex[:8]}"
    return ChromaServerIndex(
        ChromaServer(kind="server", host="127.0.0.1", port=port, collection=name)
    )


def passage(key: str, source: str = "corpus", text: str = "text") -> Passage:
    return Passage(
        id=key,
        source=source,
        page=f"Page {key}",
        heading="A heading",
        text=text,
        path=f"{key}.md",
        keywords="other, words",
        asked="why is it so\nhow come",
        position=3,
    )


A, B, C = passage("a"), passage("b"), passage("c", source="notes")
EAST, NORTH, BETWEEN = [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]


def test_an_index_nobody_filled_is_empty(index: PassageIndex) -> None:
    assert index.fingerprint() == ""
    assert index.ids() == frozenset()
    assert list(index.all()) == []
    assert list(index.nearest(EAST, 3)) == []
    index.remove(["a"])


def test_passages_read_back_unchanged_and_by_id(index: PassageIndex) -> None:
    index.add([C, A, B], [BETWEEN, EAST, NORTH])
    assert list(index.all()) == [A, B, C]
    assert list(index.all("notes")) == [C]
    assert index.ids() == {"a", "b", "c"}
    assert index.ids("corpus") == {"a", "b"}
    assert index.ids("nowhere") == frozenset()


def test_passages_are_got_by_id_in_the_order_asked(index: PassageIndex) -> None:
    index.add([A, B, C], [EAST, NORTH, BETWEEN])
    assert list(index.get(["c", "never-there", "a"])) == [C, A]
    assert list(index.get([])) == []


def test_passages_are_found_under_their_heading_in_reading_order(index: PassageIndex) -> None:
    second = replace(A, id="a2", position=4)
    index.add([second, A, B], [EAST, EAST, NORTH])
    assert list(index.under("Page a", "A heading")) == [A, second]
    assert list(index.under("Page a", "Another")) == []


def test_the_nearest_come_first_with_their_cosines(index: PassageIndex) -> None:
    index.add([A, B, C], [EAST, NORTH, BETWEEN])
    found = index.nearest([2.0, 0.0], 3)
    assert [hit.id for hit in found] == ["a", "c", "b"]
    assert [hit.cosine for hit in found] == pytest.approx([1.0, 0.7071, 0.0], abs=1e-4)


def test_the_nearest_are_bounded_by_limit_and_source(index: PassageIndex) -> None:
    index.add([A, B, C], [EAST, NORTH, BETWEEN])
    assert [hit.id for hit in index.nearest(EAST, 1)] == ["a"]
    assert [hit.id for hit in index.nearest(EAST, 50)] == ["a", "c", "b"]
    assert [hit.id for hit in index.nearest(EAST, 50, "notes")] == ["c"]
    assert list(index.nearest(EAST, 0)) == []


def test_opposite_vectors_score_zero_and_an_empty_vector_finds_nothing(
    index: PassageIndex,
) -> None:
    index.add([A], [EAST])
    assert [hit.cosine for hit in index.nearest([-1.0, 0.0], 1)] == [0.0]
    assert list(index.nearest([0.0, 0.0], 1)) == []


def test_a_passage_with_an_empty_vector_is_kept_and_never_near(index: PassageIndex) -> None:
    index.add([A, B], [[0.0, 0.0], EAST])
    assert list(index.all()) == [A, B]
    assert [(hit.id, hit.cosine) for hit in index.nearest(EAST, 5)] == [("b", 1.0), ("a", 0.0)]


def test_a_passage_with_a_known_id_is_replaced(index: PassageIndex) -> None:
    index.add([A, B], [EAST, NORTH])
    changed = passage("a", text="changed")
    index.add([changed], [NORTH])
    assert list(index.all()) == [changed, B]
    assert index.nearest(EAST, 2)[0].cosine == pytest.approx(0.0, abs=1e-6)


def test_removed_passages_are_gone_and_unknown_ids_do_no_harm(index: PassageIndex) -> None:
    index.add([A, B], [EAST, NORTH])
    index.remove(["a", "never-there"])
    assert list(index.all()) == [B]
    assert [hit.id for hit in index.nearest(EAST, 5)] == ["b"]


def test_adding_or_removing_nothing_changes_nothing(index: PassageIndex) -> None:
    index.add([A], [EAST])
    index.add([], [])
    index.remove([])
    assert list(index.all()) == [A]


def test_a_reset_empties_the_index_and_keeps_the_fingerprint(index: PassageIndex) -> None:
    index.reset("first")
    index.add([A], [EAST])
    assert index.fingerprint() == "first"
    index.reset("second")
    assert (index.fingerprint(), index.ids()) == ("second", frozenset())


def test_after_a_reset_vectors_may_have_another_length(index: PassageIndex) -> None:
    index.reset("two")
    index.add([A], [EAST])
    index.reset("three")
    index.add([A], [[1.0, 0.0, 0.0]])
    assert [hit.id for hit in index.nearest([1.0, 0.0, 0.0], 1)] == ["a"]


def test_what_one_process_stored_another_reads(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from backends.index_chroma import ChromaIndex;"
        "from core.passages import Passage; it = ChromaIndex(Path(sys.argv[1]));"
        "it.reset('theirs');"
        "it.add([Passage(id='z', source='s', page='p', heading='h', text='t')], [[0.0, 1.0]]);"
        "it.nearest([0.0, 1.0], 1);"
        "print('own embedder loaded' if 'onnxruntime' in sys.modules else 'own vectors only')"
    )
    index = ChromaIndex(tmp_path)
    index.reset("ours")
    index.add([A], [EAST])
    assert index.nearest(NORTH, 1)[0].id == "a"
    ended = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        check=True,
        timeout=100,
        capture_output=True,
        text=True,
    )
    assert ended.stdout == "own vectors only\n"
    assert index.fingerprint() == "theirs"
    found = index.nearest(NORTH, 5)
    assert [(hit.id, round(hit.cosine, 3)) for hit in found] == [("z", 1.0)]


def test_vectors_of_a_wrong_length_are_explained(index: PassageIndex) -> None:
    index.add([A], [EAST])
    with pytest.raises(UnavailableError, match="cannot be used"):
        index.add([B], [[1.0, 2.0, 3.0]])


def test_a_damaged_chroma_folder_is_explained(tmp_path: Path) -> None:
    (tmp_path / "chroma.sqlite3").write_bytes(b"this is no database" * 100)
    with pytest.raises(UnavailableError, match="remove that folder"):
        ChromaIndex(tmp_path).ids()


def test_a_server_that_is_not_there_is_explained() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        server = ChromaServer(kind="server", host="127.0.0.1", port=port)
        with pytest.raises(UnavailableError, match=rf"127\.0\.0\.1:{port} cannot be used.*runs"):
            ChromaServerIndex(server).ids()
