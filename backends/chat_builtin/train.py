"""Trains the built-in model's classifier: `python -m backends.chat_builtin.train EXAMPLES FILE`."""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.svm import LinearSVC

from backends.chat_builtin.classifier import _BLOCKS, Floats, read_examples

SEED = 42
SOFTNESS = 0.5
"""The support vector machine's C."""


def train(folder: Path, path: Path) -> tuple[float, float]:
    """Train from a folder of examples, write the file, return held-out top-1 and top-3 accuracy."""
    examples, _, digest = read_examples(folder)
    texts = [text for text, _ in examples]
    labels = np.array([label for _, label in examples])
    vocabulary, idf = _vocabulary(texts)
    matrix = _matrix(texts, vocabulary, idf)
    model = LinearSVC(C=SOFTNESS, random_state=SEED)
    folds = StratifiedKFold(5, shuffle=True, random_state=SEED)
    margins = cross_val_predict(model, matrix, labels, cv=folds, method="decision_function")
    classes = np.unique(labels)
    truth = np.searchsorted(classes, labels)
    model.fit(matrix, labels)
    about = {
        "labels": classes.tolist(),
        "vocabulary": list(vocabulary),
        "temperature": _temperature(margins, truth),
        "digest": digest,
    }
    np.savez_compressed(
        path,
        about=np.array(json.dumps(about)),
        idf=idf.astype(np.float32),
        weights=model.coef_.astype(np.float16),
        bias=model.intercept_.astype(np.float32),
    )
    order = np.argsort(-margins, axis=1)
    return (
        float((order[:, 0] == truth).mean()),
        float((order[:, :3] == truth[:, None]).any(axis=1).mean()),
    )


def _vocabulary(texts: Sequence[str]) -> tuple[dict[str, int], Floats]:
    seen: Counter[str] = Counter()
    for text in texts:
        seen.update({f"{n}{gram}" for n, grams in enumerate(_BLOCKS) for gram in grams(text)})
    grams = sorted(seen)
    idf = np.array([np.log((1 + len(texts)) / (1 + seen[gram])) + 1 for gram in grams])
    return {gram: i for i, gram in enumerate(grams)}, idf.astype(np.float32)


def _matrix(texts: Sequence[str], vocabulary: dict[str, int], idf: Floats) -> csr_matrix:
    from backends.chat_builtin.classifier import IntentClassifier

    # The vectors come from the very code that answers later.
    vectors = IntentClassifier((), vocabulary, idf, idf[None, :], idf[:1], 1.0, "")
    rows = [vectors._vector(text) for text in texts]
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


if __name__ == "__main__":
    top1, top3 = train(Path(sys.argv[1]), Path(sys.argv[2]))
    sys.stdout.write(f"held-out accuracy {top1:.3f}, among the first three {top3:.3f}\n")
