"""Print how searching and updating scale with the passages: `python -m bench.retrieval_scale`.

The passages are made up: words of the shipped pages and invented ones, as frequent as words of
texts are. A question is made of the words of a random passage, one of them misspelt.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

import numpy as np

from backends.index_chroma import ChromaIndex
from core.passages import Passage
from knowledge.library import CORPUS, Library
from knowledge.words import content_words

SECTIONS = 50
"""Passages of one page."""
WORDS = 60
"""Of one passage."""
INVENTED = 20_000
QUESTIONS = 200
TARGETS = {10_000: 20, 100_000: 60}
"""Passages, and the milliseconds that 95 of 100 queries may take."""


class Counting(ChromaIndex):
    """The real index, which also counts what is written to it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.written = 0

    def add(self, passages: Sequence[Passage], vectors: Sequence[Sequence[float]]) -> None:
        """Store passages."""
        self.written += len(passages)
        super().add(passages, vectors)

    def remove(self, ids: Sequence[str]) -> None:
        """Forget passages."""
        self.written += len(ids)
        super().remove(ids)


class Texts:
    """Makes up texts.

    Args:
        seed: What the random choices come from.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        real = content_words(" ".join(file.read_text("utf-8") for file in CORPUS.glob("*.md")))
        known = list(dict.fromkeys(real))
        letters = "abcdefghijklmnopqrstuvwxyz"
        invented = [
            "".join(self._random.choices(letters, k=self._random.randint(5, 10)))
            for _ in range(INVENTED)
        ]
        self._words = [*known, *invented]
        self._random.shuffle(self._words)
        self._shares = list(accumulate(1 / (rank + 10) for rank in range(len(self._words))))

    def words(self, count: int) -> list[str]:
        """Return words, common ones oftener."""
        return self._random.choices(self._words, cum_weights=self._shares, k=count)

    def page(self, title: str) -> str:
        """Return a page in Markdown."""
        sections = (
            f"## {' '.join(self.words(3))} {number}\n\n{' '.join(self.words(WORDS))}.\n"
            for number in range(SECTIONS)
        )
        return f"# {title}\n\n" + "\n".join(sections)

    def question(self) -> str:
        """Return a question with a slip in its longest word."""
        words = self.words(6)
        longest = max(words, key=len)
        slip = longest[:2] + longest[3] + longest[2] + longest[4:] if len(longest) > 4 else longest
        return "how does " + " ".join(slip if word is longest else word for word in words)


def measure(passages: int, questions: int) -> None:
    """Build a library of so many passages and print its times."""
    texts = Texts(seed=passages)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        pages = place / "pages"
        pages.mkdir()
        for number in range(passages // SECTIONS):
            (pages / f"page-{number}.md").write_text(texts.page(f"Page {number}"), "utf-8")
        index = Counting(place / "chroma")
        library = Library(index, place / "index", pages)
        began = time.perf_counter()
        library.refresh()
        print(f"{passages:>7,} passages: built in {time.perf_counter() - began:.0f} s", end="; ")
        began = time.perf_counter()
        library = Library(index, place / "index", pages)
        library.search("warm up")
        print(f"started in {time.perf_counter() - began:.1f} s", end="; ")
        took = []
        for _ in range(questions):
            asked = texts.question()
            began = time.perf_counter()
            library.search(asked)
            took.append((time.perf_counter() - began) * 1000)
        median, slow = np.percentile(took, [50, 95])
        print(f"query {median:.1f} ms, p95 {slow:.1f} ms (at most {TARGETS.get(passages, '-')})")
        page = pages / "page-7.md"
        page.write_text(page.read_text("utf-8").replace("## ", "## changed ", 1), "utf-8")
        index.written = 0
        began = time.perf_counter()
        library.refresh()
        print(
            f"{'':>17}one section of one page changed: {index.written} of {passages:,} passages"
            f" written or removed, {time.perf_counter() - began:.1f} s"
        )


def main() -> None:
    """Measure every size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, nargs="*", default=list(TARGETS))
    parser.add_argument("--questions", type=int, default=QUESTIONS)
    arguments = parser.parse_args()
    for passages in arguments.passages:
        measure(passages, arguments.questions)


if __name__ == "__main__":
    main()
