"""The model that a service answers with, changed between two requests when another one leads."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from core.errors import AssistantError
from core.pipelines import ParameterValue
from models.deployments.recording import Recorded, Recorder

if TYPE_CHECKING:
    import numpy.typing as npt

DELAYED = "Delayed"
ON_TIME = "On Time"
LOOK_SECONDS = 1.0
"""How soon a service notices that another version leads."""

Row = Mapping[str, ParameterValue]


class Scorer(Protocol):
    """A model that answers for many rows."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The features it wants."""
        ...

    def probabilities(self, columns: Mapping[str, Any]) -> "npt.NDArray[np.float64]":
        """Return each row's probability of delay."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A version that answers."""

    model: str
    version: int
    algorithm: str
    scorer: Scorer
    typical: Mapping[str, Row]
    words: frozenset[str]
    """The features that hold words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a version says of one phase."""

    probability: float
    imputed: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """What the probability comes down to."""
        return DELAYED if self.probability >= 0.5 else ON_TIME


class ServedModel:
    """Answers with the version that is to be used now.

    Args:
        load: Loads the version that is to be used.
        mark: Returns something that changes whenever another version may have to be used.
        recorder: Keeps what was asked and said.
    """

    def __init__(
        self,
        load: Callable[[], Served],
        mark: Callable[[], object],
        recorder: Recorder | None = None,
    ) -> None:
        self._load = load
        self._mark = mark
        self._recorder = recorder
        self._seen = mark()
        self.current = load()
        self.problem = ""
        """Why a newer version could not be taken; empty when all is well."""
        self._ended = threading.Event()

    def answer(self, phases: Sequence[Row]) -> tuple[Served, Sequence[Answer]]:
        """Answer for several phases with one version."""
        # Taken once: a change in between must not mix two versions in one answer.
        served = self.current
        rows = [_row(served, values) for values in phases]
        columns = {
            name: np.array(
                [row[name] for row in rows], dtype=object if name in served.words else float
            )
            for name in served.scorer.columns
        }
        chances = [float(chance) for chance in served.scorer.probabilities(columns)]
        if self._recorder is not None:
            now = datetime.now(UTC)
            self._recorder.add(
                [
                    Recorded(at=now, version=served.version, features=row, probability=chance)
                    for row, chance in zip(rows, chances, strict=True)
                ]
            )
        answers = [
            Answer(
                probability=chance,
                imputed=tuple(name for name in served.scorer.columns if name not in values),
            )
            for values, chance in zip(phases, chances, strict=True)
        ]
        return served, answers

    def follow(self) -> None:
        """Look for another version to use until `end`; what answers now answers on meanwhile."""
        while not self._ended.wait(LOOK_SECONDS):
            self.look()

    def look(self) -> None:
        """Take another version where one is to be used."""
        try:
            mark = self._mark()
            if mark == self._seen:
                return
            self.current = self._load()
            self._seen, self.problem = mark, ""
        except AssistantError as error:
            # The version that answers is still good; whoever asks for its health is told.
            self.problem = str(error)

    def end(self) -> None:
        """Stop following."""
        self._ended.set()
        if self._recorder is not None:
            self._recorder.close()


def _row(served: Served, values: Row) -> dict[str, ParameterValue]:
    typical = served.typical.get(str(values.get("phase", "")), {})
    of_all = served.typical.get("", {})
    return {
        name: values[name] if name in values else typical.get(name, of_all.get(name))
        for name in served.scorer.columns
    }
