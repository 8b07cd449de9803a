"""Trains the built-in model's classifier: `python -m backends.chat_builtin.train EXAMPLES FILE`."""

import json
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from rapidfuzz import fuzz, process
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from sklearn.model_selection import GroupKFold
from sklearn.svm import LinearSVC

from backends.chat_builtin.classifier import (
    BLOCKS,
    Floats,
    IntentClassifier,
    read_examples,
)
from backends.chat_builtin.features import normal_form
from backends.chat_builtin.spelling import Spelling

SEED = 42
SOFTNESS = 0.5
"""The support vector machine's C."""
FOLDS = 3
PROCESSES = 2
ALIKE = 85
"""Similarity (0 to 100) from which two examples are one in other words, and share a fold."""
SURELY_RIGHT = 2
"""A word in as many examples is no slip of somebody's fingers."""
COPIES = 1
"""How often each example is also learnt as somebody in a hurry would type it."""

_BEFORE = (
    "please|can you|could you please|hey,|hi,|i want to|i need to|pls|ok,|so|would you|now|just"
)
_AFTER = "please|thanks|for me|pls|now|asap|thx|if possible|?|when you have time"

Labels = npt.NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Scores:
    """How well held-out requests were told apart: shares of one."""

    top1: float
    top3: float
    by_label: Mapping[str, tuple[int, float, float]]
    """Number of examples, top-1 and top-3 by label."""


def train(folder: Path, path: Path, blocks: int = len(BLOCKS)) -> Scores:
    """Train from a folder of examples, write the file, return held-out accuracy.

    Examples that are alike share a fold, so that no request is tested whose twin was learnt.

    Args:
        folder: The examples.
        path: The file to write.
        blocks: How many kinds of pieces a request is cut into: the first of them.
    """
    examples, names, digest = read_examples(folder)
    words = _words(text for text, _ in examples)
    spelling = Spelling.of(words)
    texts = [normal_form(spelling.mended(text, names), names) for text, _ in examples]
    labels = np.array([label for _, label in examples])
    margins = _held_out(texts, labels, blocks)
    classes = np.unique(labels)
    truth = np.searchsorted(classes, labels)
    vocabulary, idf, model = _fitted(texts, labels, blocks)
    about = {
        "labels": classes.tolist(),
        "vocabulary": list(vocabulary),
        "temperature": _temperature(margins, truth),
        "words": sorted(words),
        "digest": digest,
    }
    np.savez_compressed(
        path,
        about=np.array(json.dumps(about)),
        idf=idf.astype(np.float16),
        weights=model.coef_.astype(np.float16),
        bias=model.intercept_.astype(np.float32),
    )
    return _scores(margins, truth, classes)


def _words(texts: Iterable[str]) -> frozenset[str]:
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(set(re.findall(r"[a-z']+", text.casefold())))
    return frozenset(word for word, count in counts.items() if count >= SURELY_RIGHT)


def _held_out(texts: Sequence[str], labels: Labels, blocks: int) -> Floats:
    margins = np.zeros((len(texts), len(np.unique(labels))), dtype=np.float32)
    folds = [*GroupKFold(FOLDS).split(texts, labels, _groups(texts))]
    # In processes: the solver's chance is one for all threads, so they would not repeat.
    found = Parallel(n_jobs=PROCESSES)(
        delayed(_margins)(
            [texts[i] for i in known], labels[known], [texts[i] for i in asked], blocks
        )
        for known, asked in folds
    )
    for (_, asked), of_fold in zip(folds, found, strict=True):
        margins[asked] = of_fold
    return margins


def _margins(texts: Sequence[str], labels: Labels, asked: Sequence[str], blocks: int) -> Floats:
    """Return how a classifier that learnt some examples sees others."""
    vocabulary, idf, model = _fitted(texts, labels, blocks)
    found: Floats = model.decision_function(_matrix(asked, vocabulary, idf))
    return found


def _groups(texts: Sequence[str]) -> npt.NDArray[np.intp]:
    """Return a number for each example, the same for examples that are alike."""
    alike = process.cdist(
        texts, texts, scorer=fuzz.token_sort_ratio, score_cutoff=ALIKE, dtype=np.uint8
    )
    group = np.arange(len(texts))
    for one, other in zip(*np.nonzero(np.triu(alike, 1)), strict=True):
        if group[one] != group[other]:
            group[group == group[other]] = group[one]
    return group


def _fitted(
    texts: Sequence[str], labels: Labels, blocks: int
) -> tuple[Mapping[str, int], Floats, LinearSVC]:
    chance = random.Random(SEED)
    typed = [_in_a_hurry(text, chance) for _ in range(COPIES) for text in texts]
    vocabulary, idf = _vocabulary(texts, blocks)
    matrix = _matrix([*texts, *typed], vocabulary, idf)
    model = LinearSVC(C=SOFTNESS, random_state=SEED)
    model.fit(matrix, np.tile(labels, 1 + COPIES))
    return vocabulary, idf, model


def _in_a_hurry(text: str, chance: random.Random) -> str:
    """Return a request with a slip or two, with a word left out, or with courtesies round it."""
    words = text.split()
    for _ in range(1 + len(words) // 6):
        place = chance.randrange(len(words))
        if chance.random() < 0.5:
            words[place] = _slip(words[place], chance)
    if len(words) > 4 and chance.random() < 0.2:
        del words[chance.randrange(len(words))]
    if chance.random() < 0.35:
        words.insert(0, chance.choice(_BEFORE.split("|")))
    if chance.random() < 0.3:
        words.append(chance.choice(_AFTER.split("|")))
    return " ".join(words)


def _slip(word: str, chance: random.Random) -> str:
    if len(word) < 4 or word.startswith("xx"):
        return word
    place = chance.randrange(1, len(word) - 1)
    before, letter, after = word[:place], word[place], word[place + 1 :]
    return chance.choice(
        (
            before + after[:1] + letter + after[1:],
            before + after,
            before + letter + letter + after,
            before + chance.choice("aeiorstn") + after,
        )
    )


def _vocabulary(texts: Sequence[str], blocks: int) -> tuple[dict[str, int], Floats]:
    seen: Counter[str] = Counter()
    for text in texts:
        seen.update(
            {f"{n}{gram}" for n, (grams, _) in enumerate(BLOCKS[:blocks]) for gram in grams(text)}
        )
    grams = sorted(gram for gram, count in seen.items() if count > 1 or not gram.startswith("2"))
    idf = np.array([np.log((1 + len(texts)) / (1 + seen[gram])) + 1 for gram in grams])
    return {gram: i for i, gram in enumerate(grams)}, idf.astype(np.float32)


def _matrix(texts: Sequence[str], vocabulary: Mapping[str, int], idf: Floats) -> csr_matrix:
    # The vectors come from the very code that answers later.
    vectors = IntentClassifier((), vocabulary, idf, idf[None, :], idf[:1], 1.0, Spelling.of(()), "")
    rows = [vectors.vector(text) for text in texts]
    return csr_matrix(
        (
            np.concatenate([values for _, values in rows]),
            np.concatenate([columns for columns, _ in rows]).astype(int),
            np.cumsum([0, *(len(columns) for columns, _ in rows)]),
        ),
        shape=(len(texts), len(vocabulary)),
    )


def _temperature(margins: Floats, truth: npt.NDArray[np.intp]) -> float:
    """Return the softmax temperature with the least log loss on held-out folds."""

    def loss(log_temperature: float) -> float:
        scaled = margins / np.exp(log_temperature)
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        chosen = scaled[np.arange(len(truth)), truth]
        return float(np.mean(np.log(np.exp(scaled).sum(axis=1)) - chosen))

    return float(np.exp(minimize_scalar(loss, bounds=(-5, 2), method="bounded").x))


def _scores(margins: Floats, truth: npt.NDArray[np.intp], classes: Labels) -> Scores:
    order = np.argsort(-margins, axis=1)
    first = order[:, 0] == truth
    among = (order[:, :3] == truth[:, None]).any(axis=1)
    places: dict[str, list[int]] = defaultdict(list)
    for place, number in enumerate(truth):
        places[str(classes[number])].append(place)
    return Scores(
        float(first.mean()),
        float(among.mean()),
        {
            label: (len(at), float(first[at].mean()), float(among[at].mean()))
            for label, at in places.items()
        },
    )


if __name__ == "__main__":
    scores = train(Path(sys.argv[1]), Path(sys.argv[2]))
    sys.stdout.write(
        f"held-out accuracy {scores.top1:.3f}, among the first three {scores.top3:.3f}\n"
    )
