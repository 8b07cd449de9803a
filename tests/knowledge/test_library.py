import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from backends.index_chroma import ChromaIndex
from core.errors import NotFoundError, UnavailableError
from core.passages import Passage
from knowledge.embedding import Encoder
from knowledge.library import CORPUS, Library

QUESTIONS = yaml.safe_load((Path(__file__).parent / "questions.yaml").read_text(encoding="utf-8"))


@dataclass
class Watched(ChromaIndex):
    """The real index, which also notes what was asked of it."""

    folder: Path
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    resets: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(self.folder)

    def add(self, passages, vectors):  # type: ignore[no-untyped-def]  # as in the class above
        self.added += [passage.heading for passage in passages]
        super().add(passages, vectors)

    def remove(self, ids):  # type: ignore[no-untyped-def]  # as in the class above
        self.removed += ids
        super().remove(ids)

    def reset(self, fingerprint):  # type: ignore[no-untyped-def]  # as in the class above
        self.resets.append(fingerprint)
        super().reset(fingerprint)

    def forget(self) -> None:
        self.added, self.removed, self.resets = [], [], []


def write_pages(corpus: Path, count: int = 4, sections: int = 4) -> None:
    subjects = ["harbour ships", "forest trees", "desert sand", "mountain snow", "river fish"]
    corpus.mkdir(exist_ok=True)
    for number in range(count):
        body = "\n\n".join(
            f"## Part {number}{part}\n\nAbout {subjects[number]} and topic{number}{part}."
            for part in range(sections)
        )
        (corpus / f"page{number}.md").write_text(f"# {subjects[number].title()}\n\n{body}\n")


def small_library(tmp_path: Path) -> tuple[Library, Watched, Path]:
    write_pages(tmp_path / "pages")
    index = Watched(tmp_path / "chroma")
    return Library(index, tmp_path / "index", tmp_path / "pages"), index, tmp_path / "pages"


def test_why_split_by_time_finds_the_page_on_it_first(library: Library) -> None:
    answer = library.search("why split by time")
    assert answer.answerable
    assert answer.items[0].passage.citation == "Splitting by time § The reason for a time split"


@pytest.mark.parametrize(
    ("question", "page"),
    [
        ("imagepulbackoff", "kfp-troubleshooting-pods.md"),
        ("kolmogorv smirnov tset", "drift-detection.md"),
        ("chalenger and champoin", "model-registry.md"),
    ],
)
def test_misspelt_questions_find_their_page(library: Library, question: str, page: str) -> None:
    answer = library.search(question)
    assert answer.answerable
    assert answer.items[0].passage.path == page


@pytest.mark.parametrize(
    ("question", "citation"),
    [
        ("what is a feature store", "Feature stores § Purpose"),
        ("explain calibration please", "Calibration of probabilities § Meaning"),
        (
            "find something in the documentation about presigned links",
            "Presigned links and access problems in S3 storage § Presigned links",
        ),
    ],
)
def test_a_question_for_the_meaning_finds_the_definition_first(
    library: Library, question: str, citation: str
) -> None:
    answer = library.search(question)
    assert answer.answerable
    assert answer.items[0].passage.citation == citation


def test_a_symptom_finds_its_cause(library: Library) -> None:
    answer = library.search("pod died with exit code 137")
    assert "Troubleshooting pods of Kubeflow runs § OOMKilled" in {
        hit.passage.citation for hit in answer.items[:2]
    }


def test_most_questions_find_a_passage_that_answers_them(library: Library) -> None:
    asked = [row for row in QUESTIONS if row["answers"] and row["part"] == "dev"]
    found = [
        bool(
            {
                f"{hit.passage.path.removesuffix('.md')} § {hit.passage.heading}",
                hit.passage.path[:-3],
            }
            & set(row["answers"])
        )
        for row in asked
        for hit in library.search(row["ask"]).items[:1]
    ]
    assert sum(found) / len(asked) >= 0.55


def test_most_unanswerable_questions_are_recognised_and_few_others_refused(
    library: Library,
) -> None:
    rows = [row for row in QUESTIONS if row["part"] == "dev"]
    answers = [(bool(row["answers"]), library.search(row["ask"]).answerable) for row in rows]
    recognised = [not said for has_answer, said in answers if not has_answer]
    refused = [not said for has_answer, said in answers if has_answer]
    assert sum(recognised) / len(recognised) >= 0.8
    assert sum(refused) / len(refused) <= 0.12


def test_a_question_without_an_answer_names_the_nearest_subjects(library: Library) -> None:
    answer = library.search("recipe for sourdough bread")
    assert not answer.answerable
    assert 1 <= len(answer.nearest_pages) <= 3


def test_a_question_without_any_word_is_not_answerable(library: Library) -> None:
    answer = library.search("?! …")
    assert (answer.items, answer.answerable) == ((), False)


def test_every_citation_leads_to_the_text_that_was_shown(library: Library) -> None:
    hits = [hit for row in QUESTIONS[::8] for hit in library.search(row["ask"]).items]
    assert len(hits) > 150
    for hit in hits:
        assert hit.passage in library.cited(hit.passage.citation)
        page = (CORPUS / hit.passage.path).read_text(encoding="utf-8")
        assert hit.passage.text in page
        assert hit.excerpt in hit.passage.text
        assert f"## {hit.passage.heading}" in page


def test_scores_fall_and_stay_between_zero_and_one(library: Library) -> None:
    scores = [hit.score for hit in library.search("how is drift measured", limit=20).items]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 20
    assert all(0 < score <= 1 for score in scores)


def test_the_limit_bounds_the_passages(library: Library) -> None:
    assert len(library.search("cache", limit=2).items) == 2


def test_sources_are_counted(library: Library) -> None:
    (source,) = library.sources()
    assert source.name == "corpus"
    assert source.pages == len(list(CORPUS.glob("**/*.md")))
    assert source.passages > 200
    assert source.indexed_at is not None


def test_an_unknown_source_is_refused_with_the_known_ones(library: Library) -> None:
    with pytest.raises(NotFoundError, match=r"No source is called 'corpse'.*corpus"):
        library.search("drift", source="corpse")


def test_the_index_is_built_on_the_first_search_only(tmp_path: Path) -> None:
    first, index, pages = small_library(tmp_path)
    assert index.added == []
    assert first.search("forest trees").items[0].passage.page == "Forest Trees"
    assert len(index.added) == 16
    index.forget()
    first.search("river fish")
    Library(index, tmp_path / "index", pages).search("river fish")
    assert (index.added, index.removed, index.resets) == ([], [], [])


def test_questions_on_a_page_find_it_in_words_that_its_text_has_not(tmp_path: Path) -> None:
    library, index, pages = small_library(tmp_path)
    assert not library.search("who will help me").answerable
    page = pages / "page1.md"
    front = "---\nasked:\n  Part 12:\n    - who can help me\n    - rescue of hikers\n---\n"
    page.write_text(front + page.read_text())
    library.refresh()
    assert len(index.removed) == 0
    for question in ("who will help me", "rescue a hiker"):
        answer = library.search(question)
        assert answer.answerable
        assert answer.items[0].passage.heading == "Part 12"
        assert "rescue of" not in str(answer)
        assert "rescue of" not in str(library.cited("Forest Trees § Part 12"))


def test_front_matter_that_means_something_else_by_asked_is_no_obstacle(tmp_path: Path) -> None:
    library, _, pages = small_library(tmp_path)
    (pages / "page9.md").write_text("---\nasked: by my boss\n---\n# Glaciers\n\nIce moves.\n")
    assert library.search("glaciers ice").items[0].passage.page == "Glaciers"


@pytest.mark.parametrize(
    "question",
    [
        "what is the price of nvidia shares",
        "when will kubeflow 3 be released",
        "apple tree pruning",
    ],
)
def test_what_changes_by_the_day_or_is_of_another_field_is_not_answered(
    library: Library, question: str
) -> None:
    assert not library.search(question).answerable


def test_a_changed_page_touches_only_its_own_passages(tmp_path: Path) -> None:
    library, index, pages = small_library(tmp_path)
    library.refresh()
    index.forget()
    page = pages / "page1.md"
    page.write_text(page.read_text().replace("topic12", "topic12 with glaciers"))
    library.refresh()
    assert (index.added, len(index.removed), index.resets) == (["Part 12"], 1, [])
    assert library.search("glaciers").items[0].passage.heading == "Part 12"


def test_a_removed_page_is_no_longer_found(tmp_path: Path) -> None:
    library, index, pages = small_library(tmp_path)
    library.refresh()
    (pages / "page2.md").unlink()
    library.refresh()
    assert {passage.page for passage in index.all()} == {
        "Harbour Ships",
        "Forest Trees",
        "Mountain Snow",
    }
    assert not library.search("desert sand").answerable


def test_new_words_of_many_pages_are_learned_by_building_anew(tmp_path: Path) -> None:
    library, index, pages = small_library(tmp_path)
    library.refresh()
    index.forget()
    write_pages(pages, count=5, sections=8)
    library.refresh()
    assert index.resets == [index.fingerprint()]
    assert len(index.all()) == 40
    assert [file.name for file in (tmp_path / "index").glob("*.npz")] == [
        f"encoder-{index.fingerprint()}.npz"
    ]


def test_an_index_built_with_other_vectors_is_built_anew(tmp_path: Path) -> None:
    library, index, pages = small_library(tmp_path)
    library.refresh()
    right = index.fingerprint()
    index.reset("made-with-something-else")
    assert library.search("forest trees").items[0].passage.page == "Forest Trees"
    assert index.fingerprint() == right
    assert pages.exists()


@pytest.mark.parametrize("damage", [b"", b"not an archive", b"PK\x03\x04 cut off"])
def test_a_damaged_vector_file_is_made_again(tmp_path: Path, damage: bytes) -> None:
    library, index, pages = small_library(tmp_path)
    library.refresh()
    (file,) = (tmp_path / "index").glob("*.npz")
    file.write_bytes(damage)
    again = Library(index, tmp_path / "index", pages)
    assert again.search("forest trees").items[0].passage.page == "Forest Trees"


def test_passages_of_other_sources_outlive_a_rebuild(tmp_path: Path) -> None:
    library, index, pages = small_library(tmp_path)
    library.refresh()
    note = Passage(
        id="n1", source="notes", page="Runbook", heading="Night shift", text="Volcano drill."
    )
    (file,) = (tmp_path / "index").glob("*.npz")
    encoder = Encoder.load(file)
    assert encoder is not None
    index.add([note], [encoder.encode(f"{note.text} forest trees").tolist()])
    write_pages(pages, count=5, sections=8)
    library.refresh()
    assert index.all("notes") == [note]
    assert library.search("volcano drill", source="notes").items[0].passage == note


def test_a_library_without_pages_answers_nothing(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    library = Library(ChromaIndex(tmp_path / "chroma"), tmp_path / "index", tmp_path / "pages")
    answer = library.search("drift")
    assert (answer.items, answer.answerable, list(library.sources())) == ((), False, [])


def test_a_library_of_one_sentence_is_searched_by_its_words(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "only.md").write_text("# Only\n\nWhales sing.\n")
    library = Library(ChromaIndex(tmp_path / "chroma"), tmp_path / "index", tmp_path / "pages")
    assert [hit.passage.text for hit in library.search("whales").items] == ["Whales sing."]


def test_threads_share_one_library(tmp_path: Path) -> None:
    library, index, _ = small_library(tmp_path)
    found: list[str] = []

    def ask() -> None:
        found.append(library.search("mountain snow").items[0].passage.page)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert found == ["Mountain Snow"] * 6
    assert len(index.resets) == 1


def test_two_processes_may_build_one_index_at_once(tmp_path: Path) -> None:
    write_pages(tmp_path / "pages")
    script = (
        "import sys; from pathlib import Path; from backends.index_chroma import ChromaIndex;"
        "from knowledge.library import Library; home = Path(sys.argv[1]);"
        "it = Library(ChromaIndex(home / 'chroma'), home / 'index', home / 'pages');"
        "print(it.search('desert sand').items[0].passage.page, it.sources()[0].passages)"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    ended = [process.communicate(timeout=100) for process in processes]
    assert ended == [("Desert Sand 16\n", ""), ("Desert Sand 16\n", "")]


def test_a_folder_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    library = Library(ChromaIndex(tmp_path / "chroma"), tmp_path / "file" / "index")
    with pytest.raises(UnavailableError, match="cannot be written"):
        library.search("drift")
