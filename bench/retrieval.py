"""Print how well each way of searching finds what answers: `python -m bench.retrieval`.

The questions are in `tests/knowledge/questions.yaml`. Constants are chosen on the part `dev` only;
`--fit` prints those of the doubt as that part gives them, with what each threshold does to
questions it was not fitted on. The part `test` is by somebody who knew neither search nor pages.
"""

import argparse
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from backends.index_chroma import ChromaIndex
from core.errors import NotFoundError
from core.passages import CITATION_MARK, Passage
from knowledge.doubt import MINIMUM_CONFIDENCE
from knowledge.embedding import Encoder
from knowledge.lexical import LexicalIndex, search_text
from knowledge.library import CORPUS, CORPUS_SOURCE, Library
from knowledge.reference import PACKAGES
from knowledge.words import words

QUESTIONS = Path(__file__).parent.parent / "tests" / "knowledge" / "questions.yaml"
CUT = 5
SATURATION, LENGTH_WEIGHT = 1.2, 0.75
"""Of BM25 as textbooks have it."""
SIGNS = 7
"""How many of the signs of an answer are weighed."""
ANSWERS = 200
"""How many answers have all their citations opened."""

Search = Callable[[str], Sequence[str]]
"""Gives what the first passages are called in the question set, best first."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question and what answers it."""

    ask: str
    answers: frozenset[str]
    part: str

    def answered_by(self, name: str) -> bool:
        """Tell whether a passage is one of those that answer."""
        return name in self.answers or name.partition(CITATION_MARK)[0] in self.answers


def questions() -> list[Question]:
    """Read the question set."""
    rows = yaml.safe_load(QUESTIONS.read_text(encoding="utf-8"))
    return [Question(row["ask"], frozenset(row["answers"]), row["part"]) for row in rows]


def name_of(passage: Passage) -> str:
    """Return what a passage is called in the question set."""
    shipped = passage.source == CORPUS_SOURCE
    page = passage.path.removesuffix(".md") if shipped else passage.source.split()[0]
    return f"{page}{CITATION_MARK}{passage.heading}"


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
        return [name_of(passages[row]) for row in best if scores[row] > 0]

    return search


def searches(passages: Sequence[Passage], library: Library) -> Mapping[str, Search]:
    """Return every way of searching, by name."""
    plain = [
        f"{passage.page}. {passage.heading}. {passage.keywords}. {passage.text}"
        for passage in passages
    ]
    texts = [search_text(passage) for passage in passages]
    lexical = LexicalIndex.of(texts)
    encoder = Encoder.fit(texts, [passage.id for passage in passages])
    matrix = np.array([encoder.encode(text) for text in texts])
    return {
        "BM25 alone": by_scores(passages, bm25([plain_words(text) for text in plain])),
        "TF-IDF alone": by_scores(passages, tfidf(plain)),
        "BM25, pages with questions": by_scores(
            passages, bm25([plain_words(text) for text in texts])
        ),
        "vectors alone, with questions": by_scores(
            passages, lambda question: (matrix @ encoder.encode(question)).astype(float)
        ),
        "BM25: stems, mended, like words": by_scores(
            passages, lambda question: lexical.scores(lexical.question(question))
        ),
        "ours: words, vectors, phrases": lambda question: [
            name_of(found.passage) for found in library.search(question, CUT).items
        ],
    }


def measure(search: Search, asked: Sequence[Question]) -> str:
    """Return recall at five and the mean reciprocal rank for one part of the questions."""
    ranks = [
        next((at for at, name in enumerate(search(q.ask), 1) if q.answered_by(name)), 0)
        for q in asked
        if q.answers
    ]
    recall = np.mean([rank > 0 for rank in ranks])
    reciprocal = np.mean([1 / rank if rank else 0.0 for rank in ranks])
    return f"{recall:9.3f}{reciprocal:8.3f}"


def milliseconds(search: Search, asked: Sequence[Question]) -> float:
    """Return the median time of one query, in milliseconds, once everything is loaded."""
    took = []
    for question in asked:
        began = time.perf_counter()
        search(question.ask)
        took.append((time.perf_counter() - began) * 1000)
    return float(np.median(took))


def doubts(library: Library, asked: Sequence[Question]) -> str:
    """Return how often it rightly says that it cannot answer, and how often wrongly."""
    refused = {question: not library.search(question.ask).answerable for question in asked}
    none = [refused[question] for question in asked if not question.answers]
    some = [refused[question] for question in asked if question.answers]
    return (
        f"unanswerable recognised {sum(none)} of {len(none)} ({np.mean(none):.0%}), "
        f"answerable refused {sum(some)} of {len(some)} ({np.mean(some):.1%})"
    )


def opened(library: Library, asked: Sequence[Question]) -> str:
    """Return how many citations of 200 answers open the passage they are said to name."""
    citations = opens = 0
    for question in asked[:ANSWERS]:
        for found in library.search(question.ask, CUT).items:
            citations += 1
            try:
                texts = [passage.text for passage in library.cited(found.passage.citation)]
            except NotFoundError:
                texts = []
            opens += found.passage.text in texts and found.excerpt in found.passage.text
    return f"{opens} of {citations} citations in {len(asked[:ANSWERS])} answers open their passage"


def unasked(folder: Path) -> Path:
    """Copy the pages without the questions they are asked by, as people's own documents are."""
    folder.mkdir()
    for page in CORPUS.glob("*.md"):
        text = re.sub(r"^asked:\n(?:  .*\n)*", "", page.read_text("utf-8"), count=1, flags=re.M)
        (folder / page.name).write_text(text, "utf-8")
    return folder


def fit(name: str, library: Library, asked: Sequence[Question]) -> None:
    """Print the weights of the doubt, and what thresholds do, as the development part says."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    signs = [library.signs(question.ask) for question in asked]
    told = np.array([sign.rare > 0 and not sign.alone for sign in signs])
    rows = np.array([astuple(sign)[:SIGNS] for sign in signs], dtype=float)[told]
    rows[:, 0] *= name == "ASKED"
    answerable = np.array([bool(question.answers) for question in asked])[told]
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.3))
    folds = [StratifiedKFold(10, shuffle=True, random_state=seed) for seed in range(5)]
    sure = np.mean(
        [
            cross_val_predict(model, rows, answerable, cv=fold, method="predict_proba")[:, 1]
            for fold in folds
        ],
        axis=0,
    )
    scaler, logistic = model.fit(rows, answerable)
    weights = logistic.coef_[0] / scaler.scale_
    begin = float(logistic.intercept_[0] - weights @ scaler.mean_)
    print(f"{name} = Weights({', '.join(f'{weight:.2f}' for weight in (*weights, begin))})")
    for least in np.arange(0.4, 0.76, 0.03):
        refused, recognised = np.mean(sure[answerable] < least), np.mean(sure[~answerable] < least)
        print(f"below {least:.2f}: refuses {refused:.1%}, recognises {recognised:.0%}")


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true", help="print the constants of the doubt")
    arguments = parser.parse_args()
    asked = questions()
    parts = {
        part: [question for question in asked if question.part == part] for part in ("dev", "test")
    }
    with tempfile.TemporaryDirectory() as folder:
        import chromadb  # noqa: F401  # its import, a second, is no part of the index

        place = Path(folder)
        index = ChromaIndex(place / "chroma")
        began = time.perf_counter()
        library = Library(index, place, packages=PACKAGES)
        library.search("warm up")
        built = time.perf_counter() - began
        if arguments.fit:
            fit("ASKED", library, parts["dev"])
            bare = unasked(place / "bare")
            library = Library(ChromaIndex(place / "other"), place / "it", bare, packages=PACKAGES)
            fit("UNASKED", library, parts["dev"])
            return
        began = time.perf_counter()
        library = Library(ChromaIndex(place / "chroma"), place, packages=PACKAGES)
        library.search("warm up")
        started = time.perf_counter() - began
        passages = index.all()
        references = sum(passage.source != CORPUS_SOURCE for passage in passages)
        pages = len({passage.path for passage in passages if passage.source == CORPUS_SOURCE})
        print(f"{pages} pages, {len(passages)} passages, {references} of them from docstrings")
        print(
            f"index built in {built:.1f} s (at most 15), started in {started * 1000:.0f} ms (200)"
        )
        print(f"threshold of the doubt: {MINIMUM_CONFIDENCE}\n")
        counts = {name: sum(bool(q.answers) for q in part) for name, part in parts.items()}
        head = "".join(f"{f'{name} ({counts[name]})':>17}" for name in parts)
        print(f"{'':34}{head}\n{'':34}" + " recall@5    MRR" * 2 + "   ms/query")
        for name, search in searches(passages, library).items():
            figures = "".join(measure(search, part) for part in parts.values())
            print(f"{name:34}{figures}{milliseconds(search, asked):11.2f}")
        print()
        for name, part in parts.items():
            print(f"{name}: {doubts(library, part)}")
        print(opened(library, [question for question in asked if question.answers]))


if __name__ == "__main__":
    main()
