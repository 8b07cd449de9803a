"""The pages that are shipped: complete, citable, and cut into passages of a readable size."""

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from knowledge.library import CORPUS
from knowledge.splitting import MarkdownPage, read_page, split
from knowledge.words import stem, words

PAGES = [read_page(file, CORPUS) for file in sorted(CORPUS.glob("**/*.md"))]
QUESTIONS = yaml.safe_load((Path(__file__).parent / "questions.yaml").read_text(encoding="utf-8"))
NEARLY_ALL = 0.6
"""Share of words in common from which two questions are one."""
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)


def stemmed(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words(text))


def headings(page: MarkdownPage) -> list[str]:
    without_code = re.sub(r"^```.*?^```", "", page.body, flags=re.M | re.S)
    return re.findall(r"^#+ (.+)$", without_code, re.M)


def test_at_least_120_pages_are_shipped() -> None:
    assert len(PAGES) >= 120


@each_page
def test_a_page_says_what_it_is_about_when_it_was_written_and_on_what_it_rests(
    page: MarkdownPage,
) -> None:
    assert page.front.title == page.title
    assert page.front.updated is not None
    assert len(page.front.terms) >= 3
    assert len(set(page.front.terms)) == len(page.front.terms)
    assert page.front.sources


@each_page
def test_a_page_has_four_to_ten_headings_and_no_two_alike(page: MarkdownPage) -> None:
    found = headings(page)
    assert 4 <= len(found) <= 10
    assert len(set(found)) == len(found)


@each_page
def test_every_passage_is_long_enough_to_answer_and_short_enough_to_read(
    page: MarkdownPage,
) -> None:
    odd = {
        passage.heading: len(passage.text.split())
        for passage in split(page, "corpus")
        if not 18 <= len(passage.text.split()) <= 190
    }
    assert odd == {}


@each_page
def test_the_links_of_a_page_lead_to_pages(page: MarkdownPage) -> None:
    linked = re.findall(r"\]\(([^)#]+\.md)", page.body)
    assert [path for path in linked if not (CORPUS / path).is_file()] == []


@each_page
def test_a_page_says_what_each_heading_is_asked_by(page: MarkdownPage) -> None:
    assert sorted(page.front.asked) == sorted(headings(page))
    assert [one for one, asked in page.front.asked.items() if not 1 <= len(asked) <= 12] == []


def test_no_question_of_the_tests_stands_on_a_page_nearly_word_for_word() -> None:
    questions = [(row["ask"], stemmed(row["ask"])) for row in QUESTIONS]
    copied = [
        (phrase, ask)
        for page in PAGES
        for phrases in (*page.front.asked.values(), page.front.terms)
        for phrase in phrases
        for ask, asked in questions
        if len(asked) >= 4 and len(own := stemmed(phrase)) >= 4
        if len(own & asked) / len(own | asked) >= NEARLY_ALL
    ]
    assert copied == []


def test_titles_and_passages_can_be_told_apart() -> None:
    titles = Counter(page.title for page in PAGES)
    ids = Counter(passage.id for page in PAGES for passage in split(page, "corpus"))
    assert [title for title, count in titles.items() if count > 1] == []
    assert [one for one, count in ids.items() if count > 1] == []


def test_no_sentence_stands_on_two_pages() -> None:
    seen: Counter[str] = Counter()
    for page in PAGES:
        text = " ".join(page.body.split())
        seen.update({part for part in re.split(r"(?<=[.!?])\s+", text) if len(part.split()) >= 12})
    assert [sentence for sentence, count in seen.items() if count > 1] == []


def test_what_answers_the_questions_of_the_tests_is_there() -> None:
    known = {f"{page.path[:-3]} § {one}" for page in PAGES for one in headings(page)}
    pages = {page.path[:-3] for page in PAGES}
    named = {answer for row in QUESTIONS for answer in row["answers"]}
    # Passages of packages are of the installed release, not of these pages.
    ours = {answer for answer in named if answer.split(" § ")[0] in pages}
    assert sorted(ours - known - pages) == []
