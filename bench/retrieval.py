"""Print how well each way of searching finds the page that answers: `python -m bench.retrieval`.

The questions are in `tests/knowledge/questions.yaml`. Every constant was chosen on the first part
of them; those marked fresh were written afterwards. Pages and questions have the same author, so
the figures are kinder than strangers' questions will be.
"""

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from backends.index_chroma import ChromaIndex
from core.passages import Passage
from knowledge.embedding import Encoder
from knowledge.lexical import LENGTH_WEIGHT, SATURATION, LexicalIndex, search_text
from knowledge.library import CORPUS, Library
from knowledge.splitting import read_page, split
from knowledge.words import words

QUESTIONS = Path(__file__).parent.parent / "tests" / "knowledge" / "questions.yaml"
CUT = 5

Search = Callable[[str], Sequence[str]]
"""Gives the pages of the first passages, best first."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the pages that answer it."""

    ask: str
    pages: frozenset[str]
    fresh: bool


def questions() -> list[Question]:
    """Read the question set."""
    rows = yaml.safe_load(QUESTIONS.read_text(encoding="utf-8"))
    return [
        Question(
            row["ask"], frozenset(f"{page}.md" for page in row["pages"]), row.get("fresh", False)
        )
        for row in rows
    ]


def plain_words(text: str) -> Counter[str]:
    """Count the words of a text as they are: no stems, no stop words."""
    return Counter(words(text))


def bm25(counts: Sequence[Counter[str]]) -> Callable[[str], NDArray[np.float64]]:
    """Return plain BM25, the textbook baseline."""
    lengths = np.array([counted.total() for counted in counts], dtype=float)
    norm = SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * lengths / lengths.mean())
    holding = Counter(term for counted in counts for term in counted)

    def scores(question: str) -> NDArray[np.float64]:
        total = np.zeros(len(counts))
        for term in set(words(question)) & holding.keys():
            times = np.array([counted[term] for counted in counts], dtype=float)
            rarity = np.log1p((len(counts) - holding[term] + 0.5) / (holding[term] + 0.5))
            total += rarity * times * (SATURATION + 1) / (times + norm)
        return total

    return scores


def tfidf(texts: Sequence[str]) -> Callable[[str], NDArray[np.float64]]:
    """Return the cosine of word TF-IDF, the other textbook baseline."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(sublinear_tf=True, stop_words="english")
    matrix = vectorizer.fit_transform(texts)
    return lambda question: (matrix @ vectorizer.transform([question]).T).toarray().ravel()


def by_scores(passages: Sequence[Passage], score: Callable[[str], NDArray[np.float64]]) -> Search:
    """Return a search that takes the passages with the highest scores."""

    def search(question: str) -> Sequence[str]:
        scores = score(question)
        best = np.argsort(-scores, kind="stable")[:CUT]
        return [passages[row].path for row in best if scores[row] > 0]

    return search


def rank_of(found: Sequence[str], wanted: frozenset[str]) -> int:
    """Return the place of the first page that answers, or 0."""
    return next((place for place, page in enumerate(found, start=1) if page in wanted), 0)


def measure(search: Search, asked: Sequence[Question]) -> str:
    """Return recall at five and the mean reciprocal rank for one part of the questions."""
    answerable = [question for question in asked if question.pages]
    ranks = [rank_of(search(question.ask), question.pages) for question in answerable]
    recall = np.mean([rank > 0 for rank in ranks])
    reciprocal = np.mean([1 / rank if rank else 0.0 for rank in ranks])
    return f"{recall:9.3f}{reciprocal:8.3f}"


def milliseconds(search: Search, asked: Sequence[Question]) -> float:
    """Return the time of one query, in milliseconds, once everything is loaded."""
    began = time.perf_counter()
    for question in asked:
        search(question.ask)
    return (time.perf_counter() - began) * 1000 / len(asked)


def doubts(library: Library, asked: Sequence[Question]) -> str:
    """Return how often it rightly says that it cannot answer, and how often wrongly."""
    refused = {question: not library.search(question.ask).answerable for question in asked}
    none = [refused[question] for question in asked if not question.pages]
    some = [refused[question] for question in asked if question.pages]
    return (
        f"unanswerable recognised {sum(none)} of {len(none)}, "
        f"answerable refused {sum(some)} of {len(some)}"
    )


def searches(passages: Sequence[Passage], library: Library) -> dict[str, Search]:
    """Return every way of searching, by name."""
    texts = [search_text(passage) for passage in passages]
    lexical = LexicalIndex(texts)
    encoder = Encoder.fit(texts, [passage.id for passage in passages])
    matrix = np.array([encoder.encode(text) for text in texts])
    return {
        "BM25, words as they are": by_scores(passages, bm25([plain_words(text) for text in texts])),
        "TF-IDF, words": by_scores(passages, tfidf(texts)),
        "BM25: stems, mended, like words": by_scores(
            passages, lambda question: lexical.scores(lexical.question(question))
        ),
        "vectors: n-grams and SVD": by_scores(
            passages, lambda question: (matrix @ encoder.encode(question)).astype(float)
        ),
        "fused, in Chroma (kept)": lambda question: [
            found.passage.path for found in library.search(question, CUT).items
        ],
    }


def main() -> None:
    """Measure and print the table."""
    asked = questions()
    parts = {
        "chosen on": [question for question in asked if not question.fresh],
        "fresh": [question for question in asked if question.fresh],
    }
    passages = [
        passage
        for file in sorted(CORPUS.glob("*.md"))
        for passage in split(read_page(file, CORPUS), "corpus")
    ]
    with tempfile.TemporaryDirectory() as folder:
        library = Library(ChromaIndex(Path(folder) / "chroma"), Path(folder))
        began = time.perf_counter()
        library.search("warm up")
        print(f"{len(passages)} passages indexed in {time.perf_counter() - began:.2f} s")
        again = Library(ChromaIndex(Path(folder) / "chroma"), Path(folder))
        began = time.perf_counter()
        again.search("warm up")
        print(f"first search on a finished index: {time.perf_counter() - began:.2f} s\n")
        head = "".join(f"{f'{name} ({len(part)})':>19}" for name, part in parts.items())
        print(f"{'':34}{head}\n{'':34}" + "  recall@5    MRR" * 2 + "   ms/query")
        for name, search in searches(passages, library).items():
            figures = "".join(measure(search, part) for part in parts.values())
            print(f"{name:34}{figures}{milliseconds(search, asked):11.2f}")
        print()
        for name, part in parts.items():
            print(f"{name}: {doubts(library, part)}")


if __name__ == "__main__":
    main()
