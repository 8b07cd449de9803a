import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from openai_server import OpenAIServer, Refusal, Silence, openai_server, refusal
from pydantic import SecretStr

from backends.embedding_openai import BATCH, OpenAIEmbeddings
from backends.index_chroma import ChromaIndex
from core.errors import UnavailableError
from core.services import OpenAIEmbedding
from knowledge.library import Library

SIZE = 64


def bag(text: str) -> Sequence[float]:
    """Count words by their hashes: a small embedding whose near texts share words."""
    vector = [0.0] * SIZE
    for word in text.lower().replace(".", " ").split():
        vector[hashlib.sha256(word.encode()).digest()[0] % SIZE] += 1.0
    return vector


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with openai_server({}, bag) as running:
        yield running


def embeddings(
    server: OpenAIServer, model: str = "tiny", seconds: float = 5, retries: int = 2
) -> OpenAIEmbeddings:
    return OpenAIEmbeddings(
        OpenAIEmbedding(
            kind="openai",
            base_url=server.url,
            model=model,
            api_key=SecretStr("key-of-a-test"),
            timeout_seconds=seconds,
            retries=retries,
        )
    )


def test_many_texts_go_in_batches_and_keep_their_order(server: OpenAIServer) -> None:
    texts = [f"text number{n}" for n in range(BATCH + 3)]
    assert embeddings(server).embed(texts) == [bag(text) for text in texts]
    assert [len(part) for part in server.embedded] == [BATCH, 3]
    assert set(server.keys) == {"Bearer key-of-a-test"}


def test_a_question_asked_again_costs_no_call(server: OpenAIServer) -> None:
    vectors = embeddings(server)
    assert vectors.embed(["drift"]) == vectors.embed(["drift"])
    assert len(server.embedded) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_fault_is_tried_again(server: OpenAIServer, status: int) -> None:
    server.faults.append(refusal(status, "busy"))
    assert embeddings(server).embed(["drift"]) == [bag("drift")]
    assert len(server.embedded) == 2


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (refusal(401, "Wrong key."), r"answers 401 \(.*Wrong key.*api_key"),
        (refusal(404, "No model."), r"answers 404 .*embedding\.model"),
        (refusal(500, "Broken."), r"answers 500 .*builtin"),
        (Refusal(status=200, body="<html>"), r"holds no vectors.*base_url"),
        (Refusal(status=200, body='{"data": []}'), "holds no vectors"),
        (
            Refusal(status=200, body='{"data": [{"index": 0, "embedding": []}]}'),
            "holds no vectors",
        ),
        (Silence(), r"no answer within 0\.2 s"),
    ],
    ids="key model broken page nothing empty silence".split(),
)
def test_a_lasting_fault_is_said_in_words(
    server: OpenAIServer, fault: Refusal | Silence, said: str
) -> None:
    server.faults.append(fault)
    with pytest.raises(UnavailableError, match=said) as raised:
        embeddings(server, seconds=0.2, retries=0).embed(["drift"])
    assert "key-of-a-test" not in str(raised.value)


def test_an_endpoint_that_is_not_there_is_named() -> None:
    with openai_server({}, bag) as gone:
        vectors = embeddings(gone, retries=0)
    with pytest.raises(UnavailableError, match=f"{gone.url} cannot be used"):
        vectors.embed(["drift"])


def library(tmp_path: Path, vectors: OpenAIEmbeddings | None) -> Library:
    pages = tmp_path / "pages"
    pages.mkdir(exist_ok=True)
    for name in ("harbour ships", "forest trees", "desert sand"):
        (pages / f"{name[:6]}.md").write_text(f"# {name}\n\n## About\n\nThis is about {name}.\n")
    return Library(ChromaIndex(tmp_path / "chroma"), tmp_path / "index", pages, embedding=vectors)


def test_the_library_searches_with_the_vectors_of_the_endpoint(
    server: OpenAIServer, tmp_path: Path
) -> None:
    answer = library(tmp_path, embeddings(server)).search("trees of the forest")
    assert answer.items[0].passage.page == "forest trees"
    assert answer.answerable
    # A start on a finished index embeds nothing but the question.
    before = len(server.embedded)
    library(tmp_path, embeddings(server)).search("sand of the desert")
    assert [len(texts) for texts in server.embedded[before:]] == [1]


def test_another_model_or_none_builds_the_index_anew(server: OpenAIServer, tmp_path: Path) -> None:
    library(tmp_path, embeddings(server)).refresh()
    library(tmp_path, embeddings(server, "other")).refresh()
    assert [len(texts) for texts in server.embedded] == [3, 3]
    assert library(tmp_path, None).search("forest").items[0].passage.page == "forest trees"
    assert len(server.embedded) == 2


def test_an_endpoint_lost_while_building_leaves_an_index_that_is_completed_later(
    server: OpenAIServer, tmp_path: Path
) -> None:
    server.faults.append(refusal(500, "down"))
    with pytest.raises(UnavailableError, match="answers 500"):
        library(tmp_path, embeddings(server, retries=0)).refresh()
    found = library(tmp_path, embeddings(server)).search("forest trees")
    assert found.items[0].passage.page == "forest trees"
