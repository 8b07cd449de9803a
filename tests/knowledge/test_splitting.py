from pathlib import Path

import pytest

from core.errors import RequestError
from core.passages import Passage
from knowledge.library import CORPUS
from knowledge.splitting import MAXIMUM_WORDS, parse_page, read_page, split

PAGE = """---
title: Bridges
updated: 2026-01-05
terms: [viaduct, crossing]
sources: ["A handbook"]
---

Bridges carry roads.

## Arches

Stone arches stand by pressure.

## Cables

Cables pull.

```text
## not a heading

still code
```
"""


def passages_of(text: str, path: str = "bridges.md") -> tuple[Passage, ...]:
    return split(parse_page(text, path), "book")


def test_a_page_is_cut_at_its_headings() -> None:
    assert [(passage.citation, passage.text) for passage in passages_of(PAGE)] == [
        ("Bridges", "Bridges carry roads."),
        ("Bridges § Arches", "Stone arches stand by pressure."),
        ("Bridges § Cables", "Cables pull.\n\n```text\n## not a heading\n\nstill code\n```"),
    ]


def test_terms_of_the_page_are_searched_with_each_passage() -> None:
    assert {passage.keywords for passage in passages_of(PAGE)} == {"viaduct, crossing"}


def test_cutting_again_gives_the_same_ids() -> None:
    assert passages_of(PAGE) == passages_of(PAGE)


def test_a_changed_section_changes_only_its_own_id() -> None:
    before = passages_of(PAGE)
    after = passages_of(PAGE.replace("by pressure", "by weight"))
    assert [old.id == new.id for old, new in zip(before, after, strict=True)] == [True, False, True]


def test_a_section_put_in_before_changes_no_other_id() -> None:
    more = PAGE.replace("## Arches", "## Beams\n\nBeams bend.\n\n## Arches")
    assert {passage.id for passage in passages_of(PAGE)} < {
        passage.id for passage in passages_of(more)
    }


def test_equal_texts_under_one_heading_have_ids_of_their_own() -> None:
    long = " ".join(["word"] * (MAXIMUM_WORDS - 1)) + "."
    passages = passages_of(f"## Same\n\n{long}\n\n{long}\n")
    assert len(passages) == 2
    assert passages[0].text == passages[1].text
    assert passages[0].id != passages[1].id


def test_the_same_text_in_two_sources_has_two_ids() -> None:
    page = parse_page(PAGE, "bridges.md")
    assert not {it.id for it in split(page, "one")} & {it.id for it in split(page, "two")}


def test_long_sections_are_cut_at_paragraphs_and_lose_no_word() -> None:
    paragraphs = [" ".join(f"p{number}w{word}" for word in range(70)) for number in range(7)]
    passages = passages_of("## Long\n\n" + "\n\n".join(paragraphs))
    assert "\n\n".join(passage.text for passage in passages) == "\n\n".join(paragraphs)
    assert max(len(passage.text.split()) for passage in passages) <= MAXIMUM_WORDS


def test_a_paragraph_without_end_is_cut_between_sentences() -> None:
    sentence = " ".join(["word"] * 49) + " end."
    passages = passages_of("## Wall\n\n" + " ".join([sentence] * 10))
    assert all(passage.text.endswith("end.") for passage in passages)
    assert max(len(passage.text.split()) for passage in passages) <= MAXIMUM_WORDS


@pytest.mark.parametrize(
    ("text", "title"),
    [("# On rivers\n\nThey flow.", "On rivers"), ("They flow.", "rivers")],
)
def test_a_page_without_front_matter_still_has_a_title(text: str, title: str) -> None:
    assert [passage.page for passage in passages_of(text, "notes/rivers.md")] == [title]


def test_broken_front_matter_is_refused_by_name() -> None:
    with pytest.raises(RequestError, match=r"front matter of 'bad\.md'"):
        parse_page("---\ntitle: [unclosed\n---\ntext\n", "bad.md")


def test_a_page_that_is_not_text_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "picture.md").write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(RequestError, match=r"'picture\.md' is not UTF-8"):
        read_page(tmp_path / "picture.md", tmp_path)


def test_every_page_of_the_corpus_is_dated_sourced_and_of_readable_length() -> None:
    files = sorted(CORPUS.glob("**/*.md"))
    assert len(files) >= 34
    for file in files:
        page = read_page(file, CORPUS)
        assert page.front.title, file.name
        assert page.front.updated is not None, file.name
        assert page.front.sources, file.name
        assert page.body.count("\n## ") >= 4, file.name
        assert 180 <= len(page.body.split()) <= 600, (file.name, len(page.body.split()))
