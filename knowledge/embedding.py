"""Vectors without weights or network: word and character n-grams, reduced by an SVD."""

import hashlib
import json
import os
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import UnavailableError
from knowledge.words import content_words, stem

VERSION = "2"
"""Raised whenever other code gives the same texts other vectors."""
DIMENSIONS = 128
SHORTEST_GRAM, LONGEST_GRAM = 3, 5
SMALLEST_COUNT = 2
"""A term must occur in that many texts to be learned,"""
FEW_TEXTS = 20
"""unless there are no more texts than these."""
CHARACTER_WEIGHT = 0.3
"""Weight of character n-grams beside that of words."""
MOST_TEXTS = 3000
"""More are not learned from; their vectors are still computed."""


def terms_of(text: str) -> Counter[str]:
    """Return the word stems, their pairs and the character n-grams of a text, counted."""
    counted: Counter[str] = Counter()
    previous = ""
    for word in content_words(text):
        term = stem(word)
        counted[f"w:{term}"] += 1
        if previous:
            counted[f"p:{previous} {term}"] += 1
        previous = term
        edged = f"<{word}>"
        for size in range(SHORTEST_GRAM, LONGEST_GRAM + 1):
            for start in range(len(edged) - size + 1):
                counted[f"c:{edged[start : start + size]}"] += 1
    return counted


class Encoder:
    """Turns texts into vectors of length one."""

    def __init__(
        self,
        terms: Sequence[str],
        weights: NDArray[np.float32],
        projection: NDArray[np.float32],
        learned_from: frozenset[str],
    ) -> None:
        self._terms = tuple(terms)
        self._positions = {term: position for position, term in enumerate(terms)}
        self._weights = weights
        self._projection = projection
        self.learned_from = learned_from
        """The ids of the passages it was fitted on."""

    @cached_property
    def fingerprint(self) -> str:
        """What identifies the vectors: the method and the texts it learned from."""
        return fingerprint_of(self.learned_from)

    @classmethod
    def fit(cls, texts: Sequence[str], ids: Sequence[str]) -> "Encoder":
        """Learn vocabulary, weights and projection from texts."""
        learned = [terms_of(text) for text in texts[:MOST_TEXTS]]
        holding = Counter(term for counted in learned for term in counted)
        least = SMALLEST_COUNT if len(learned) > FEW_TEXTS else 1
        terms = sorted(term for term, held in holding.items() if held >= least)
        weights = np.array(
            [_rarity(term, holding[term], len(learned)) for term in terms], dtype=np.float32
        )
        encoder = cls(terms, weights, np.zeros((len(terms), 0), np.float32), frozenset(ids))
        encoder._projection = _projection([encoder._sparse(counted) for counted in learned], terms)
        return encoder

    def encode(self, text: str) -> NDArray[np.float32]:
        """Return the vector of a text; all zeros where nothing in it is known."""
        positions, values = self._sparse(terms_of(text))
        vector: NDArray[np.float32] = values @ self._projection[positions].astype(np.float32)
        length = float(np.linalg.norm(vector))
        return vector / length if length > 1e-9 else np.zeros_like(vector)

    def _sparse(self, counted: Counter[str]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        known = [
            (self._positions[term], n) for term, n in counted.items() if term in self._positions
        ]
        positions = np.array([position for position, _ in known], dtype=np.int64)
        counts = np.array([n for _, n in known], dtype=np.float32)
        values: NDArray[np.float32] = np.float32(1) + np.log(counts)
        values *= self._weights[positions]
        length = np.float32(np.linalg.norm(values))
        return positions, values / length if length else values

    def save(self, file: Path) -> None:
        """Write what was learned, at once or not at all.

        Raises:
            UnavailableError: The folder cannot be written.
        """
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=file.parent, suffix=".part")
            with os.fdopen(handle, "wb") as stream:
                np.savez(
                    stream,
                    terms=np.frombuffer(json.dumps(self._terms).encode(), dtype=np.uint8),
                    weights=self._weights,
                    projection=self._projection.astype(np.float16),
                    learned_from=np.array(sorted(self.learned_from), dtype=np.str_),
                )
            Path(name).replace(file)
        except OSError as error:
            raise UnavailableError(
                f"The search index cannot be written to {file.parent}: {error.strerror}.",
                hint="Choose another home folder, or make room.",
            ) from error

    @classmethod
    def load(cls, file: Path) -> "Encoder | None":
        """Read what was learned; nothing where the file is missing or broken."""
        try:
            with np.load(file, allow_pickle=False) as stored:
                return cls(
                    json.loads(stored["terms"].tobytes()),
                    stored["weights"],
                    stored["projection"],
                    frozenset(stored["learned_from"].tolist()),
                )
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
            # Whatever is wrong with a cache, it is made again.
            return None


@dataclass(frozen=True, slots=True)
class Learned:
    """Vectors of an encoder."""

    encoder: Encoder

    @property
    def fingerprint(self) -> str:
        """What identifies them."""
        return self.encoder.fingerprint

    def encode(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Return the vector of each text."""
        return [self.encoder.encode(text).tolist() for text in texts]


def fingerprint_of(ids: frozenset[str]) -> str:
    """Return the fingerprint of an encoder that learned from these passages."""
    method = f"{VERSION} {DIMENSIONS} {SHORTEST_GRAM}-{LONGEST_GRAM} {CHARACTER_WEIGHT}"
    return hashlib.sha256("\n".join([method, *sorted(ids)]).encode()).hexdigest()[:16]


def _rarity(term: str, holding: int, texts: int) -> float:
    weight = CHARACTER_WEIGHT if term.startswith("c:") else 1.0
    return weight * float(np.log((1 + texts) / (1 + holding)) + 1)


def _projection(
    rows: Sequence[tuple[NDArray[np.int64], NDArray[np.float32]]], terms: Sequence[str]
) -> NDArray[np.float32]:
    """Return the leading right singular vectors, through the small matrix of row products."""
    from scipy.linalg import eigh
    from scipy.sparse import csr_matrix

    ends = np.cumsum([0, *(len(positions) for positions, _ in rows)])
    columns = np.concatenate([positions for positions, _ in rows] or [np.zeros(0, np.int64)])
    values = np.concatenate([value for _, value in rows] or [np.zeros(0, np.float32)])
    matrix = csr_matrix((values, columns, ends), shape=(len(rows), len(terms)))
    products = (matrix @ matrix.T).toarray().astype(np.float64)
    most = len(products) - 1
    # All of them would take several times as long.
    wanted = (max(0, most - DIMENSIONS + 1), most)
    strengths, left = eigh(products, subset_by_index=wanted, overwrite_a=True)
    kept = np.argsort(strengths)[::-1]
    kept = kept[strengths[kept] > 1e-8]
    right = matrix.T @ (left[:, kept] / np.sqrt(strengths[kept]))
    return np.asarray(right, dtype=np.float32)
