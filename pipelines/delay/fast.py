"""Answers as a fitted model of the delay pipeline does, without what that costs around the answer.

scikit-learn checks and copies its input at every step, and once more for every tree: one row of an
ensemble costs it up to 30 ms. Here the same numbers go through the same fitted constants as plain
arrays. Each model is held against the original on sample rows first and given up where it differs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array
from scipy.special import expit

from pipelines.delay.trees import FEW_ROWS, Forest

Numbers = npt.NDArray[np.float64]
Columns = Mapping[str, npt.NDArray[Any]]
"""Values by feature: numbers with NaN for a gap, words with None for one."""
TOLERANCE = 1e-9
NEVER_SEEN = "\0never seen"
UNKNOWN = "unknown"
"""What the pipeline fills gaps among words with."""


@dataclass(frozen=True, slots=True)
class FastModel:
    """A fitted model as plain arrays."""

    columns: tuple[str, ...]
    """The features it wants."""
    numbers: tuple[str, ...]
    words: tuple[str, ...]
    prepare: "_Preparation"
    answer: Callable[[Numbers], Numbers]
    """Returns the probability of delay for each prepared row."""

    def probabilities(self, columns: Columns) -> Numbers:
        """Return each row's probability of being delayed."""
        numbers = np.column_stack([columns[name] for name in self.numbers]).astype(float)
        return self.answer(self.prepare(numbers, [columns[name] for name in self.words]))


@dataclass(frozen=True, slots=True)
class PlainModel:
    """A fitted model as scikit-learn answers, behind the same door as a fast one."""

    model: Any
    columns: tuple[str, ...]

    def probabilities(self, columns: Columns) -> Numbers:
        """Return each row's probability of being delayed."""
        rows = pd.DataFrame({name: columns[name] for name in self.columns})
        return np.asarray(self.model.predict_proba(rows)[:, 1], dtype=float)


def answering(model: Any, sample: pd.DataFrame) -> FastModel | PlainModel:
    """Return the fastest that answers as a fitted model does.

    Args:
        model: A fitted classifier.
        sample: Rows to prove it on; without any, only scikit-learn can be trusted.
    """
    columns = tuple(str(name) for name in model.feature_names_in_)
    found = fast(model, sample) if len(sample) else None
    return found or PlainModel(model, columns)


def fast(model: Any, sample: pd.DataFrame) -> FastModel | None:
    """Return a fitted model as plain arrays; None where it is not built as this pipeline builds.

    Args:
        model: A fitted classifier.
        sample: Rows on which both must agree.
    """
    found = _taken_apart(model)
    if found is None:
        return None
    expected = model.predict_proba(sample[list(found.columns)])[:, 1]
    answered = found.probabilities(columns_of(sample))
    return found if np.allclose(expected, answered, atol=TOLERANCE, rtol=0) else None


def columns_of(rows: pd.DataFrame) -> Columns:
    """Return rows as columns of plain values."""
    return {str(name): rows[name].to_numpy() for name in rows.columns}


def _taken_apart(model: Any) -> FastModel | None:
    # By name: a pipeline with other steps is left to scikit-learn.
    calibrated: Sequence[Any] = getattr(model, "calibrated_classifiers_", ())
    inner = calibrated[0].estimator if len(calibrated) == 1 else model
    steps = dict(getattr(inner, "steps", ()))
    if set(steps) != {"prepare", "classify"}:
        return None
    parts: dict[str, tuple[Any, tuple[str, ...]]] = {
        name: (step, tuple(columns)) for name, step, columns in steps["prepare"].transformers_
    }
    if "numbers" not in parts or not set(parts) <= {"numbers", "categories", "remainder"}:
        return None
    number_steps = parts["numbers"][0].named_steps
    fill, scale = number_steps["fill"], number_steps["scale"]
    words: tuple[str, ...] = parts["categories"][1] if "categories" in parts else ()
    encoder = parts["categories"][0].named_steps["encode"] if words else None
    sparse = bool(steps["prepare"].sparse_output_)
    if len(calibrated) == 1:
        answer = _calibrated(steps["classify"], calibrated[0].calibrators[0], sparse=sparse)
    else:
        answer = _answering(steps["classify"], sparse=sparse)
    gaps = fill.indicator_.features_ if fill.indicator_ is not None else np.array([], dtype=int)
    return FastModel(
        columns=tuple(str(name) for name in model.feature_names_in_),
        numbers=parts["numbers"][1],
        words=words,
        prepare=_Preparation(
            medians=np.nan_to_num(np.asarray(fill.statistics_, dtype=float)),
            gaps=gaps,
            mean=scale.mean_,
            scale=scale.scale_,
            places=_places(encoder),
            width=len(encoder.get_feature_names_out()) if encoder is not None else 0,
        ),
        answer=answer,
    )


@dataclass(frozen=True, slots=True)
class _Preparation:
    """Fills gaps, marks them, scales numbers and turns words into columns, as fitted."""

    medians: Numbers
    gaps: npt.NDArray[np.integer[Any]]
    """Which numbers have a column of their own that marks a gap."""
    mean: Numbers
    scale: Numbers
    places: tuple[Mapping[str, int], ...]
    """For each feature of words, the column of each word."""
    width: int

    def __call__(self, numbers: Numbers, words: list[npt.NDArray[Any]]) -> Numbers:
        missing = np.isnan(numbers)
        filled = np.where(missing, self.medians, numbers)
        marked = np.hstack([filled, missing[:, self.gaps]])
        known = len(self.mean)
        prepared = np.zeros((len(numbers), known + self.width + 1))
        prepared[:, :known] = (marked - self.mean) / self.scale
        # Words that no column stands for are written into a last one, which is cut off.
        rows = np.arange(len(numbers))
        for places, values in zip(self.places, words, strict=True):
            prepared[rows, known + _chosen(places, values)] = 1
        return prepared[:, :-1]


def _chosen(places: Mapping[str, int], values: npt.NDArray[Any]) -> npt.NDArray[np.integer[Any]]:
    """Return the column of each word."""
    other, gap = places[NEVER_SEEN], places.get(UNKNOWN, places[NEVER_SEEN])
    if len(values) <= FEW_ROWS:
        return np.array(
            [gap if v is None or v != v else places.get(v, other) for v in values], dtype=np.intp
        )
    codes, distinct = pd.factorize(values)
    table = np.array([*(places.get(str(word), other) for word in distinct), gap])
    return np.asarray(table[codes])


def _places(encoder: Any) -> tuple[Mapping[str, int], ...]:
    """Ask a fitted encoder which column it gives to each word; nothing of its inside is needed."""
    if encoder is None:
        return ()
    features = [f"x{number}" for number in range(len(encoder.categories_))]
    columns = [str(name) for name in encoder.get_feature_names_out(features)]
    first = [categories[0] for categories in encoder.categories_]
    found = []
    for position, categories in enumerate(encoder.categories_):
        own = [place for place, name in enumerate(columns) if name.startswith(f"x{position}_")]
        asked = np.array([first] * (len(categories) + 1), dtype=object)
        asked[:, position] = [*categories, NEVER_SEEN]
        hot = encoder.transform(asked).toarray()[:, own]
        found.append(
            {
                str(word): own[int(row.argmax())] if row.any() else len(columns)
                for word, row in zip(asked[:, position], hot, strict=True)
            }
        )
    return tuple(found)


def _calibrated(classifier: Any, sigmoid: Any, *, sparse: bool) -> Callable[[Numbers], Numbers]:
    """Return what a classifier answers that only knows distances, as it was calibrated."""
    slope, shift = float(sigmoid.a_), float(sigmoid.b_)

    def answer(rows: Numbers) -> Numbers:
        distances = classifier.decision_function(csr_array(rows) if sparse else rows)
        return np.asarray(expit(-(slope * distances + shift)))

    return answer


def _answering(classifier: Any, *, sparse: bool) -> Callable[[Numbers], Numbers]:
    """Return what a fitted classifier answers to prepared rows."""
    forest = Forest.of(classifier)
    if forest is not None:
        return forest.probabilities
    if type(classifier).__name__ == "LogisticRegression":
        weights, start = classifier.coef_[0], float(classifier.intercept_[0])
        return lambda rows: np.asarray(expit(rows @ weights + start))
    if sparse:
        # Boosting that was trained on sparse rows takes a zero for a gap.
        return lambda rows: np.asarray(classifier.predict_proba(csr_array(rows))[:, 1], dtype=float)
    return lambda rows: np.asarray(classifier.predict_proba(rows)[:, 1], dtype=float)
