"""What a file of any format says: parts, their steps, and the runs that steps wait for."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

CHARACTERS = 100
"""How much of a person's words stands above what was done about them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A run that the file itself starts, by the name that it has there."""

    name: str


Value = object
"""What JSON can hold, with a `Variable` in a text's place, or `Joined` texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A text with the ids of such runs in it: `artifacts/<run_1>/model`."""

    parts: tuple[str | Variable, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Going on only when a run has ended."""

    run: Variable
    succeeded: bool
    """Whether it succeeded then, and must succeed again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One call."""

    tool: str
    arguments: Mapping[str, Value]
    changes: bool
    waits: tuple[Wait, ...] = ()
    """What has to end before it."""
    run: Variable | None = None
    """The run that it starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What was done about one request."""

    words: str
    """What the person said, shortened, on one line; empty where a tool was called by hand."""
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A conversation's work."""

    session: str
    """The conversation's id."""
    name: str
    """Its name; its id while it has none."""
    date: str
    """The day on which it was done, or the days."""
    parts: tuple[Part, ...]
    last: tuple[Wait, ...]
    """What has to end before the file ends."""
    left_out: tuple[str, ...]

    @property
    def steps(self) -> Sequence[Step]:
        """Every call, in order."""
        return [step for part in self.parts for step in part.steps]

    @property
    def changes(self) -> int:
        """How many calls change something."""
        return sum(step.changes for step in self.steps)

    @property
    def about(self) -> Sequence[str]:
        """What to know before it is run, a line each."""
        lines = [f"What was done in the conversation “{self.name}”, {self.date}."]
        if self.changes:
            lines.append("Running it makes the same changes again, without asking.")
        if self._makes_versions:
            lines.append(
                "Versions of models are those of then, also after a run that makes others."
            )
        lines.append("Paths of local files count from the folder that it is run in.")
        return lines

    @property
    def _makes_versions(self) -> bool:
        """Whether a version is named after a run that may register another one."""
        begun = False
        for step in self.steps:
            model = step.arguments.get("model")
            carried = isinstance(model, str) and ":" in model
            if begun and (carried or "version" in step.arguments):
                return True
            begun = begun or step.run is not None
        return False


def with_variables(value: object, runs: Mapping[str, Variable]) -> Value:
    """Put variables where a value names runs that the file starts.

    Args:
        value: What JSON can hold.
        runs: The variables by the ids that the runs had.
    """
    if isinstance(value, str):
        return _text_with_variables(value, runs)
    if isinstance(value, Mapping):
        return {str(key): with_variables(item, runs) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [with_variables(item, runs) for item in value]
    return value


def _text_with_variables(text: str, runs: Mapping[str, Variable]) -> str | Variable | Joined:
    if not any(run_id in text for run_id in runs):
        return text
    cut = re.split(f"({'|'.join(map(re.escape, runs))})", text)
    parts = tuple(runs.get(part, part) for part in cut if part)
    return parts[0] if len(parts) == 1 else Joined(parts=parts)


def runs_in(value: Value) -> frozenset[str]:
    """Return the names of the variables in a value."""
    if isinstance(value, Variable):
        return frozenset({value.name})
    if isinstance(value, Mapping):
        return frozenset().union(*(runs_in(item) for item in value.values()))
    if isinstance(value, Joined):
        return frozenset().union(*(runs_in(part) for part in value.parts))
    if isinstance(value, list):
        return frozenset().union(*(runs_in(item) for item in value))
    return frozenset()
