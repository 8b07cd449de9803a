"""Which tool a request is about, learnt from example utterances."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from backends.chat_builtin.concepts import concept_grams
from backends.chat_builtin.features import character_grams, normal_form, word_grams
from backends.chat_builtin.spelling import Spelling
from core.errors import SettingsError

INTENTS = Path(__file__).with_name("intents.npz")
"""The trained classifier, as `make train` wrote it."""

Floats = npt.NDArray[np.float32]

BLOCKS: Sequence[tuple[Callable[[str], Sequence[str]], float]] = (
    (word_grams, 1.0),
    (character_grams, 1.0),
    (concept_grams, 0.7),
)
"""What a request is cut into, and how much each kind of piece counts."""


@dataclass(frozen=True, slots=True)
class IntentClassifier:
    """A linear classifier over words, parts of words and what they mean, with probabilities.

    The weights are those of a linear support vector machine, one against the rest; the softmax of
    its margins, with a temperature fitted on held-out folds, gives the probabilities.
    """

    labels: Sequence[str]
    vocabulary: Mapping[str, int]
    idf: Floats
    """Inverse document frequency by feature."""
    weights: Floats
    """Shape (labels, features)."""
    bias: Floats
    temperature: float
    spelling: Spelling
    digest: str
    """SHA-256 of the examples it was trained from."""

    @classmethod
    def load(cls, path: Path) -> "IntentClassifier":
        """Read a classifier that `python -m backends.chat_builtin.train` wrote.

        Raises:
            SettingsError: The file is not there or is not one.
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                about = json.loads(str(stored["about"]))
                return cls(
                    labels=about["labels"],
                    vocabulary={gram: i for i, gram in enumerate(about["vocabulary"])},
                    idf=stored["idf"].astype(np.float32),
                    weights=stored["weights"].astype(np.float32),
                    bias=stored["bias"].astype(np.float32),
                    temperature=float(about["temperature"]),
                    spelling=Spelling.of(about["words"]),
                    digest=about["digest"],
                )
        except (OSError, KeyError, ValueError) as error:
            raise SettingsError(
                f"The built-in model's file {path} cannot be read: {error}.",
                hint="Install mlops-swarm again, or make it with `make train`.",
            ) from error

    def probabilities(
        self, text: str, names: Mapping[str, str], among: Iterable[str] | None = None
    ) -> Mapping[str, float]:
        """Return the probability of each label, or of some labels, largest first."""
        columns, values = self.vector(normal_form(text, names))
        margins = self.weights[:, columns] @ values + self.bias
        wanted = None if among is None else set(among)
        kept = [i for i, label in enumerate(self.labels) if wanted is None or label in wanted]
        scaled = margins[kept] / self.temperature
        shares = np.exp(scaled - scaled.max())
        shares /= shares.sum()
        order = np.argsort(-shares)
        return {self.labels[kept[i]]: float(shares[i]) for i in order}

    def vector(self, normal: str) -> tuple[list[int], Floats]:
        """Return the columns of a normal form that are not zero, and their values."""
        columns: list[int] = []
        values: list[float] = []
        for number, (grams, weight) in enumerate(BLOCKS):
            counts = Counter(
                self.vocabulary[key]
                for gram in grams(normal)
                if (key := f"{number}{gram}") in self.vocabulary
            )
            block = {i: (1 + np.log(count)) * float(self.idf[i]) for i, count in counts.items()}
            length = sum(value**2 for value in block.values()) ** 0.5 or 1.0
            columns += block.keys()
            values += [weight * value / length for value in block.values()]
        return columns, np.asarray(values, dtype=np.float32)


def read_examples(folder: Path) -> tuple[Sequence[tuple[str, str]], Mapping[str, str], str]:
    """Return examples as (text, label), the kinds of names in them, and their digest."""
    kinds: dict[str, list[str]] = json.loads((folder / "names.json").read_text("utf-8"))
    names = {name: kind for kind, every in kinds.items() for name in every}
    examples = []
    digest = hashlib.sha256(json.dumps(names).encode())
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            digest.update(line.encode())
            example: dict[str, Any] = json.loads(line)
            examples.append((str(example["text"]), str(example["tool"])))
    return examples, names, digest.hexdigest()
